"""The commands that counsel gives to type: whole, with what the run was given."""

from __future__ import annotations

import shlex

from kit.report.counsel.evidence import Evidence
from kit.report.settings_table import written

# Stands for the reader's own folder.
OWN_FOLDER = "my-photos"
# Fewer are a try of the steps, which no other command takes over.
FEWEST_EPOCHS = 3


def again(evidence: Evidence, **changes: object) -> str:
    """The run's command with other settings. Labels that people made in it are taken over, not made again."""
    settings = dict(evidence.settings)
    if settings.get("relabel") and evidence.target == "local":
        # Some of its pictures are of no folder that IMAGES names.
        return _relabel(evidence, changes)
    if evidence.by_hand:
        settings["images"] = settings.get("images") or "samples/plugs/train"
        settings |= {"labels": None, "labeler": None, "annotations": evidence.labels_file}
    return _make(evidence, {**settings, **changes})


def with_more_pictures(evidence: Evidence) -> str:
    """A run with more pictures than this one, which somebody has to label; with their own where it had the samples."""
    settings = dict(evidence.settings)
    if evidence.samples:
        own = {"images": OWN_FOLDER, "labels": evidence.pictures.labels}
        settings |= {**own, "labeler": None, "annotations": None, "relabel": None}
    elif evidence.target == "local":
        return _relabel(evidence, {})
    return _make(evidence, settings)


def draw(evidence: Evidence) -> str:
    """Draws the labels of the held-out pictures, to look at them."""
    images = str(evidence.settings["images"])
    return shlex.join([".venvs/kit/bin/kit", "draw", evidence.truth_file, "drawn", "--images", images])


def _relabel(evidence: Evidence, changes: dict[str, object]) -> str:
    """The pictures that the run's folder has by then, from the labels that it has now."""
    given = {"run": evidence.run, **changes}
    return shlex.join(["make", "relabel", *(f"{name.upper()}={written(value)}" for name, value in given.items())])


def _make(evidence: Evidence, settings: dict[str, object]) -> str:
    """Of the settings only those that are not as they are by default; what names the account is none of make's."""
    given = {
        name: value
        for name, value in settings.items()
        if name in evidence.defaults and value is not None and value != evidence.defaults[name]
    }
    if evidence.training.epochs < FEWEST_EPOCHS and given.get("epochs") == evidence.training.epochs:
        del given["epochs"]
    return shlex.join(["make", evidence.target, *(f"{name.upper()}={written(value)}" for name, value in given.items())])
