"""Which pictures and boxes of a data set a file to train on gets, and an account of those it does not get.

A picture that a data set has several times is one, and has the boxes of all its lines; a line with the very boxes of an
earlier one counts once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from msgspec.structs import replace

from kit.annotations.model import AnnotatedPicture, AnnotationStream, BoundingBox, LabelState
from kit.annotations.streaming.name_register import Entry, NameRegister
from kit.errors import InputError
from kit.language import _, marked

NO_BOX = marked("without a box")
SIZE_UNKNOWN = marked("of unknown size")
REPEATED = marked("already there")

# Names are looked up so many at a time; as many pictures are in memory.
_AT_A_TIME = 50


@dataclass(frozen=True)
class Written:
    """What a writer put into its file.

    Attributes:
        boxes_clipped: boxes of which only the part inside their picture was written (among `boxes`).
        boxes_dropped: boxes with nothing inside their picture (not among `boxes`).
        left_out: pictures that were not written, counted by reason.
        merged: lines of a picture that was there already, whose boxes were added to it.
        by_label: `boxes` by their label.
        dropped_by_label: boxes that were read and not written: outside their picture, or there already.
    """

    pictures: int = 0
    boxes: int = 0
    boxes_clipped: int = 0
    boxes_dropped: int = 0
    left_out: Mapping[str, int] = field(default_factory=dict)
    merged: int = 0
    by_label: Mapping[str, int] = field(default_factory=dict)
    dropped_by_label: Mapping[str, int] = field(default_factory=dict)

    @property
    def read(self) -> int:
        """Pictures, as often as they were in the file."""
        return self.pictures + self.merged + sum(self.left_out.values())


@dataclass(frozen=True)
class Batch:
    """Some pictures of a data set.

    Attributes:
        pictures: each the first of its name.
        names: of these, for looking one up takes longer than all else that is written of a picture.
        more: further lines of pictures that came already, these by their number in the order they came, from 1.
    """

    pictures: list[AnnotatedPicture]
    names: list[str]
    more: list[tuple[int, AnnotatedPicture]]


def size_unknown(picture: AnnotatedPicture) -> str:
    """What to say of a picture with boxes and without a size, in which no format can hold them."""
    return _(
        "{file_name}: the file does not say its size; name the folder of the pictures (--images), to take it from there"
    ).format(file_name=picture.file_name)


def same_name(picture: AnnotatedPicture, earlier: Entry) -> str:
    """What to say of two different pictures of the same name."""
    return _("{picture}: a picture of the same name as {earlier} on line {earlier_line}; rename one").format(
        picture=picture.source, earlier=earlier.source, earlier_line=earlier.line
    )


class Selection:
    """Goes along with one writing and counts.

    Attributes:
        class_ids: by label: its place in the list of labels, from 0.
    """

    def __init__(self, labels: Sequence[str]) -> None:
        self.class_ids: Mapping[str, int] = {label: class_id for class_id, label in enumerate(labels)}
        self._left_out: Counter[str] = Counter()
        self._by_label: Counter[str] = Counter(dict.fromkeys(labels, 0))
        self._dropped_by_label: Counter[str] = Counter()
        self._pictures = self._clipped = self._dropped = self._merged = 0

    def unknown_class(self, picture: AnnotatedPicture, label: str) -> InputError:
        """What to say of a box of a class that the list does not have."""
        return InputError(
            _(
                "line {line}, {picture}: {label!r} is none of the classes {labels}; name all of them in the "
                "list of labels"
            ).format(line=picture.line, picture=picture.source, label=label, labels=", ".join(self.class_ids))
        )

    def unknown_class_among(self, pictures: Sequence[AnnotatedPicture]) -> InputError:
        """The same of the first such box of some pictures, of which one has one."""
        boxes = ((picture, box.label) for picture in pictures for box in picture.boxes)
        return self.unknown_class(*next((picture, label) for picture, label in boxes if label not in self.class_ids))

    def to_train_on(self, data: AnnotationStream, *, need_box: bool) -> Iterator[Batch]:
        """The labelled pictures, some at a time, their boxes fitted; each file name once.

        Raises:
            InputError: two different pictures have the same file name, which is what pictures are matched by; the size
                of a picture with boxes is not known.
        """
        with NameRegister() as names:
            usable = self._usable(data, need_box)
            while some := list(islice(usable, _AT_A_TIME)):
                file_names = [picture.file_name for picture in some]
                entries = names.add_all(some, file_names)
                if entries is None:
                    self._count(some)
                    yield Batch(some, file_names, [])
                    continue
                batch = Batch([], [], [])
                for picture, name, earlier in zip(some, file_names, entries, strict=True):
                    if earlier is None:
                        self._count([picture])
                        batch.pictures.append(picture)
                        batch.names.append(name)
                    elif earlier.source != picture.source:
                        yield batch  # for what may be wrong with these is to be said first
                        raise InputError(
                            _(
                                "lines {earlier_line} and {line}: {earlier} and {picture} are different pictures of "
                                "the same name, and one would overwrite the other; rename one of them"
                            ).format(
                                earlier_line=earlier.line,
                                line=picture.line,
                                earlier=earlier.source,
                                picture=picture.source,
                            )
                        )
                    elif earlier.same_boxes or not picture.boxes:
                        self._left_out[REPEATED] += 1
                        self._dropped_by_label.update(box.label for box in picture.boxes)
                    else:
                        self._merged += 1
                        self._by_label.update(box.label for box in picture.boxes)
                        batch.more.append((earlier.number, picture))
                yield batch

    def _usable(self, data: AnnotationStream, need_box: bool) -> Iterator[AnnotatedPicture]:
        labelled = LabelState.LABELLED  # once: before Python 3.12 looking it up runs Python code
        for picture in data.pictures:
            if picture.state is not labelled:
                self._left_out[picture.state.value] += 1
                continue
            fitted = self._fitted(picture)
            if need_box and not fitted.boxes:
                self._left_out[NO_BOX] += 1
            elif not (fitted.width and fitted.height):
                self._left_out[SIZE_UNKNOWN] += 1
            else:
                yield fitted

    def every(self, data: AnnotationStream) -> Iterator[AnnotatedPicture]:
        """All pictures, the boxes of those that are labelled fitted. They count as written.

        Raises:
            InputError: the size of a picture with boxes is not known.
        """
        labelled = LabelState.LABELLED  # once, as above
        labels: list[str] = []
        for picture in data.pictures:
            kept = self._fitted(picture) if picture.state is labelled else picture
            self._pictures += 1
            for box in kept.boxes:
                labels.append(box.label)
            if len(labels) > _AT_A_TIME:
                self._by_label.update(labels)
                labels.clear()
            yield kept
        self._by_label.update(labels)

    def _fitted(self, picture: AnnotatedPicture) -> AnnotatedPicture:
        """The picture with its boxes clipped to it."""
        width, height = picture.width, picture.height
        if not (width and height):
            if picture.boxes:
                raise InputError(f"{_('line {line}').format(line=picture.line)}: {size_unknown(picture)}")
            return picture
        for box in picture.boxes:
            if not (0 <= box.left < box.right <= width and 0 <= box.top < box.bottom <= height):
                return replace(picture, boxes=tuple(self._clip(picture)))
        return picture

    def _clip(self, picture: AnnotatedPicture) -> Iterator[BoundingBox]:
        for box in picture.boxes:
            part = box.clipped(picture.width, picture.height)
            if part is None:
                self._dropped += 1
                self._dropped_by_label[box.label] += 1
            else:
                self._clipped += part != box
                yield part

    def _count(self, pictures: Sequence[AnnotatedPicture]) -> None:
        """Note pictures as written; many at a time, which takes a part of what one after the other does."""
        self._pictures += len(pictures)
        self._by_label.update([box.label for picture in pictures for box in picture.boxes])

    def result(self) -> Written:
        """The account so far."""
        return Written(
            self._pictures,
            self._by_label.total(),
            self._clipped,
            self._dropped,
            dict(self._left_out),
            self._merged,
            dict(self._by_label),
            dict(self._dropped_by_label),
        )
