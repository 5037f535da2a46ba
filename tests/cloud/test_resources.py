"""Every kind of thing that AWS alone has, made, listed and deleted on a double that does nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kit.aws import studio, team
from kit.aws.assembly import assemble
from kit.aws.resources.image_repository import ImageRepository
from kit.aws.resources.role import Role
from kit.aws.session import Aws, open_account
from kit.local_cloud.algorithm import ALGORITHM
from kit.resources import registry
from kit.resources.bucket import Bucket
from kit.run import names
from kit.run.journal import Journal
from kit.settings import CloudSettings
from kit.tracks.rehearsal import environment_for, running_double

RUN = "20261122-120000-cloud-ab12"


@pytest.fixture
def aws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    with running_double(tmp_path / "double", "--workforce-seconds", "0") as url:
        for name, value in environment_for(url).items():
            monkeypatch.setenv(name, value)
        yield open_account(None)


def test_what_is_made_is_in_the_ledger_and_listed_until_it_is_deleted(tmp_path: Path, aws: Aws) -> None:
    journal = Journal(tmp_path / "journal.json", RUN, "cloud", {})
    settings = CloudSettings(poll_seconds=0.01, trainer="own")
    api = assemble(aws, settings, journal, ALGORITHM)
    assert registry.left_behind(api, RUN) == []
    bucket = names.bucket(RUN)
    Role(aws).make(journal, bucket)
    Bucket(api).make(journal, bucket)
    labellers = team.make(aws, journal, ["a@example.org"], settings.poll_seconds)
    assert team.make(aws, journal, ["a@example.org"], settings.poll_seconds) == labellers, "found again"
    ImageRepository(aws).make(journal, names.image_repository(RUN, "training"))
    studio.open_space(aws, journal, settings.poll_seconds, lambda _: None)
    made = f"plugs-{RUN}"
    listed = {
        f"bucket {bucket}",
        f"role {made}",
        f"user-pool {made}",
        f"workforce {made}",
        f"workteam {made}",
        f"image-repository {made}/training",
        f"studio-domain {made}",
    }
    assert set(registry.left_behind(api, RUN)) == listed
    entered = {f"{resource.kind} {resource.name}" for resource in journal.existing()}
    workers = {what for what in entered if what.startswith("worker ")}
    assert (entered - workers, len(workers)) == (listed, 1)
    for resource in journal.existing():
        registry.delete(api, journal, resource)
        registry.delete(api, journal, resource)
    assert registry.left_behind(api, RUN) == []
    assert journal.existing() == []
