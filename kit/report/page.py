"""The page a run leaves behind: `report.html`, one file that opens from disk without network."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from kit.annotations.formats import ground_truth
from kit.annotations.model import AnnotatedPicture, LabelState
from kit.atomic_file import write_atomically
from kit.detection import verdicts
from kit.detection.answers import read_answers
from kit.detection.verdicts import NOTHING, JudgedPicture
from kit.errors import InputError
from kit.language import _, marked
from kit.report import gallery, plots, settings_table, validation
from kit.report.template import plot, render
from kit.run import picture_set
from kit.run.folder import RunFolder
from kit.run.journal import Journal, Resource
from kit.run.names import title_of
from kit.run.results import (
    CleanUpResult,
    DetectionResult,
    LabellingResult,
    PicturesResult,
    ScoringResult,
    TrainingResult,
)

# More labelled pictures than that are counted, not shown; held-out ones are all shown.
_MOST_LABELLED = 100
_STATES = {
    LabelState.LABELLED.value: marked("labelled"),
    LabelState.UNLABELLED.value: marked("not labelled"),
    LabelState.SKIPPED.value: marked("skipped"),
    LabelState.FAILED.value: marked("skipped or failed"),
}


def write(folder: RunFolder, journal: Journal, summary: Mapping[str, Any], origins: Mapping[str, str]) -> None:
    """Writes the report from the journal, the summary and what the run has brought home.

    Args:
        origins: where each setting of the journal came from.

    Raises:
        InputError: a picture of the run is no longer where it was.
    """
    files = _Files(journal.setting("images"))
    content = {
        "summary": summary,
        "begun": f"{_moment(journal.created)} UTC",
        "cleaned": journal.is_finished(CleanUpResult.stage),
        "runtime_reason": journal.runtime_reason,
        "settings": settings_table.rows(journal, origins),
        "resources": [
            (
                each.kind,
                each.name,
                _moment(each.entered, journal.created),
                _moment(each.left, journal.created) if each.left else "–",
                _state(each),
            )
            for each in journal.resources
        ],
        **_titles(summary),
        **_time(journal),
        **_labels(folder, journal, files, summary["labels"]),
        **_training(journal),
        **_held_out(folder, journal, files, summary["labels"]),
    }
    write_atomically(folder.report, render("report.html.j2", **content))


def _titles(summary: Mapping[str, Any]) -> dict[str, Any]:
    titles = {
        "time": _("Time per stage"),
        "labels": _("Labels"),
        "training": _("Training"),
        "scores": _("Scores"),
        "pictures": _("Held-out pictures"),
        "latency": _("Latency"),
        "price": _("Price"),
        "resources": _("Created and deleted"),
        "settings": _("Settings"),
    }
    spent = summary["track"] == "cloud"
    told_spent = _("would have cost, about") if summary["rehearsal"] else _("spent, about")
    scored = summary["map50"] is not None
    asked = summary["endpoint_p50_ms"] is not None
    return {
        "titles": titles,
        "sections": [(name, title) for name, title in titles.items() if name != "price" or spent],
        "key_facts": [
            ("mAP@0.5", f"{summary['map50']:.3f}" if scored else _("not scored")),
            ("mAP@[.5:.95]", f"{summary['map']:.3f}" if scored else _("not scored")),
            (
                _("pictures labelled"),
                _("{count} of {total}").format(count=summary["labelled"], total=summary["images"]),
            ),
            (_("boxes"), summary["boxes"]),
            (_("trained on"), _("{count} pictures").format(count=summary["train_images"])),
            (_("training"), f"{summary['train_seconds']:.0f} s"),
            (_("answer, median"), f"{summary['endpoint_p50_ms']:.0f} ms" if asked else _("not asked")),
            *([(told_spent, f"{summary['spent_usd']:.2f} USD")] if spent else []),
            (_("left behind"), len(summary["left_behind"]) or _("nothing")),
        ],
    }


def _time(journal: Journal) -> dict[str, Any]:
    seconds = {title_of(name): record.seconds for name, record in journal.stages.items()}
    longest = max(seconds, key=lambda title: seconds[title])
    return {
        "stage_plot": plot(plots.stage_strip(seconds)),
        "stages": [
            (title_of(name), f"{record.seconds:.1f}", record.attempts, _moment(record.started, journal.created))
            for name, record in journal.stages.items()
        ],
        "total_seconds": sum(seconds.values()),
        "longest_stage": longest,
        "longest_seconds": seconds[longest],
    }


def _labels(folder: RunFolder, journal: Journal, files: _Files, labels: Sequence[str]) -> dict[str, Any]:
    result = journal.result(LabellingResult)
    counts = result.boxes_by_label
    colours = [gallery.css_colour(label, labels) for label in counts]
    sizes: dict[str, list[tuple[float, float]]] = {label: [] for label in counts}
    for picture in _labelled(folder, labels):
        for box in picture.boxes:
            sizes[box.label].append((100 * box.width / picture.width, 100 * box.height / picture.height))
    widths, heights = np.array([size for each in sizes.values() for size in each]).T
    pictures = journal.result(PicturesResult)
    return {
        "left_out": [str(remark) for remark in pictures.left_out],
        "remarks": [str(remark) for remark in pictures.remarks],
        "pictures_by_state": ", ".join(
            f"{_(_STATES[state])} {count}" for state, count in result.pictures_by_state.items()
        ),
        "label_plot": plot(plots.bars(counts, _("boxes"), colours)),
        "label_counts": ", ".join(f"{label} {count}" for label, count in counts.items()),
        "size_plot": plot(plots.box_sizes(sizes, colours)),
        "size_sentence": _(
            "Every box by its size: {narrow} to {wide} of the picture wide, {low} to {high} high."
        ).format(
            narrow=f"{widths.min():.0f}",
            wide=f"{widths.max():.0f} %",
            low=f"{heights.min():.0f}",
            high=f"{heights.max():.0f} %",
        ),
        "labelled": [
            gallery.labelled(files[picture.file_name], picture, labels)
            for picture in islice(_labelled(folder, labels), _MOST_LABELLED)
        ],
        "labelled_total": result.labelled,
    }


def _labelled(folder: RunFolder, labels: Sequence[str]) -> Iterator[AnnotatedPicture]:
    stream = ground_truth.read(folder.output_manifest, labels=labels)
    return (picture for picture in stream.pictures if picture.state is LabelState.LABELLED)


class _Files:
    """Where the pictures of the run are, by their names in it."""

    def __init__(self, images: str | None) -> None:
        self._paths = picture_set.files_by_name(Path(images) if images else None)

    def __getitem__(self, name: str) -> Path:
        if name not in self._paths:
            raise InputError(_("the picture {name} of the run is no longer where it was").format(name=name))
        return self._paths[name]


def _training(journal: Journal) -> dict[str, Any]:
    result = journal.result(TrainingResult)
    history = result.history
    if not history:
        return {"history": []}
    names = list(dict.fromkeys(name for entry in history for name in entry))
    last = ", ".join(f"{name} {value:.4g}" for name, value in history[-1].items() if name != "epoch")
    return {
        "history_head": [_("epoch") if name == "epoch" else name for name in names],
        "history": [[f"{entry[name]:.4g}" if name in entry else "–" for name in names] for entry in history],
        "loss_plot": plot(plots.loss_curve(history, validation.legend(result))),
        "validation": validation.sentence(result),
        "loss_sentence": _("After {count} epochs: {last}.").format(count=len(history), last=last),
    }


def _held_out(folder: RunFolder, journal: Journal, files: _Files, labels: Sequence[str]) -> dict[str, Any]:
    result = journal.result(DetectionResult)
    truth = picture_set.held_out_truth(journal.setting("images"), folder)
    judged = read_answers(folder.detections_file, truth) if result.pictures else {}
    threshold = result.threshold
    exhibits = [gallery.judged(files[name], each, labels) for name, each in judged.items()]
    return {
        "classes": [(label, gallery.css_colour(label, labels)) for label in labels],
        "threshold": threshold,
        "threshold_origin": result.threshold_reason,
        "lowest_score": gallery.LOWEST_SCORE,
        "held_out": sorted(exhibits, key=lambda each: (-each.wrong(threshold) - each.missed(threshold), each.name)),
        **_latency(folder),
        **_scores(journal.result(ScoringResult), judged.values(), threshold, labels),
    }


def _scores(
    result: ScoringResult, judged: Sequence[JudgedPicture] | Any, threshold: float, labels: Sequence[str]
) -> dict[str, Any]:
    if result.map50 is None:
        return {"scores": []}
    curves = {row.label: row.precision for row in result.classes if row.precision is not None}
    counts = verdicts.confusion(judged, threshold)
    sides = [*labels, NOTHING]
    most = max(counts.values(), default=1)
    return {
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


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _latency(folder: RunFolder) -> dict[str, Any]:
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


def _moment(iso: str, begun: str = "") -> str:
    """Date and time in UTC, or the time alone on the day on which all has begun."""
    date, _t, time = iso.removesuffix("+00:00").partition("T")
    return time if begun.startswith(date) else f"{date} {time}"


def _state(resource: Resource) -> str:
    if not resource.deleted:
        return _("still there")
    return _("ended") if resource.is_job else _("deleted")
