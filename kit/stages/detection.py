"""Stage "detection": every held-out picture is sent to the endpoint; its answer is kept and drawn."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Mapping, Sequence

from kit.atomic_file import write_atomically
from kit.detection import drawing, request, verdicts
from kit.detection.answers import read_answers
from kit.detection.picture import read_picture, write_picture
from kit.detection.verdicts import JudgedPicture
from kit.language import _
from kit.run.context import Context
from kit.run.picture_set import held_out_truth
from kit.run.results import ConversionResult, DetectionResult, EndpointResult, ThresholdOrigin
from kit.run.run_picture import RunPicture

# Enough for a score over all of a picture; the endpoint sorts by score.
N_PREDICTIONS = 100
THRESHOLD_WITHOUT_TRUTH = 0.4


def run(context: Context) -> DetectionResult:
    pictures = held_out_pictures(context)
    context.folder.detections.mkdir(exist_ok=True)
    seconds = _ask(context, pictures)
    found = judged(context)
    threshold, origin, best_f1 = _threshold(context, found)
    labels = context.pictures.labels
    shown = 0
    for picture in pictures:
        drawn = [each for each in found[picture.name].detections if each.score >= threshold]
        shown += len(drawn)
        plain, true = read_picture(picture.path), found[picture.name].picture.boxes
        canvas = drawing.draw_detections(plain, drawn, labels, true)
        write_picture(context.folder.detections / picture.name, canvas)
    median = 1000 * statistics.median(seconds) if seconds else None
    result = DetectionResult(len(pictures), threshold, origin, shown, median, best_f1)
    context.console.say(
        _("  Detections from score {threshold:.2f} up, {origin}: {shown}").format(
            shown=shown, threshold=threshold, origin=result.threshold_reason
        )
    )
    return result


def _ask(context: Context, pictures: Sequence[RunPicture]) -> list[float]:
    """Sends the pictures to the endpoint and keeps its answers; returns the seconds that each took."""
    endpoint = context.journal.result(EndpointResult).endpoint
    lines: list[str] = []
    seconds: list[float] = []
    with context.console.progress(_("detected"), len(pictures)) as advance:
        for number, picture in enumerate(pictures, start=1):
            body = request.body_of(picture.path)
            started = time.perf_counter()
            answer = request.ask(context.api.sagemaker_runtime, endpoint, body, N_PREDICTIONS)
            seconds.append(time.perf_counter() - started)
            lines.append(json.dumps({"picture": picture.name, "seconds": seconds[-1], "answer": json.loads(answer)}))
            advance(number)
    write_atomically(context.folder.detections_file, "".join(line + "\n" for line in lines).encode())
    return seconds


def _threshold(context: Context, found: Mapping[str, JudgedPicture]) -> tuple[float, ThresholdOrigin, float | None]:
    """The lowest score that is drawn, why it is that, and F1 there where it was chosen by that."""
    if context.settings.threshold is not None:
        return context.settings.threshold, "setting", None
    best = verdicts.best_operating(found.values())
    if best is None:
        return THRESHOLD_WITHOUT_TRUTH, "default", None
    return best.threshold, "best F1", best.f1


def judged(context: Context) -> dict[str, JudgedPicture]:
    """The endpoint's answers on the held-out pictures with the verdict on each detection, by file name."""
    return read_answers(context.folder.detections_file, held_out_truth(context.settings.images, context.folder))


def held_out_pictures(context: Context) -> tuple[RunPicture, ...]:
    """The pictures that were not trained on."""
    if context.pictures.held_out is not None:
        return context.pictures.held_out
    names = set(context.journal.result(ConversionResult).held_out)
    return tuple(picture for picture in context.pictures.pictures if picture.name in names)
