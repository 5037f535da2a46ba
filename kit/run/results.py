"""The results of the stages and preparations: written to the journal, read by later stages, summary and report.

In the journal a result is a JSON object with the fields' names; a field that has a default is left out while it has it.
Reading is strict (`Journal.result`): what is missing or of another type is refused, never guessed.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, TypeAlias, TypeVar

import msgspec

from kit.detection.scores import ClassScore
from kit.language import _
from kit.run.remark import Remark


class StageResult:
    """A frozen dataclass; `stage` is its stage's name in the journal (`kit.run.names`)."""

    stage: ClassVar[str]


Result = TypeVar("Result", bound=StageResult)
ThresholdOrigin: TypeAlias = Literal["setting", "default", "best F1"]


def to_json(result: StageResult) -> dict[str, Any]:
    """The result as the journal keeps it."""
    entry: dict[str, Any] = msgspec.to_builtins(result, enc_hook=_plain)
    for field in dataclasses.fields(result):  # type: ignore[arg-type]
        default = field.default if field.default_factory is dataclasses.MISSING else field.default_factory()
        if getattr(result, field.name) == default:
            del entry[field.name]
    return entry


def _plain(value: object) -> str:
    """A sentence of `kit.language` as the text that it is; msgspec takes no subclasses of str."""
    if isinstance(value, str):
        return str(value)
    raise NotImplementedError(type(value).__name__)


def from_json(kind: type[Result], entry: object) -> Result:
    """Raises msgspec.ValidationError where the entry is not what `to_json` writes."""
    return msgspec.convert(entry, kind)


@dataclass(frozen=True)
class RoleResult(StageResult):
    """`role_arn`: of the execution role that jobs and endpoints are given."""

    stage: ClassVar[str] = "role"
    role_arn: str


@dataclass(frozen=True)
class TeamResult(StageResult):
    """Who labels, and the address at which they do; both "" where no team of Ground Truth's is needed."""

    stage: ClassVar[str] = "team"
    workteam_arn: str
    portal: str


@dataclass(frozen=True)
class ImagesResult(StageResult):
    """Addresses of the kit's own images in the account's registry."""

    stage: ClassVar[str] = "images"
    training: str
    inference: str


@dataclass(frozen=True)
class PrelabelResult(StageResult):
    """Boxes that Ground Truth's workers begin from.

    Attributes:
        pictures: that workers are asked about.
        boxes: on them.
    """

    stage: ClassVar[str] = "prelabel"
    pictures: int
    boxes: int


@dataclass(frozen=True)
class StudioResult(StageResult):
    """That SageMaker Studio was opened; its address signs in whoever has it, and is not kept."""

    stage: ClassVar[str] = "studio"
    opened: bool


@dataclass(frozen=True)
class PicturesResult(StageResult):
    """The pictures in the bucket.

    Attributes:
        images: how many pictures were uploaded.
        labels: the classes in class-id order.
        left_out: the pictures that cannot be used, and why.
        remarks: what was mended in others, or left out of their labels.
    """

    stage: ClassVar[str] = "pictures"
    bucket: str
    images: int
    labels: tuple[str, ...]
    left_out: tuple[Remark, ...] = ()
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True)
class LabellingResult(StageResult):
    """How labelling ended.

    Attributes:
        output_manifest: its S3 URI.
        labelled: pictures.
        boxes: in all.
        boxes_by_label: every class is there, in class-id order.
        pictures_by_state: by the value of `LabelState`; states of no picture are left out.
        labelled_by: pictures that each person of a team labelled, by their addresses, where that can be known.
    """

    stage: ClassVar[str] = "labelling"
    output_manifest: str
    labelled: int
    boxes: int
    boxes_by_label: dict[str, int]
    pictures_by_state: dict[str, int]
    labelled_by: dict[str, int] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True)
class ConversionResult(StageResult):
    """The data set; `held_out`: file names of the labelled pictures that were kept for the score, sorted."""

    stage: ClassVar[str] = "conversion"
    train_images: int
    train_boxes: int
    held_out: tuple[str, ...]


@dataclass(frozen=True)
class TrainingResult(StageResult):
    """A training job that completed.

    Attributes:
        model_artifact: S3 URI of model.tar.gz.
        train_seconds, billable_seconds: as DescribeTrainingJob says; on spot capacity less is billed than it took.
        device: what it trained on, "cpu", "cuda" or the instance type.
        history: by epoch the numbers that the metric definitions found in the log.
        hyperparameters: by their names in CreateTrainingJob, those that were given and those that the log names.
        validation_pictures: how many pictures, not trained on, `Val_CrossEntropy` is of; 0 when it is of pictures
            trained on, None when the log does not say.
    """

    stage: ClassVar[str] = "training"
    job: str
    model_artifact: str
    train_seconds: int
    billable_seconds: int
    epochs: int
    device: str
    history: tuple[dict[str, float], ...]
    hyperparameters: dict[str, str] = dataclasses.field(default_factory=dict)
    validation_pictures: int | None = None


@dataclass(frozen=True)
class EndpointResult(StageResult):
    """`endpoint`: the name of the endpoint, which is in service."""

    stage: ClassVar[str] = "endpoint"
    endpoint: str


@dataclass(frozen=True)
class DetectionResult(StageResult):
    """The endpoint's answers on the held-out pictures.

    Attributes:
        pictures: how many were sent.
        threshold: the lowest score, 0..1, that is drawn.
        threshold_origin: what it was taken from.
        best_f1: F1 at the threshold where it was chosen by that.
        endpoint_p50_ms: median time of an answer in milliseconds, one client; None where nothing was sent.
    """

    stage: ClassVar[str] = "detection"
    pictures: int
    threshold: float
    threshold_origin: ThresholdOrigin
    detections_drawn: int
    endpoint_p50_ms: float | None
    best_f1: float | None = None

    @property
    def threshold_reason(self) -> str:
        """Why the threshold is that, for people."""
        if self.threshold_origin == "setting":
            return _("as THRESHOLD says")
        if self.best_f1 is None:
            return _("for want of true boxes to choose by")
        return _("where F1 is best ({f1:.2f})").format(f1=self.best_f1)


@dataclass(frozen=True)
class ScoringResult(StageResult):
    """`kit.detection.scores.Scores`, or nothing but None twice where there was no true box to score against."""

    stage: ClassVar[str] = "scoring"
    map50: float | None
    map: float | None
    pictures: int = 0
    boxes: int = 0
    classes: tuple[ClassScore, ...] = ()


@dataclass(frozen=True)
class CleanUpResult(StageResult):
    """`left_behind`: what still bears the run's name, each as `<kind> <name>`; nothing after a clean end."""

    stage: ClassVar[str] = "clean-up"
    left_behind: tuple[str, ...]
