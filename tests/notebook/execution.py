"""The workshop's notebook, executed: for its test, and with its outputs to be committed.

.venvs/kit/bin/python -m tests.notebook.execution      a whole run on this machine; writes samples/workshop.ipynb
"""

from __future__ import annotations

from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOK = ROOT / "samples" / "workshop.ipynb"
# What stands in the outputs for the folder of this repository, which is elsewhere on every machine.
ANYWHERE = "~/jumpstart-rehearsal-kit"


def executed(notebook: nbformat.NotebookNode, timeout: int) -> nbformat.NotebookNode:
    """The notebook with the outputs of its cells, each of which may take so many seconds."""
    client = NotebookClient(
        notebook,
        timeout=timeout,
        kernel_name="python3",
        record_timing=False,
        # What a cell prints comes in pieces, which some readers show each on a line of its own.
        coalesce_streams=True,
        # As JupyterLab starts it: in the notebook's own folder.
        resources={"metadata": {"path": NOTEBOOK.parent}},
    )
    return client.execute()


def of_no_machine(notebook: nbformat.NotebookNode) -> str:
    """The notebook's file without what its outputs tell of this machine."""
    # Which Python and IPython ran it is nothing that a reader needs, and would differ every time.
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    return nbformat.writes(notebook).rstrip("\n").replace(str(ROOT), ANYWHERE) + "\n"


def main() -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    NOTEBOOK.write_text(of_no_machine(executed(notebook, timeout=3600)), encoding="utf-8")


if __name__ == "__main__":
    main()
