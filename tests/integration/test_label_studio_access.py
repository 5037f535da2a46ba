"""Who gets at what in the real Label Studio: the portal's sign-in, the pictures it serves, its secrets."""

from __future__ import annotations

import base64
import re
import sqlite3
import stat
import uuid
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import httpx
import pytest

from kit.errors import ServiceError
from kit.local_cloud import environments
from kit.local_cloud.labelling.label_studio_database import PREPARED_DATABASE, heading
from kit.repository import ROOT
from tests.integration.labelling_workshop import Workshop

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from tests.integration.conftest import RunningLabelStudio


def submit_login_form(browser: httpx.Client, url: str, to: str, **fields: str) -> httpx.Response:
    """Fills in the login page at `url` as a browser does, and sends it `to` an address."""
    page = browser.get(url).raise_for_status()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    assert token is not None
    return browser.post(to, data={"csrfmiddlewaretoken": token[1], **fields}, headers={"Referer": url})


def test_the_portal_leads_a_person_to_the_pictures(workshop: Workshop) -> None:
    name = workshop.create("a.jpg")
    portal = workshop.jobs.portal(LabelingJobName=name)
    (person,) = portal.people
    with httpx.Client(trust_env=False) as browser:
        answer = submit_login_form(browser, portal.url, portal.url, email=person.user, password=person.password)
        project = workshop.jobs.project(LabelingJobName=name)
        assert answer.headers["Location"] == f"/projects/{project}/data?labeling=1"
        browser.get(f"{workshop.access.url}{answer.headers['Location']}").raise_for_status()
        shown = browser.get(f"{workshop.access.url}/api/projects/{project}").raise_for_status().json()
        assert "A box for each plug." in shown["label_config"]
        assert shown["expert_instruction"] == "<p>Find the plugs.</p><p>Draw tight boxes.</p>"

        # The bytes come through Label Studio, so that the browser need not reach S3.
        task = browser.get(f"{workshop.access.url}/api/projects/{project}/next").raise_for_status().json()
        picture = browser.get(f"{workshop.access.url}{task['data']['image']}").raise_for_status()
        stored = workshop.s3.get_object(Bucket=workshop.bucket, Key="images/a.jpg")["Body"].read()
        assert picture.headers["Content-Type"] == "image/jpeg"
        assert picture.content == stored

    anonymous = httpx.get(f"{workshop.access.url}{task['data']['image']}", trust_env=False)
    assert anonymous.status_code == 401


def test_only_pictures_of_the_job_s_buckets_are_served(workshop: Workshop, s3: S3Client) -> None:
    private = f"private-{uuid.uuid4().hex[:12]}"
    s3.create_bucket(Bucket=private)
    s3.put_object(Bucket=private, Key="secret.jpg", Body=b"secret")
    name = workshop.create("a.jpg")
    project = workshop.jobs.project(LabelingJobName=name)
    other = base64.urlsafe_b64encode(f"s3://{private}/secret.jpg".encode()).decode()
    answer = httpx.get(
        f"{workshop.access.url}/projects/{project}/resolve/",
        params={"fileuri": other},
        headers={"Authorization": f"Token {workshop.access.token}"},
        trust_env=False,
    )
    assert answer.status_code == 404


def test_a_wrong_password_is_refused(label_studio: RunningLabelStudio) -> None:
    access = label_studio.access
    with httpx.Client(trust_env=False) as browser:
        login = f"{access.url}/user/login/"
        answer = submit_login_form(browser, login, login, email=access.user, password="not the password")
        assert answer.status_code == 200
        assert browser.get(f"{access.url}/api/current-user/whoami").status_code == 401


def test_nobody_can_sign_up(label_studio: RunningLabelStudio) -> None:
    access = label_studio.access
    login, signup = f"{access.url}/user/login/", f"{access.url}/user/signup/"
    with httpx.Client(trust_env=False) as browser:
        answer = submit_login_form(browser, login, signup, email="me@localhost", password="long-enough")
    assert answer.status_code == 403
    assert "not permitted" in answer.text
    users = httpx.get(f"{access.url}/api/users/", headers={"Authorization": f"Token {access.token}"}, trust_env=False)
    assert [user["email"] for user in users.json()] == [access.user]


def test_the_server_listens_on_this_machine_only(label_studio: RunningLabelStudio) -> None:
    server = label_studio.server_process()
    listening = [each.laddr.ip for each in server.net_connections() if each.status == "LISTEN"]
    assert listening == ["127.0.0.1"]
    # A page of some other site that has its name resolve to 127.0.0.1 gets nothing.
    rebound = httpx.get(f"{label_studio.access.url}/user/login/", headers={"Host": "example.com"}, trust_env=False)
    assert rebound.status_code == 400


def test_the_secrets_are_in_private_files(label_studio: RunningLabelStudio) -> None:
    access = label_studio.access
    secrets_file = label_studio.folder / "credentials.json"
    assert stat.S_IMODE(secrets_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(label_studio.folder.stat().st_mode) == 0o700
    log = (label_studio.folder / "server.log").read_text()
    assert log
    for secret in (access.password, access.token):
        assert secret not in log
        assert secret not in repr(access)


def test_sessions_are_signed_with_a_key_that_label_studio_reads_again(label_studio: RunningLabelStudio) -> None:
    """It adds one of its own, and signs everybody out, where it cannot read the one that is there."""
    file = label_studio.folder / ".env"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert re.fullmatch(r"SECRET_KEY=[0-9a-f]{64}\n", file.read_text())


def test_a_wrong_token_is_refused(label_studio: RunningLabelStudio) -> None:
    stranger = replace(label_studio.access, token="0" * 40)
    with pytest.raises(ServiceError, match="refused with status 401"), stranger.session("A stranger") as api:
        api.projects.get(1)


def test_no_migration_is_left_for_the_set_up() -> None:
    """Label Studio has had its way with the statements: what it misses it would have added."""
    written = (ROOT / "containers" / "label-studio" / "database.sql").read_text(encoding="utf-8")
    (version,) = re.findall(
        r"^label-studio==(\S+)", (ROOT / "requirements/label-studio.lock").read_text(), re.MULTILINE
    )
    assert written.startswith(heading(version)), "`make empty-database` writes it anew"
    with (
        closing(sqlite3.connect(":memory:")) as ours,
        closing(sqlite3.connect(f"file:{environments.LABEL_STUDIO / PREPARED_DATABASE}?mode=ro", uri=True)) as theirs,
    ):
        ours.executescript(written)
        tables, migrations = ("select sql from sqlite_master order by name", "select app, name from django_migrations")
        for what in (tables, migrations):
            assert ours.execute(what).fetchall() == theirs.execute(what).fetchall()
        assert ours.execute("select count(*) from django_migrations").fetchone() > (300,)


def test_the_database_of_the_set_up_knows_nobody() -> None:
    prepared = environments.LABEL_STUDIO / PREPARED_DATABASE
    with closing(sqlite3.connect(f"file:{prepared}?mode=ro", uri=True)) as database:
        for table in ("htx_user", "authtoken_token", "organization", "project"):
            assert database.execute(f"select count(*) from {table}").fetchone() == (0,)  # noqa: S608
