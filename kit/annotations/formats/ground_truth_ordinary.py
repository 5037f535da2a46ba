"""Lines of an augmented manifest as nearly all are: one job labelled them, did not fail, and names its classes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Raw, Struct, UnsetType, defstruct
from msgspec.json import Decoder

from kit.annotations.formats.ground_truth_record import METADATA
from kit.annotations.model import AnnotatedPicture, BoundingBox
from kit.annotations.streaming.ordinary import NOT_DECODED, Number, Size, Text, decoded

_SOURCE = "source-ref"
_METADATA_KEY_END = f'{METADATA}"'.encode()


class Box(Struct, gc=False):
    """An entry of `annotations`, in pixels."""

    class_id: int
    left: Number
    top: Number
    width: Number
    height: Number


class _Size(Struct, gc=False):
    width: Size
    height: Size


class _Answer(Struct, gc=False):
    image_size: Annotated[list[_Size], Meta(min_length=1)]
    annotations: list[Box]


class _Metadata(Struct, gc=False, rename="kebab"):
    type: Literal["groundtruth/object-detection"]
    class_map: dict[int, Text]
    failure_reason: Raw | UnsetType = UNSET


class _Line(Struct, gc=False):
    source: Text
    answer: _Answer
    metadata: _Metadata


_RECORD = Decoder(dict[str, Raw])


@lru_cache(maxsize=16)
def _decoder(attribute: str) -> Decoder[_Line]:
    """Of lines with this label attribute."""
    fields = [("source", Text), ("answer", _Answer), ("metadata", _Metadata)]
    names = {"source": _SOURCE, "answer": attribute, "metadata": attribute + METADATA}
    return Decoder(defstruct("_NamedLine", fields, bases=(_Line,), rename=names, gc=False))


class OrdinaryLines:
    """Reads such lines. Most have the label attribute of the one before, which is therefore tried first.

    Args:
        wanted: the label attributes to take; by default any.

    Attributes:
        attribute: that of the latest such line.
        attributes: the wanted ones of all.
    """

    def __init__(self, wanted: Sequence[str]) -> None:
        self._wanted = wanted
        self.attribute = ""
        self.attributes: set[str] = set()
        self._tried: Decoder[_Line] | None = None

    def picture(self, raw: bytes, line: int) -> AnnotatedPicture | None:
        """The picture of such a line; None when it is another, for `picture_of_record` to judge."""
        found = self._read(raw)
        if found is None:
            return None
        names = found.metadata.class_map
        boxes = []
        for box in found.answer.annotations:
            label = names.get(box.class_id)
            if label is None:
                return None
            boxes.append(BoundingBox(label, box.left, box.top, box.left + box.width, box.top + box.height))
        size = found.answer.image_size[0]
        return AnnotatedPicture(found.source, size.width, size.height, tuple(boxes), line=line)

    def class_map(self, raw: bytes) -> dict[int, str] | None:
        """The classes that such a line names; None: it is another, or not as its format promises."""
        found = self._read(raw)
        return None if found is None else found.metadata.class_map

    def _read(self, raw: bytes) -> _Line | None:
        found = None
        # That the metadata looked for are the only ones is plain where no escape can hide others.
        if self._tried is not None and raw.count(_METADATA_KEY_END) == 1 and raw.find(b"\\") < 0:
            try:  # as `decoded`, whose call takes long beside what it does for a line
                found = self._tried.decode(raw)
            except NOT_DECODED:
                found = None
        if found is None:
            attribute = self._attribute_of(raw)
            if attribute is None:
                return None
            self._tried, self.attribute = _decoder(attribute), attribute
            if self._wanted:
                self.attributes.add(attribute)
            found = decoded(self._tried, raw)
        return found if found is not None and found.metadata.failure_reason is UNSET else None

    def _attribute_of(self, raw: bytes) -> str | None:
        """The label attribute of a line that has one, and the wanted one."""
        record = decoded(_RECORD, raw)
        attributes = [key[: -len(METADATA)] for key in record or () if key.endswith(METADATA)]
        if len(attributes) != 1 or attributes[0] == _SOURCE or (self._wanted and attributes[0] not in self._wanted):
            return None
        return attributes[0]
