"""What people who label are told of the way in, and what an open one opens."""

from __future__ import annotations

from pathlib import Path

import pytest

from kit.aws_api import LabellingPortal, Person
from kit.stages.labelling_people import LabellingPeople
from tests.unit.stages.contexts import context_in

HERE = "http://127.0.0.1:8080/user/login/"
OTHERS = ("http://192.168.1.20:8080/user/login/", "http://10.0.0.7:8080/user/login/")
ONE = (Person("labeler@localhost", "secret"),)


def said(folder: Path, portal: LabellingPortal, labelled: int, total: int) -> None:
    LabellingPeople(context_in(folder), "job", portal).show_way_in(labelled, total)


def test_where_others_reach_it_that_is_said_with_what_it_opens(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said(tmp_path, LabellingPortal(OTHERS[0], ONE, others=OTHERS), 0, 35)
    out = capsys.readouterr().out
    told = " ".join(out.split())
    assert f"at {OTHERS[1]}" in told
    assert "can change all labels. Both travel unencrypted" in told
    assert "Nobody can sign up" in told
    assert out.count("█") > 100, "a QR code"


def test_where_only_this_machine_reaches_it_nothing_is_said_of_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said(tmp_path, LabellingPortal(HERE, ONE), 0, 35)
    out = capsys.readouterr().out
    assert "unencrypted" not in out
    assert "█" not in out
    assert "Enough labelled?" in out


def test_labels_that_exist_are_told_of_and_all_of_them_are_to_be_ended_by_hand(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said(tmp_path, LabellingPortal(HERE, ONE), 8, 11)
    assert "8 of 11 pictures have labels already" in capsys.readouterr().out
    said(tmp_path, LabellingPortal(HERE, ONE), 11, 11)
    assert "All correct? Press Enter here, or run `make go-on`" in " ".join(capsys.readouterr().out.split())
