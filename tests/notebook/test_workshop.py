"""The workshop's notebook, executed from its first cell to its last on the local track."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tests.docs.test_docs import problem_of

# A whole run lies before the first of these tests, on a machine that may be busy.
pytestmark = pytest.mark.timeout(900)

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOK = ROOT / "samples" / "workshop.ipynb"
QUICK = {"KIT_EPOCHS": "1", "KIT_IMAGE_SIZE": "160", "KIT_RUNTIME": "process"}


@pytest.fixture(scope="module")
def notebook() -> nbformat.NotebookNode:
    found = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(found)
    return found


def test_it_is_kept_without_outputs_and_starts_on_the_local_track(notebook: nbformat.NotebookNode) -> None:
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(not cell.outputs and cell.execution_count is None for cell in cells)
    assert cells[0].source.startswith('TRACK = "local"')


def test_every_command_in_it_exists(notebook: nbformat.NotebookNode) -> None:
    lines = [
        line.strip()
        for cell in notebook.cells
        if cell.source.startswith("%%bash")
        for line in cell.source.splitlines()[1:]
    ]
    ours = [line for line in lines if line.startswith(("kit ", "make "))]
    assert {"make setup", "kit local", "kit cloud --yes 1", "kit cloud-clean"} <= set(ours)
    assert {line: problem_of(line) for line in ours if problem_of(line)} == {}


def test_it_runs_from_the_first_cell_to_the_last(
    notebook: nbformat.NotebookNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {**QUICK, "KIT_RUNS": str(tmp_path / "runs")}.items():
        monkeypatch.setenv(name, value)
    # As JupyterLab starts it: in the notebook's own folder.
    client = NotebookClient(
        notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": NOTEBOOK.parent}}
    )
    executed = client.execute()
    kept = ROOT / "test-output" / "workshop.ipynb"
    kept.parent.mkdir(exist_ok=True)
    nbformat.write(executed, kept)
    printed = "".join(
        output.get("text", "") for cell in executed.cells for output in cell.get("outputs", ()) if output.get("text")
    )
    assert "mAP@0.5" in printed
    assert "Val_CrossEntropy=" in printed
    assert "fit to train on" in printed
    pictures = [
        output
        for cell in executed.cells
        for output in cell.get("outputs", ())
        if "image/jpeg" in output.get("data", {})
    ]
    assert len(pictures) == 1 + 3 + 3
    summary = json.loads((tmp_path / "runs" / "latest" / "summary.json").read_text())
    assert (summary["track"], summary["labelled"], summary["left_behind"]) == ("local", 35, [])
    assert '"left_behind": []' in printed
    shutil.rmtree(tmp_path / "runs")
