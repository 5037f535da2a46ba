"""The report's labels that are worth another look, each picture with its labels and with what the model has there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kit.annotations.model import AnnotatedPicture
from kit.detection.suspects import Reason, Suspect
from kit.language import _
from kit.report import gallery
from kit.report.held_out import Paths
from kit.run.suspected import Suspected

# More pictures are in the list beside the report.
_MOST = 60


def told(suspect: Suspect) -> str:
    """What is odd about a label, in words."""
    label = suspect.label.label if suspect.label is not None else ""
    found = suspect.found.box.label if suspect.found is not None else ""
    return {
        Reason.MISSING: _("a box around a {found} may be missing"),
        Reason.EXTRA: _("the model sees nothing in the box {label}"),
        Reason.CLASS: _("{label} may be a {found}"),
        Reason.EDGES: _("the edges of a box {label} may be off"),
        Reason.TWICE: _("{label}: two boxes around one object"),
    }[suspect.reason].format(label=label, found=found)


def section(
    found: Suspected | None, pictures: Mapping[str, AnnotatedPicture], paths: Paths, labels: Sequence[str]
) -> dict[str, Any]:
    """The content of the section; `suspects` is empty where nobody has looked for any.

    Args:
        pictures: the labelled ones, by name. What is not among them any more is passed over.
    """
    if found is None:
        return {"suspects": []}
    shown = []
    for name in [name for name in found.pictures if name in pictures][:_MOST]:
        odd = [each for each in found.worth_a_look if each.picture == name]
        exhibit = gallery.compared(
            paths[name], pictures[name], [each.found for each in odd if each.found is not None], labels
        )
        shown.append((exhibit, [told(each) for each in odd]))
    return {"suspects": shown}
