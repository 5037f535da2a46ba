"""`kit detect`: pictures of anybody's are shown to a model, and what it finds on them is drawn and written."""

from __future__ import annotations

import dataclasses
import itertools
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from kit import stopping
from kit.aws.live_endpoint import runtime_client
from kit.aws_api import SageMakerRuntime
from kit.console import Console
from kit.detection import found, outputs, request, response
from kit.detection.found import FoundPicture
from kit.detection.outputs import DRAWINGS, Drawings, Output
from kit.detection.request import RefusedPictureError
from kit.detection.response import Detection
from kit.detection.sources import Broken, Shot, Source
from kit.language import _
from kit.local_cloud import environments
from kit.local_cloud.hosting.invoke import EndpointInvoker
from kit.local_cloud.hosting.lone_endpoint import serving
from kit.local_cloud.own_model import unpack_own
from kit.run import trained_model
from kit.settings import DetectSettings
from kit.stages.detection import N_PREDICTIONS, THRESHOLD_WITHOUT_TRUTH

_NAME = "detect"


@dataclass(frozen=True)
class Model:
    """What is asked.

    Attributes:
        title: what it is to people.
        labels: of its classes in class-id order; empty where its answers alone say them.
        threshold: the lowest score that counts.
    """

    runtime: SageMakerRuntime
    endpoint: str
    title: str
    labels: tuple[str, ...]
    threshold: float


@dataclass(frozen=True)
class Chosen:
    """Which model was asked for: at most one of the first three; by default that of the latest finished run.

    Attributes:
        labels: what its classes are called, in class-id order, where its answers call them by numbers; by default what
            the run that made it calls them.
    """

    run: str | None = None
    archive: Path | None = None
    endpoint: str | None = None
    url: str | None = None
    labels: tuple[str, ...] = ()


@dataclass
class Outcome:
    """What came of it so far.

    Attributes:
        by_label: how many detections of each class.
        stopped: by a signal.
    """

    pictures: int = 0
    broken: list[Broken] = dataclasses.field(default_factory=list)
    by_label: Counter[str] = dataclasses.field(default_factory=Counter)
    seconds: float = 0.0
    labels: tuple[str, ...] = ()
    stopped: bool = False


_Keep: TypeAlias = "Callable[[Shot, FoundPicture, Sequence[Detection]], None]"


@contextmanager
def opened(settings: DetectSettings, chosen: Chosen) -> Iterator[Model]:
    """The model, ready to be asked, while the block runs; nothing of it is left after it.

    Raises:
        KitError: there is no such run, model or endpoint, or it does not come up.
    """
    if chosen.endpoint is not None:
        known = trained_model.of_endpoint(settings.runs, chosen.endpoint)
        runtime = runtime_client(settings.region, chosen.url)
        title = _("endpoint {name}").format(name=chosen.endpoint)
        labels = chosen.labels or (known.labels if known else ())
        yield Model(runtime, chosen.endpoint, title, labels, _threshold(settings, known))
        return
    known = trained_model.model_of(settings.runs, chosen.run) if chosen.archive is None else None
    archive = known.artifact if known else chosen.archive or Path()
    environments.require(environments.DETECTOR)
    with tempfile.TemporaryDirectory(prefix="kit-detect-") as scratch:
        names = unpack_own(archive, Path(scratch) / "looked-at")
        labels = chosen.labels or (known.labels if known else names)
        title = _("the model of {run}").format(run=known.run.run_id) if known else str(archive)
        with serving(archive, _NAME, Path(scratch) / "served", environments.SERVE) as endpoint:
            yield Model(EndpointInvoker(endpoint), _NAME, title, labels, _threshold(settings, known))


def _threshold(settings: DetectSettings, known: trained_model.TrainedModel | None) -> float:
    if settings.threshold is not None:
        return settings.threshold
    return known.threshold if known else THRESHOLD_WITHOUT_TRUTH


