"""Runs side by side, as `kit compare` shows them."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.end_to_end import command
from tests.unit.runs import begun, finished


def test_two_runs_side_by_side(tmp_path: Path) -> None:
    finished(tmp_path, "r1", map50=0.5)
    finished(tmp_path, "r2", map50=0.75)
    done = command.kit("compare", "r1", "r2", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert any(line.split() == ["mAP@0.5", "0.5", "0.75", "+0.25"] for line in done.stdout.splitlines())
    page = (tmp_path / "runs" / "compare-r1-r2.html").read_text()
    assert "+0.25" in page
    assert 'href="r1/report.html"' in page
    told = json.loads(command.kit("compare", "r1", "r2", "--json", folder=tmp_path).stdout)
    assert {"name": "map50", "values": [0.5, 0.75], "change": 0.25} in told["results"]


def test_any_number_of_runs_side_by_side_with_shared_axes(tmp_path: Path) -> None:
    for name, map50 in (("r1", 0.5), ("r2", 0.75), ("r3", 0.25)):
        finished(tmp_path, name, map50)
    done = command.kit("compare", "r3", "r1", "r2", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert any(line.split() == ["mAP@0.5", "0.25", "0.5", "0.75"] for line in done.stdout.splitlines())
    page = (tmp_path / "runs" / "compare-r3-r1-r2.html").read_text()
    losses = page[page.index("Train_Loss</text>") :].partition("</svg>")[0]
    assert re.findall(r">(r\d)</text>", losses) == ["r3", "r1", "r2"], "one plot for all of them"


def test_stages_of_all_runs_are_drawn_to_the_time_of_the_longest(tmp_path: Path) -> None:
    finished(tmp_path, "r1")
    longest = finished(tmp_path, "r2")
    summary = json.loads(longest.summary.read_text())
    summary["stage_seconds"]["training"] = 500.0
    longest.summary.write_text(json.dumps(summary))
    assert command.kit("compare", "r1", "r2", folder=tmp_path).returncode == 0
    page = (tmp_path / "runs" / "compare-r1-r2.html").read_text()
    strips = page[page.index('id="time"') : page.index("<table", page.index('id="time"'))].split("</svg>")[:2]
    ticks = [re.findall(r">(\d+)</text>", strip) for strip in strips]
    assert ticks[0] == ticks[1]
    assert ticks[0][-1] == "500"


def test_without_names_the_last_two_finished_runs_are_compared(tmp_path: Path) -> None:
    finished(tmp_path, "r1")
    assert "no two finished runs" in command.kit("compare", folder=tmp_path).stderr
    finished(tmp_path, "r2")
    finished(tmp_path, "r3")
    begun(tmp_path, "r4")
    assert json.loads(command.kit("compare", "--json", folder=tmp_path).stdout)["runs"] == ["r2", "r3"]


def test_a_run_is_not_compared_with_itself(tmp_path: Path) -> None:
    run = finished(tmp_path, "r1")
    (tmp_path / "runs" / "latest").symlink_to(run.run_id)
    for names in (("r1", "r1"), ("r1", "latest")):
        done = command.kit("compare", *names, folder=tmp_path)
        assert (done.returncode, done.stderr) == (
            2,
            "Error: r1 is named twice; a run cannot be compared with itself.\n",
        )
    alone = command.kit("compare", "r1", folder=tmp_path)
    assert alone.returncode == 2
    assert "at least two runs" in alone.stderr


def test_settings_that_differ_are_shown_as_they_are_typed(tmp_path: Path) -> None:
    finished(tmp_path, "r1")
    journal = json.loads((other := finished(tmp_path, "r2")).journal.read_text())
    journal["settings"]["labels"] = ["raccoon", "red fox"]
    other.journal.write_text(json.dumps(journal))
    assert "raccoon,red fox" in command.kit("compare", "r1", "r2", folder=tmp_path).stdout


def test_an_unfinished_run_is_not_compared(tmp_path: Path) -> None:
    finished(tmp_path, "r1")
    begun(tmp_path, "r2")
    done = command.kit("compare", "r1", "r2", folder=tmp_path)
    assert done.returncode == 2
    assert "r2 has no summary" in done.stderr
