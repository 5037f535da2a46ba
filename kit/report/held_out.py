"""The report's held-out pictures: whole, cut up class by class, and as scores."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from kit.detection import verdicts
from kit.detection.verdicts import NOTHING, JudgedPicture
from kit.language import _
from kit.report import cuts, gallery, plots
from kit.report.counsel.evidence import Evidence
from kit.report.cuts import Cut, Wall
from kit.report.template import plot
from kit.run.folder import RunFolder
from kit.run.results import DetectionResult, ScoringResult


class Paths(Protocol):
    """Where the pictures of the run are, by their names in it."""

    def __getitem__(self, name: str) -> Any: ...


def pictures(
    result: DetectionResult, judged: Mapping[str, JudgedPicture], paths: Paths, labels: Sequence[str]
) -> dict[str, Any]:
    """The pictures, the most mistakes first, and the walls of cuts."""
    threshold, listed = result.threshold, list(judged.values())
    exhibits = [gallery.judged(paths[name], each, labels, len(judged)) for name, each in judged.items()]
    return {
        "classes": [(label, gallery.css_colour(label, labels)) for label in labels],
        "threshold": threshold,
        "threshold_origin": result.threshold_reason,
        "lowest_score": gallery.LOWEST_SCORE,
        "shows": gallery.shows,
        "held_out": sorted(
            enumerate(exhibits),
            key=lambda each: (-each[1].wrong(threshold) - each[1].missed(threshold), each[1].name),
        ),
        "most_cuts": cuts.MOST,
        "walls": [_wall(wall, labels, threshold) for wall in cuts.walls(listed, labels)],
    }


def _wall(wall: Wall, labels: Sequence[str], threshold: float) -> dict[str, Any]:
    missed = [cut for cut in wall.true if cut.score is None or cut.score < threshold]
    found = [cut for cut in wall.true if cut not in missed]
    groups = (
        ("missed", _("missed"), [(cut, _told(cut), True) for cut in missed]),
        ("wrong", _("wrong"), [(cut, _told_wrong(cut, wall), (cut.score or 0) >= threshold) for cut in wall.wrong]),
        ("found", _("found"), [(cut, _told(cut), True) for cut in found]),
    )
    return {
        "label": wall.label,
        "colour": gallery.css_colour(wall.label, labels),
        "groups": [
            {"kind": kind, "title": title, "cuts": listed, "shown": sum(is_shown for *_rest, is_shown in listed)}
            for kind, title, listed in groups
        ],
    }


def _told(cut: Cut) -> str:
    return _("not seen") if cut.score is None else f"{cut.score:.2f}"


def _told_wrong(cut: Cut, wall: Wall) -> str:
    if cut.of == NOTHING:
        there = _("nothing there")
    elif cut.of == wall.label:
        there = _("found twice")
    else:
        there = _("is {label}").format(label=cut.of)
    return f"{cut.score:.2f}, {there}"


def scores(
    result: ScoringResult, evidence: Evidence, judged: Sequence[JudgedPicture], labels: Sequence[str]
) -> dict[str, Any]:
    """Figures with an explanation each, average precision by class, and what was taken for what."""
    if result.map50 is None or result.map is None:
        return {"scores": []}
    curves = {row.label: row.precision for row in result.classes if row.precision is not None}
    counts = verdicts.confusion(judged, evidence.detection.threshold)
    sides = [*labels, NOTHING]
    most = max(counts.values(), default=1)
    return {
        "score_facts": _score_facts(result.map50, result.map, evidence),
        "scores": [
            *((row.label, _figure(row.ap50), _figure(row.ap), row.boxes) for row in result.classes),
            (_("all"), _figure(result.map50), _figure(result.map), result.boxes),
        ],
        "precision_recall_plot": plot(
            plots.precision_recall(curves, [gallery.css_colour(label, labels) for label in curves])
        ),
        "confusion_labels": sides,
        "confusion": [
            (
                true,
                [
                    # There is no telling how often nothing was rightly taken for nothing.
                    (None, 0.0) if true == found == NOTHING else (counts[true, found], counts[true, found] / most)
                    for found in sides
                ],
            )
            for true in sides
        ],
    }


def _score_facts(map50: float, map_: float, evidence: Evidence) -> list[tuple[str, str, str]]:
    tally, interval = evidence.tally, evidence.interval
    shown, boxes = tally.right + tally.wrong, tally.right + tally.missed
    spread = ""
    if interval is not None:
        spread = " " + _("On other pictures of the same kind it would mostly be {low:.2f} to {high:.2f}.").format(
            low=interval.low, high=interval.high
        )
    return [
        (
            "mAP@0.5",
            f"{map50:.3f}",
            _(
                "Mean average precision: how well objects are found and named, whatever the lowest score; 1 is "
                "perfect. A box counts from IoU 0.5 up."
            )
            + spread,
        ),
        (
            "mAP@[.5:.95]",
            f"{map_:.3f}",
            _("The same, asking step by step for more exact boxes, from IoU 0.5 to 0.95: always lower."),
        ),
        (
            _("precision"),
            f"{tally.right / shown:.2f}" if shown else "–",
            _("Of the boxes that it draws, the part that is right: {right} of {shown}.").format(
                right=tally.right, shown=shown
            ),
        ),
        (
            _("recall"),
            f"{tally.right / boxes:.2f}",
            _("Of the objects that are there, the part that it finds: {right} of {boxes}.").format(
                right=tally.right, boxes=boxes
            ),
        ),
        (
            "F1",
            f"{2 * tally.right / (shown + boxes):.2f}",
            _("Precision and recall in one number: high when both are."),
        ),
    ]


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def latency(folder: RunFolder) -> dict[str, Any]:
    """How long the endpoint took to answer."""
    lines = folder.detections_file.read_text(encoding="utf-8").splitlines()
    milliseconds = [1000 * json.loads(line)["seconds"] for line in lines]
    if not milliseconds:
        return {"latency": None}
    return {
        "latency": {
            "count": len(milliseconds),
            "median": f"{np.median(milliseconds):.0f}",
            "p95": f"{np.percentile(milliseconds, 95):.0f}",
            "slowest": f"{max(milliseconds):.0f}",
        },
        "latency_plot": plot(plots.histogram(milliseconds, _("milliseconds"), _("pictures"))),
    }
