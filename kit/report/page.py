"""The page a run leaves behind: one HTML file that opens from disk, without network or scripts."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from importlib import resources
from typing import Any

import jinja2
from markupsafe import Markup

from kit.atomic_file import write_atomically
from kit.report import plots
from kit.workshop.journal import Journal
from kit.workshop.run_folder import RunFolder


def write(folder: RunFolder, journal: Journal, summary: Mapping[str, Any], origins: Mapping[str, str]) -> None:
    """Writes `report.html` from the journal, the summary and the drawings."""
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(lambda name: (resources.files("kit.report") / name).read_text(encoding="utf-8")),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template("page.html.j2").render(
        summary=summary,
        settings=[(name, value, origins[name]) for name, value in journal.settings.items()],
        stages=journal.stages,
        stage_plot=Markup(plots.bars(summary["stage_seconds"], "seconds")),  # noqa: S704 (made by the plotting library)
        boxes_by_label=journal.result("labelling")["boxes_by_label"],
        pictures_by_state=journal.result("labelling")["pictures_by_state"],
        history=journal.result("training")["history"],
        loss_plot=Markup(plots.loss_curve(journal.result("training")["history"])),  # noqa: S704
        scores=journal.result("scoring"),
        resources=journal.resources,
        pictures=[
            (path.stem, base64.b64encode(path.read_bytes()).decode())
            for path in sorted(folder.detections.glob("*.jpg"))
        ],
    )
    write_atomically(folder.report, page.encode())
