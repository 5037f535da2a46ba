"""The page a run leaves behind: `report.html`, one file that opens from disk without network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from kit.annotations.formats import ground_truth
from kit.annotations.model import AnnotatedPicture, LabelState
from kit.atomic_file import write_atomically
from kit.detection import confidence
from kit.detection.answers import read_answers
from kit.detection.verdicts import JudgedPicture
from kit.errors import InputError
from kit.language import _, marked
from kit.report import gallery, held_out, plots, settings_table, suspects, validation
from kit.report.counsel import verdict
from kit.report.counsel.evidence import Evidence
from kit.report.template import plot, render
from kit.repository import ROOT
from kit.run import picture_set, suspected
from kit.run.earlier_labels import pictures_folder
from kit.run.folder import RunFolder
from kit.run.journal import Journal, Resource
from kit.run.names import title_of
from kit.run.results import (
    CleanUpResult,
    ConversionResult,
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
    files = _Files(journal.setting("images"), pictures_folder(folder.path.parent, journal.settings.get("relabel")))
    labels, detection = summary["labels"], journal.result(DetectionResult)
    truth = picture_set.held_out_truth(journal.setting("images"), folder)
    judged = read_answers(folder.detections_file, truth) if detection.pictures else {}
    evidence = _evidence(folder, journal, tuple(judged.values()))
    suspected_labels = suspected.read(folder.suspects)
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
        **_titles(summary, suspected_labels is not None),
        **_time(journal),
        "verdict": verdict.of(evidence),
        **_labels(folder, journal, files, labels),
        **suspects.section(
            suspected_labels, {each.file_name: each for each in _labelled(folder, labels)}, files, labels
        ),
        **_training(journal),
        **held_out.pictures(detection, judged, files, labels),
        **held_out.latency(folder),
        **held_out.scores(evidence.scoring, evidence, evidence.judged, labels),
    }
    write_atomically(folder.report, render("report.html.j2", **content))


def _evidence(folder: RunFolder, journal: Journal, judged: tuple[JudgedPicture, ...]) -> Evidence:
    scoring = journal.result(ScoringResult)
    return Evidence(
        run=journal.run_id,
        settings=journal.settings,
        defaults=settings_table.defaults(journal),
        target="cloud-rehearsal" if journal.is_rehearsal else journal.track,
        labels_file=_typed(folder.output_manifest),
        truth_file=_typed(folder.held_out_truth),
        pictures=journal.result(PicturesResult),
        labelling=journal.result(LabellingResult),
        conversion=journal.result(ConversionResult),
        training=journal.result(TrainingResult),
        detection=journal.result(DetectionResult),
        scoring=scoring,
        judged=judged,
        interval=confidence.interval(judged) if scoring.map50 is not None else None,
    )


def _typed(path: Path) -> str:
    """A path as one types it in the folder of the Makefile."""
    return str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)


def _titles(summary: Mapping[str, Any], with_suspects: bool) -> dict[str, Any]:
    titles = {
        "pictures": _("Held-out pictures"),
        "scores": _("Scores"),
        "training": _("Training"),
        "labels": _("Labels"),
        "suspects": _("Labels worth another look"),
        "time": _("Time per stage"),
        "latency": _("Latency"),
        "price": _("Price"),
        "resources": _("Created and deleted"),
        "settings": _("Settings"),
    }
    spent = summary["track"] == "cloud"
    told_spent = _("would have cost, about") if summary["rehearsal"] else _("spent, about")
    asked = summary["endpoint_p50_ms"] is not None
    return {
        "titles": titles,
        "sections": [
            (name, title)
            for name, title in titles.items()
            if (name != "price" or spent) and (name != "suspects" or with_suspects)
        ],
        "key_facts": [
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

    def __init__(self, images: str | None, further: Path | None) -> None:
        self._paths = picture_set.files_by_name(Path(images) if images else None, further)

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
        "loss_sentence": _("After epoch {count}: {last}.").format(count=len(history), last=last),
    }


def _moment(iso: str, begun: str = "") -> str:
    """Date and time in UTC, or the time alone on the day on which all has begun."""
    date, _t, time = iso.removesuffix("+00:00").partition("T")
    return time if begun.startswith(date) else f"{date} {time}"


def _state(resource: Resource) -> str:
    if not resource.deleted:
        return _("still there")
    return _("ended") if resource.is_job else _("deleted")
