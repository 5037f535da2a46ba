"""`make relabel`: the local track, begun from the labels and the settings of an earlier run."""

from __future__ import annotations

import dataclasses
from typing import Any

from kit.console import Console
from kit.run import earlier_labels
from kit.run.chosen import value_of
from kit.run.journal import Journal
from kit.run.opening import identity
from kit.run.results import PicturesResult
from kit.setting_conflicts import check_together
from kit.settings import DEFAULT, HUMAN, RelabelSettings, ResolvedSettings
from kit.tracks import local


def run(resolved: ResolvedSettings[RelabelSettings], name: str | None, console: Console) -> None:
    """Runs the workshop from the labels of a run, by default the newest finished one.

    Raises:
        KitError: there is no such run, or nobody has finished its labels; and as `local.run`.
    """
    settings = resolved.settings
    folder, journal = earlier_labels.labelled_run(settings.runs, name or settings.run)
    chosen = {**_of_its_run(resolved, journal), "run": None, "relabel": folder.run_id, "labeler": HUMAN}
    settings = dataclasses.replace(settings, **chosen)
    check_together(settings)
    local.run(dataclasses.replace(resolved, settings=settings), console)


def _of_its_run(resolved: ResolvedSettings[RelabelSettings], journal: Journal) -> dict[str, Any]:
    """The settings that decide what comes out, where none was given as the earlier run had them."""
    settings = resolved.settings
    taken = {
        name: value_of(RelabelSettings, name, journal.settings[name])
        for name in identity(settings)
        if name in journal.settings and resolved.origins[name] == DEFAULT
    }
    taken |= {"annotations": None, "attribute": None}
    if taken.get("images", settings.images) is not None and taken.get("labels", settings.labels) is None:
        taken["labels"] = journal.result(PicturesResult).labels
    return taken
