"""The workshop's notebook, executed from its first cell to its last on the local track."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import nbformat
import pytest

from tests.docs.test_docs import problem_of
from tests.notebook.execution import NOTEBOOK, ROOT, executed

# The samples, three with their labels, three with what was found on them, and the one that is asked about.
PICTURES = 1 + 3 + 3 + 1
QUICK = {"KIT_EPOCHS": "1", "KIT_IMAGE_SIZE": "160", "KIT_RUNTIME": "process"}


@pytest.fixture(scope="module")
def notebook() -> nbformat.NotebookNode:
    found = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(found)
    return found


def outputs_of(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [output for cell in notebook.cells for output in cell.get("outputs", ())]


def printed(notebook: nbformat.NotebookNode) -> str:
    return "".join(output.get("text", "") for output in outputs_of(notebook))


def pictures(notebook: nbformat.NotebookNode) -> int:
    return sum("image/jpeg" in output.get("data", {}) for output in outputs_of(notebook))


def test_it_starts_on_the_local_track(notebook: nbformat.NotebookNode) -> None:
    assert next(cell.source for cell in notebook.cells if cell.cell_type == "code").startswith('TRACK = "local"')


def test_whoever_only_reads_it_sees_a_whole_run(notebook: nbformat.NotebookNode) -> None:
    """It is committed as it was executed; `python -m tests.notebook.execution` executes it again."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert [output for output in outputs_of(notebook) if output.output_type == "error"] == []
    assert pictures(notebook) == PICTURES
    assert "mAP@0.5" in printed(notebook)
    assert '"left_behind": []' in printed(notebook)


def test_its_outputs_name_no_machine(notebook: nbformat.NotebookNode) -> None:
    texts = [
        *(output.get("text", "") for output in outputs_of(notebook)),
        *(text for output in outputs_of(notebook) for kind, text in output.get("data", {}).items() if "text" in kind),
    ]
    assert re.findall(r"(?:/home|/root|/Users|/tmp|/work|/var|/mnt)/[\w.-]*", "".join(texts)) == []
    # A notebook that grows is one that nobody opens.
    assert len(nbformat.writes(notebook)) < 2_500_000


def test_every_command_in_it_exists(notebook: nbformat.NotebookNode) -> None:
    lines = [
        line.strip()
        for cell in notebook.cells
        if cell.source.startswith("%%bash")
        for line in cell.source.splitlines()[1:]
    ]
    ours = [line for line in lines if line.startswith(("kit ", "make "))]
    assert {"make setup", "kit doctor", "kit cloud --plan 1", "kit cloud-clean"} <= set(ours)
    for track in ("local", "cloud --yes 1"):
        assert problem_of(f"kit {track} --keep 1") == ""
    assert {line: problem_of(line) for line in ours if problem_of(line)} == {}


def test_it_runs_from_the_first_cell_to_the_last(
    notebook: nbformat.NotebookNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {**QUICK, "KIT_RUNS": str(tmp_path / "runs")}.items():
        monkeypatch.setenv(name, value)
    done = executed(notebook, timeout=600)
    kept = ROOT / "test-output" / "workshop.ipynb"
    kept.parent.mkdir(exist_ok=True)
    nbformat.write(done, kept)
    assert "mAP@0.5" in printed(done)
    assert "Val_CrossEntropy=" in printed(done)
    assert "fit to train on" in printed(done)
    assert pictures(done) == PICTURES
    answer = next(
        output.data["text/plain"]
        for output in outputs_of(done)
        if "text/plain" in output.get("data", {}) and "normalized_boxes" in output.data["text/plain"]
    )
    assert "'labels': ['usb-a', 'usb-c', 'lightning']" in answer
    summary = json.loads((tmp_path / "runs" / "latest" / "summary.json").read_text())
    assert (summary["track"], summary["labelled"], summary["left_behind"]) == ("local", 35, [])
    assert '"left_behind": []' in printed(done)
    shutil.rmtree(tmp_path / "runs")
