"""The lines that a labeling job adds its labels to, as Ground Truth writes them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Raw, Struct
from msgspec.json import Encoder

from kit.annotations.formats.ground_truth_ordinary import Box
from kit.annotations.formats.ground_truth_record import METADATA, TASK_TYPE
from kit.annotations.model import AnnotatedPicture, ScoredBox
from kit.annotations.streaming.json_values import compact
from kit.errors import InputError
from kit.language import _

_ENCODER = Encoder()


class _Size(Struct, gc=False):
    width: int
    height: int
    depth: int


class _Answer(Struct, gc=False):
    image_size: tuple[_Size]
    annotations: Raw


class _Object(Struct, gc=False):
    confidence: float


# A single worker's confidence is 0: not a score.
_UNSURE = _Object(0.0)


class _Metadata(Struct, gc=False, rename="kebab"):
    type: str
    human_annotated: str
    creation_date: str
    job_name: str


class _AnswerMetadata(_Metadata, gc=False, rename="kebab"):
    objects: list[_Object]
    class_map: dict[int, str]


class _FailureMetadata(_Metadata, gc=False, rename="kebab"):
    failure_reason: str


class JobLines:
    """The lines of one job: what they have in common is made once.

    Args:
        attribute: the label attribute, and the job's name.
        created: the creation date of all labels.
        labels: the classes in the order of their ids.
        by_people: whether people drew the boxes, or a model.
    """

    def __init__(self, attribute: str, created: datetime, labels: Sequence[str], *, by_people: bool = True) -> None:
        self._answer, self._metadata = attribute, attribute + METADATA
        human = "yes" if by_people else "no"
        self._common = TASK_TYPE, human, created.isoformat(timespec="microseconds"), f"labeling-job/{attribute}"
        self._class_ids = {label: class_id for class_id, label in enumerate(labels)}

    def labelled(self, picture: AnnotatedPicture) -> bytes:
        """The line of a picture with its boxes.

        Raises:
            InputError: a box has a label that is none of the job's.
        """
        boxes = []
        class_map = {}
        for box in picture.boxes:
            class_id = self._class_ids.get(box.label)
            if class_id is None:
                raise InputError(
                    _("{picture}: {label!r} is none of the classes {labels}").format(
                        picture=picture.source, label=box.label, labels=", ".join(self._class_ids)
                    )
                )
            class_map[class_id] = box.label
            boxes.append(Box(class_id, box.left, box.top, box.right - box.left, box.bottom - box.top))
        size = _Size(picture.width, picture.height, 3)
        record = {
            "source-ref": picture.source,
            self._answer: _Answer((size,), Raw(compact(_ENCODER.encode(boxes)))),
            self._metadata: _AnswerMetadata(*self._common, _objects(picture), class_map),
        }
        return _ENCODER.encode(record) + b"\n"

    def failed(self, picture: AnnotatedPicture) -> bytes:
        """The line of a picture that the job gave up, with the reason."""
        metadata = _FailureMetadata(*self._common, picture.reason)
        return _ENCODER.encode({"source-ref": picture.source, self._metadata: metadata}) + b"\n"


def _objects(picture: AnnotatedPicture) -> list[_Object]:
    return [_Object(box.score) if isinstance(box, ScoredBox) else _UNSURE for box in picture.boxes]
