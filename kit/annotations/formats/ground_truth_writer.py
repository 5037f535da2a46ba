"""The lines that a labeling job adds its labels to, as Ground Truth writes them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

from msgspec import Struct
from msgspec.json import Encoder

from kit.annotations.formats.ground_truth_ordinary import Box
from kit.annotations.formats.ground_truth_record import METADATA, TASK_TYPE
from kit.annotations.model import AnnotatedPicture, BoundingBox, ScoredBox
from kit.annotations.streaming.json_values import compact
from kit.errors import InputError
from kit.language import _

_ENCODER = Encoder()


class _Size(Struct, gc=False):
    width: int
    height: int
    depth: int


@lru_cache(maxsize=1000)
def _encoded_size(width: int, height: int) -> bytes:
    return _ENCODER.encode(_Size(width, height, 3))


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
        self._metadata = attribute + METADATA
        self._before_size = b',%b:{"image_size":[' % _ENCODER.encode(attribute)
        self._before_metadata = b"},%b:" % _ENCODER.encode(self._metadata)
        human = "yes" if by_people else "no"
        self._common = TASK_TYPE, human, created.isoformat(timespec="microseconds"), f"labeling-job/{attribute}"
        self._labels = tuple(labels)
        self._class_ids = {label: class_id for class_id, label in enumerate(labels)}
        # Without scores they are soon the same again and again.
        self._metadata_of = lru_cache(maxsize=1000)(self._encoded_metadata)

    def labelled(self, picture: AnnotatedPicture) -> bytes:
        """The line of a picture with its boxes.

        Raises:
            InputError: a box has a label that is none of the job's.
        """
        boxes = []
        class_ids = []
        for box in picture.boxes:
            class_id = self._class_ids.get(box.label)
            if class_id is None:
                raise InputError(
                    _("{picture}: {label!r} is none of the classes {labels}").format(
                        picture=picture.source, label=box.label, labels=", ".join(self._class_ids)
                    )
                )
            class_ids.append(class_id)
            boxes.append(Box(class_id, box.left, box.top, box.right - box.left, box.bottom - box.top))
        if ScoredBox in map(type, picture.boxes):
            metadata = self._encoded_metadata(class_ids, picture.boxes)
        else:
            metadata = self._metadata_of(tuple(class_ids))
        parts = (
            b'{"source-ref":',
            _ENCODER.encode(picture.source),
            self._before_size,
            _encoded_size(picture.width, picture.height),
            b'],"annotations":',
            compact(_ENCODER.encode(boxes)),
            self._before_metadata,
            metadata,
            b"}\n",
        )
        return b"".join(parts)

    def _encoded_metadata(self, class_ids: Sequence[int], boxes: Sequence[BoundingBox] = ()) -> bytes:
        objects = [_Object(box.score) if isinstance(box, ScoredBox) else _UNSURE for box in boxes]
        objects = objects or [_UNSURE] * len(class_ids)
        class_map = {class_id: self._labels[class_id] for class_id in class_ids}
        return _ENCODER.encode(_AnswerMetadata(*self._common, objects, class_map))

    def failed(self, picture: AnnotatedPicture) -> bytes:
        """The line of a picture that the job gave up, with the reason."""
        metadata = _FailureMetadata(*self._common, picture.reason)
        return _ENCODER.encode({"source-ref": picture.source, self._metadata: metadata}) + b"\n"
