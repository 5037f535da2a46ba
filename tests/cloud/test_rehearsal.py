"""`make cloud-rehearsal` as its users run it."""

from __future__ import annotations

import email
import email.policy
import re
from pathlib import Path

import pytest

from tests.end_to_end import command


def test_the_summary_says_what_the_workshop_promises(rehearsal: Path) -> None:
    summary = command.summary(rehearsal)
    assert (summary["track"], summary["runtime"], summary["left_behind"]) == ("cloud", "aws", [])
    assert (summary["images"], summary["labelled"], summary["held_out_images"]) == (35, 35, 65)
    assert summary["map50"] is not None
    # 35 pictures labelled at $0.08, and so few minutes of two instances that a quick machine rounds them away.
    assert 2.80 <= summary["spent_usd"] < 3.00


def test_what_jumpstart_resolved_is_in_the_run(rehearsal: Path) -> None:
    record = (command.latest(rehearsal) / "model.json").read_text()
    assert "s3://jumpstart-cache-prod-us-east-1/" in record
    assert "mxnet-training" in record


def test_everything_that_was_made_is_gone_and_known_to_be(rehearsal: Path) -> None:
    ledger = command.journal(rehearsal)["resources"]
    assert {resource["kind"] for resource in ledger} == {
        "role", "user-pool", "workforce", "workteam", "worker", "bucket", "labeling-job", "training-job", "model",
        "endpoint-config", "endpoint",
    }  # fmt: skip
    assert all(resource["deleted"] for resource in ledger)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"images": ".", "labels": "cat"}, "knows the sample pictures only"),
        ({"fault": "CreateTrainingJob"}, "CreateTrainingJob=ResourceLimitExceeded"),
    ],
)
def test_what_cannot_be_rehearsed_is_said(tmp_path: Path, settings: dict[str, str], said: str) -> None:
    done = command.kit("cloud-rehearsal", folder=tmp_path, **settings)
    assert (done.returncode, said in done.stderr) == (2, True), done.stderr


def test_no_account_number_and_no_secret_is_told(rehearsal: Path) -> None:
    folder = command.latest(rehearsal)
    told = (rehearsal / "output.txt").read_text() + (folder / "report.html").read_text()
    assert "123456789012" not in told
    assert re.search(r"(?<![\d.])0{12}(?!\d)", told) is None
    assert "of-the-double" not in told, "the secret key"


def test_every_line_the_summary_and_the_report_say_that_it_is_a_rehearsal(rehearsal: Path) -> None:
    folder, said = command.latest(rehearsal), (rehearsal / "output.txt").read_text()
    assert "-rehearsal-" in folder.name
    assert command.summary(rehearsal)["rehearsal"] is True
    headings = [line for line in said.splitlines() if re.search(r"\[\d+/\d+\]", line)]
    assert len(headings) == 9
    assert all(line.startswith("[rehearsal] ") for line in headings)
    assert "[rehearsal] On AWS it would have cost about $2.8" in said
    assert "Spent:" not in said
    report = (folder / "report.html").read_text()
    assert "A rehearsal: a stand-in on this machine" in report
    assert "would have cost, about" in report
    assert "the bill is AWS" not in report


def test_the_invitation_is_shown_as_it_will_arrive_and_kept(rehearsal: Path) -> None:
    (mail,) = (command.latest(rehearsal) / "invitations").glob("*.eml")
    parsed = email.message_from_bytes(mail.read_bytes(), policy=email.policy.default)
    assert (parsed["To"], parsed["Subject"]) == ("worker@example.org", "Pictures to label")
    text = parsed.get_content()
    assert "Sign in at https://" in text
    said = (rehearsal / "output.txt").read_text()
    assert all(line in said for line in text.splitlines() if line)


def test_status_does_not_send_to_clean_up_what_went_with_the_double(rehearsal: Path) -> None:
    done = command.kit("status", folder=rehearsal)
    assert "cloud-clean" not in done.stdout