def detect(
    model: Model,
    sources: Sequence[Source],
    wanted: Sequence[Output],
    console: Console,
    each: Callable[[FoundPicture], object],
) -> Outcome:
    """Shows every picture to the model; draws and writes what it found.

    What cannot be used, or the model refuses, is passed over and counted. After a signal, or when the endpoint goes
    away, what was found until then is written all the same.

    Args:
        each: is told of every picture as soon as it is done.

    Raises:
        ServiceError: the endpoint does not answer any more.
        KitError: something cannot be written.
    """
    outcome = Outcome(labels=model.labels)
    with tempfile.TemporaryDirectory(prefix="kit-detect-") as scratch:
        lines = Path(scratch) / "found.jsonl"
        drawings = Drawings([output.path for output in wanted if output.form == DRAWINGS])
        try:
            with lines.open("wb") as kept:

                def keep(shot: Shot, picture: FoundPicture, detections: Sequence[Detection]) -> None:
                    drawings.add(shot, detections, outcome.labels)
                    kept.write(found.line_of(picture))
                    each(picture)

                _detect_all(model, sources, console, outcome, keep)
        finally:
            try:
                drawings.close()
            finally:
                for output in wanted:
                    if output.form != DRAWINGS:
                        outputs.write(output, lines, outcome.labels)
    return outcome


def _detect_all(model: Model, sources: Sequence[Source], console: Console, outcome: Outcome, keep: _Keep) -> None:
    counts = [source.count for source in sources]
    total = None if None in counts else sum(count or 0 for count in counts)
    started = time.monotonic()
    with _heeding_signals(outcome), console.progress(_("detected"), total) as advance:
        for shot in itertools.chain.from_iterable(source.shots() for source in sources):
            if isinstance(shot, Broken):
                outcome.broken.append(shot)
            else:
                try:
                    answer = request.ask(model.runtime, model.endpoint, shot.body, N_PREDICTIONS)
                except RefusedPictureError as error:
                    outcome.broken.append(Broken(shot.picture, str(error)))
                else:
                    keep(shot, *_understood(model, shot, answer, outcome))
            outcome.seconds = time.monotonic() - started
            done = outcome.pictures + len(outcome.broken)
            advance(done, _("{rate:.1f} pictures a second").format(rate=done / outcome.seconds))
            stopping.look()


@contextmanager
def _heeding_signals(outcome: Outcome) -> Iterator[None]:
    """Ends the block after Ctrl-C, which is a camera's ordinary end, and notes that."""
    try:
        yield
    except stopping.Stopped:
        outcome.stopped = True


def _understood(
    model: Model, shot: Shot, answer: bytes, outcome: Outcome
) -> tuple[FoundPicture, tuple[Detection, ...]]:
    """What the answer says that counts, entered in the outcome."""
    height, width = shot.pixels.shape[:2]
    detections = tuple(
        one for one in response.parse(answer, model.labels, width, height) if one.score >= model.threshold
    )
    labels = [one.box.label for one in detections]
    outcome.labels = tuple(dict.fromkeys([*outcome.labels, *response.labels_of(answer, model.labels), *labels]))
    outcome.pictures += 1
    outcome.by_label.update(labels)
    seconds = None if shot.frame is None else shot.seconds
    return (
        FoundPicture(shot.picture, width, height, found.found_boxes(detections), shot.frame, seconds),
        detections,
    )


def summary(model: Model, outcome: Outcome) -> Mapping[str, object]:
    """The outcome in a few numbers, for scripts."""
    return {
        "model": model.title,
        "threshold": model.threshold,
        "pictures": outcome.pictures,
        "broken": [dataclasses.asdict(each) for each in outcome.broken],
        "detections": {label: outcome.by_label[label] for label in outcome.labels},
        "seconds": round(outcome.seconds, 2),
        "pictures_per_second": round(outcome.pictures / outcome.seconds, 2) if outcome.seconds else 0.0,
        "stopped": outcome.stopped,
    }
