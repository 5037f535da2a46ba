"""The command line as people and scripts meet it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from pathlib import Path

import pytest

from kit.repository import ROOT
from kit.run.journal import Journal
from kit.run.names import STAGES
from kit.run.opening import locked
from kit.run.state_file import write_state
from kit.run.training_state import TrainingState
from tests.end_to_end import command
from tests.unit.runs import RESULTS, begun, finished


def test_alone_it_explains_itself(tmp_path: Path) -> None:
    done = command.kit(folder=tmp_path)
    assert done.returncode == 0
    for text in ("kit local", "kit status", "Exit status: 0 done", "130 stopped by Ctrl-C"):
        assert text in done.stdout


def test_status_of_a_run_that_was_killed_says_how_to_go_on(tmp_path: Path) -> None:
    _run, journal = begun(tmp_path, "r1")
    journal.begin("pictures")
    journal.finish("pictures", 1.5, RESULTS["pictures"])
    journal.begin("labelling")
    done = command.kit("status", "r1", folder=tmp_path)
    assert done.returncode == 0
    assert "r1: cut short" in done.stdout
    assert "Run `make local` with the same settings" in done.stdout
    told = json.loads(command.kit("status", "r1", "--json", folder=tmp_path).stdout)
    assert [stage["state"] for stage in told["stages"][:3]] == ["finished", "cut short", "waiting"]
    assert [stage["name"] for stage in told["stages"]] == list(STAGES)


def test_status_of_a_run_at_work(tmp_path: Path) -> None:
    run, journal = begun(tmp_path, "r1")
    journal.begin("pictures")
    with locked(run):
        told = json.loads(command.kit("status", "r1", "--json", folder=tmp_path).stdout)
    assert (told["state"], told["stages"][0]["state"]) == ("running", "running")


def test_status_of_a_training_says_how_far_it_is(tmp_path: Path) -> None:
    run, journal = begun(tmp_path, "r1")
    journal.begin("training")
    write_state(run.training_state, TrainingState(7, 30, 0.25, True, time.time() + 600))
    with locked(run):
        done = command.kit("status", "r1", folder=tmp_path)
    assert "Trained: epoch 7 of 30, Val_CrossEntropy 0.250 (of pictures trained on), about 1" in done.stdout
    journal.finish("training", 1.0, RESULTS["training"])
    assert "Trained:" not in command.kit("status", "r1", folder=tmp_path).stdout


def test_outside_the_repository_it_is_the_repository_s_runs_that_are_looked_at(tmp_path: Path) -> None:
    variables = {name: value for name, value in os.environ.items() if not name.startswith("KIT_")}
    done = subprocess.run(
        [command.KIT, "status", "r1"], cwd=tmp_path, env=variables, capture_output=True, text=True, check=False
    )
    assert f"under {ROOT / 'runs'}" in done.stderr


def test_status_of_a_run_that_failed_repeats_the_error(tmp_path: Path) -> None:
    _run, journal = begun(tmp_path, "r1")
    journal.begin("pictures")
    journal.fail("pictures", 0.5, "The disk of runs is full; free some space.")
    done = command.kit("status", "r1", folder=tmp_path)
    assert "r1: failed" in done.stdout
    assert "The disk of runs is full; free some space." in done.stdout
    assert "Correct what the error says" in done.stdout


def test_status_of_a_finished_run_leads_to_the_report(tmp_path: Path) -> None:
    run = finished(tmp_path, "r1")
    done = command.kit("status", "r1", folder=tmp_path)
    assert "r1: finished" in done.stdout
    assert str(run.report) in done.stdout


def test_no_such_run_names_those_that_there_are(tmp_path: Path) -> None:
    begun(tmp_path, "20261122-190000-local")
    done = command.kit("status", "x", folder=tmp_path)
    assert done.returncode == 2
    assert "There is no run x" in done.stderr
    assert "there are: 20261122-190000-local." in done.stderr


@pytest.mark.parametrize(
    "arguments", [["local"], ["cloud-clean"], ["status"], ["compare"], ["go-on"], ["clean"]], ids=lambda given: given[0]
)
def test_a_name_that_is_mistyped_is_answered_with_the_nearest_one(tmp_path: Path, arguments: list[str]) -> None:
    begun(tmp_path, "20261122-190000-local")
    begun(tmp_path, "20251111-080000-cloud-1a2b")
    done = command.kit(*arguments, folder=tmp_path, run="20261122-19000-local")
    assert done.returncode == 2
    assert "There is no run 20261122-19000-local" in done.stderr
    assert "did you mean 20261122-190000-local?" in done.stderr


def test_every_run_is_listed_with_its_state(tmp_path: Path) -> None:
    finished(tmp_path, "a-finished", map50=0.875)
    _run, journal = begun(tmp_path, "b-stopped")
    journal.begin("pictures")
    journal.finish("pictures", 1.5, RESULTS["pictures"])
    journal.begin("labelling")
    journal.note_done("labelling", 3)
    _run, journal = begun(tmp_path, "c-removed")
    journal.begin("clean-up")
    journal.finish("clean-up", 1.0, RESULTS["clean-up"])
    at_work, journal = begun(tmp_path, "d-at-work")
    (tmp_path / "runs" / "e-damaged").mkdir()
    (tmp_path / "runs" / "e-damaged" / "journal.json").write_text("{")
    with locked(at_work):
        done = command.kit("runs", folder=tmp_path)
        told = json.loads(command.kit("runs", "--json", folder=tmp_path).stdout)["runs"]
    assert done.returncode == 0
    rows = {line.split()[0]: line for line in done.stdout.splitlines() if line}
    assert all(text in rows["a-finished"] for text in ("local", "finished", "35/35", "0.875"))
    assert all(text in rows["b-stopped"] for text in ("unfinished at: Labelling", "3/35"))
    assert "removed before its end" in rows["c-removed"]
    assert "at work: Pictures into the bucket" in rows["d-at-work"]
    assert "unreadable" in rows["e-damaged"]
    assert "e-damaged/journal.json cannot be read" in done.stdout
    assert {run["run"]: run["state"] for run in told} == {
        "a-finished": "finished",
        "b-stopped": "unfinished",
        "c-removed": "removed",
        "d-at-work": "running",
        "e-damaged": "unreadable",
    }
    assert told[-1]["run"] == "e-damaged"


def test_status_passes_over_a_latest_run_that_cannot_be_read(tmp_path: Path) -> None:
    begun(tmp_path, "r1")
    damaged, _journal = begun(tmp_path, "r2")
    damaged.journal.write_text('{"settings": []}')
    (tmp_path / "runs" / "latest").symlink_to("r2")
    done = command.kit("status", folder=tmp_path)
    assert done.returncode == 0
    assert "r1: cut short" in done.stdout
    assert "r2/journal.json cannot be read as a journal" in done.stderr


def test_clean_fails_where_it_had_to_leave_a_run(tmp_path: Path) -> None:
    begun(tmp_path, "r1")
    damaged, _journal = begun(tmp_path, "r2")
    damaged.journal.write_text("{")
    done = command.kit("clean", folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert re.search(r"Not all is gone: .*r2/journal\.json cannot be read.*remove the folder\. All other", done.stderr)
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["r2"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"run": "a-local", "epochs": "3"}, "a-local was begun with EPOCHS=1: leave KIT_EPOCHS out"),
        ({"run": "b-cloud"}, "b-cloud is a run of `make cloud`"),
        ({"run": "c-finished"}, "c-finished is finished: `make status RUN=c-finished` shows it"),
    ],
    ids=["another setting", "another track", "nothing left to do"],
)
def test_a_run_that_cannot_be_gone_on_with_is_refused(tmp_path: Path, given: dict[str, str], said: str) -> None:
    begun(tmp_path, "a-local")
    Journal(begun(tmp_path, "b-cloud")[0].journal, "b-cloud", "cloud", {}).save()
    finished(tmp_path, "c-finished")
    done = command.kit("local", folder=tmp_path, **given)
    assert done.returncode == 2
    assert said in done.stderr
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == ["a-local", "b-cloud", "c-finished"]


def test_labelling_is_ended_only_where_somebody_is_waited_for(tmp_path: Path) -> None:
    idle, _journal = begun(tmp_path, "a-idle")
    assert "No run under" in command.kit("go-on", folder=tmp_path).stderr
    with locked(idle):
        assert "a-idle is not waiting for labels" in command.kit("go-on", "a-idle", folder=tmp_path).stderr
    one, _journal = begun(tmp_path, "b-waiting")
    other, _journal = begun(tmp_path, "c-waiting")
    for run in (one, other):
        run.waiting.touch()  # as a kill leaves it
    assert "No run under" in command.kit("go-on", folder=tmp_path).stderr
    with locked(one):
        assert command.kit("go-on", folder=tmp_path).stdout == "b-waiting goes on with what is labelled.\n"
        with locked(other):
            assert "b-waiting, c-waiting; say which" in command.kit("go-on", folder=tmp_path).stderr
            assert command.kit("go-on", folder=tmp_path, run="c-waiting").returncode == 0
    assert [run.go_on.exists() for run in (idle, one, other)] == [False, True, True]


def test_an_error_is_one_sentence_and_debug_shows_the_rest(tmp_path: Path) -> None:
    plain = command.kit("check", "nowhere.json", folder=tmp_path)
    assert plain.returncode == 2
    assert len(plain.stderr.splitlines()) == 1
    full = command.kit("--debug", "check", "nowhere.json", folder=tmp_path)
    assert full.returncode == 2
    assert "Traceback" in full.stderr
    assert full.stderr.splitlines()[-1] == plain.stderr.splitlines()[-1]


def test_scripts_read_a_check_line_by_line(tmp_path: Path) -> None:
    manifest = tmp_path / "m.manifest"
    manifest.write_text('{"source-ref": "s3://b/a.jpg"}\nnot json\n')
    done = command.kit("check", str(manifest), "--json", folder=tmp_path)
    assert done.returncode == 1
    *problems, summary = map(json.loads, done.stdout.splitlines())
    assert [(problem["line"], problem["severity"]) for problem in problems][:2] == [(1, "warning"), (2, "error")]
    assert (summary["pictures"]["unlabelled"], summary["training_would_fail"]) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "variables", "said"),
    [
        (["local"], {"EPOCS": "3"}, "KIT_EPOCS is no setting; did you mean KIT_EPOCHS?"),
        (["status"], {"NONSENSE": "1"}, "KIT_NONSENSE is no setting; `make help` lists all"),
        (["local"], {"FROM_MAKE": "REGION", "REGION": "us-east-1"}, "REGION goes with `make cloud`"),
        (["cloud"], {"FROM_MAKE": "RUNTIME"}, "RUNTIME goes with `make local`"),
        (["cloud"], {"FROM_MAKE": "FAULT", "FAULT": "a=b"}, "FAULT goes with `make cloud-rehearsal`"),
        (["check", "x"], {"FROM_MAKE": "EPOCHS", "EPOCHS": "3"}, "EPOCHS goes with `make local`"),
    ],
)
def test_what_would_be_passed_over_in_silence_is_refused(
    tmp_path: Path, arguments: list[str], variables: dict[str, str], said: str
) -> None:
    done = command.kit(*arguments, folder=tmp_path, **variables)
    assert done.returncode == 2
    assert said in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "variables",
    [
        {"KIT_REGION": "us-east-1", "KIT_WORKERS": "a@example.org"},  # for the other track
        {"KITTY_WINDOW_ID": "1", "TOOLKIT_EPOCS": "1"},  # another program's
        {"KIT_EPOCS": ""},  # not given
    ],
)
def test_what_is_for_others_is_let_through(tmp_path: Path, variables: dict[str, str]) -> None:
    begun(tmp_path, "r1")
    done = subprocess.run(
        [command.KIT, "status", "r1"], env={**command.environment(tmp_path, {}), **variables}, check=False
    )
    assert done.returncode == 0


def test_a_mistake_in_the_kit_is_admitted(tmp_path: Path) -> None:
    run = finished(tmp_path, "r1")
    run.summary.write_text("{}")  # not what the kit writes
    finished(tmp_path, "r2")
    done = command.kit("compare", "r1", "r2", folder=tmp_path)
    assert done.returncode == 5
    assert "A mistake in the kit (KeyError" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("kit st", "status"),  # a command
        ("kit status r", "r1"),  # a run
        ("kit local --ep", "--epochs"),  # a setting
    ],
)
def test_the_shell_completes_commands_runs_and_settings(tmp_path: Path, typed: str, offered: str) -> None:
    begun(tmp_path, "r1")
    asked = {"_KIT_COMPLETE": "bash_complete", "COMP_WORDS": typed, "COMP_CWORD": str(len(typed.split()) - 1)}
    done = subprocess.run(
        [command.KIT],
        env={**command.environment(tmp_path, {}), **asked, "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert f"plain,{offered}" in done.stdout.split()
