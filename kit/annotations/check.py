"""`kit check`: everything that is wrong with an annotation file, said before a training job is paid for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kit.annotations.formats import registry as formats
from kit.annotations.formats.registry import Format
from kit.annotations.model import AnnotatedPicture, BoundingBox, LabelState
from kit.annotations.picture_conversion import converted
from kit.annotations.picture_files import pictures_in
from kit.annotations.picture_folder import PictureFolder
from kit.annotations.problems import Problem, Severity
from kit.annotations.streaming.name_register import NameRegister
from kit.errors import InputError
from kit.language import _

# Fewer boxes than this and a class is hardly found again: the data set has to be split, too.
FEWEST_BOXES = 5


@dataclass(frozen=True)
class CheckSummary:
    """What a check found.

    Attributes:
        pictures: by what became of them in labelling.
        boxes: usable boxes (with a part inside their picture) by label, in class-id order; unknown labels last.
    """

    file: Path
    format: Format
    pictures: Mapping[LabelState, int]
    boxes: Mapping[str, int]
    errors: int
    warnings: int

    @property
    def training_would_fail(self) -> bool:
        """Whether there is any error."""
        return self.errors > 0


def check(
    path: Path,
    report: Callable[[Problem], None],
    *,
    images: Path | None = None,
    labels: Sequence[str] | None = None,
    attribute: str | None = None,
) -> CheckSummary:
    """Go through an annotation file of any format and report every problem, in the order of the file.

    Errors are what `convert` or training would stop at, or would get wrong boxes from: lines that cannot be read,
    unknown classes, pictures of the same name, missing pictures, pictures of another size than was labelled, nothing
    to learn from. Warnings are what they cope with: boxes that are clipped or dropped, pictures that are left out,
    rare classes.

    Args:
        report: called with each problem as it is found.
        images: the folder of the pictures, to compare with.
        labels: the classes there may be; by default what the file, or the label categories beside it, say.

    Raises:
        InputError: the file cannot be opened or is of no known format, or `images` is no folder.
    """
    file = formats.annotation_file(path)
    if images is not None and not images.is_dir():
        raise InputError(_("{images}: there is no such folder").format(images=images))
    checking = _Check(file, report, images)
    data = formats.read(file, labels=labels, attribute=attribute, on_unreadable=checking.unreadable)
    checking.known = dict.fromkeys(data.labels, 0)
    with NameRegister() as names:
        for picture in data.pictures:
            checking.picture(picture, names)
        if images is not None:
            checking.unnamed(images, names)
    checking.whole()
    return CheckSummary(
        file, formats.recognise(file), checking.states, checking.boxes, checking.errors, checking.warnings
    )


class _Check:
    """The counts of one check while it goes on."""

    def __init__(self, file: Path, report: Callable[[Problem], None], images: Path | None) -> None:
        self.file, self.report = file, report
        self.images = None if images is None else PictureFolder(images)
        self.known: dict[str, int] = {}
        self.used: Counter[str] = Counter()
        self.states: Counter[LabelState] = Counter()
        self.errors = self.warnings = 0

    @property
    def boxes(self) -> dict[str, int]:
        return {**self.known, **self.used}

    def error(self, line: int, text: str) -> None:
        self.errors += 1
        self.report(Problem(Severity.ERROR, self.file, line, text))

    def warning(self, line: int, text: str) -> None:
        self.warnings += 1
        self.report(Problem(Severity.WARNING, self.file, line, text))

    def unreadable(self, _file: Path, line: int, text: str) -> None:
        self.error(line, text)

    def picture(self, picture: AnnotatedPicture, names: NameRegister) -> None:
        self.states[picture.state] += 1
        self._name(picture, names)
        measured = self._measure(picture)
        match picture.state:
            case LabelState.LABELLED:
                self._boxes(picture, *measured)
            case LabelState.FAILED:
                self.warning(
                    picture.line,
                    _("{file_name}: labelling failed: {reason}").format(
                        file_name=picture.file_name, reason=_(picture.reason)
                    ),
                )
            case LabelState.UNLABELLED:
                self.warning(picture.line, _("{file_name}: not labelled yet").format(file_name=picture.file_name))
            case LabelState.SKIPPED:
                self.warning(
                    picture.line,
                    _("{file_name}: skipped by the person who was to label it").format(file_name=picture.file_name),
                )

    def _name(self, picture: AnnotatedPicture, names: NameRegister) -> None:
        earlier = names.add(picture)
        if earlier is None:
            return
        if earlier.source == picture.source:
            self.warning(
                picture.line,
                _("{picture}: on line {earlier_line} already; this one would be left out").format(
                    picture=picture.source, earlier_line=earlier.line
                ),
            )
        else:
            self.error(
                picture.line,
                _("{picture}: a picture of the same name as {earlier} on line {earlier_line}; rename one").format(
                    picture=picture.source, earlier=earlier.source, earlier_line=earlier.line
                ),
            )

    def _measure(self, picture: AnnotatedPicture) -> tuple[int, int]:
        """The size to hold boxes against: the file's when that can be had."""
        stated = (picture.width, picture.height)
        if self.images is None:
            return stated
        try:
            file = converted(self.images.find(picture.source))
        except InputError as error:
            self.error(picture.line, str(error))
            return stated
        if file.remark:
            self.warning(picture.line, f"{picture.file_name}: {file.remark}")
        width, height = file.size
        if picture.state is LabelState.LABELLED and stated not in ((width, height), (0, 0)):
            text = _("{file_name}: labelled at {labelled} pixels, but the file has {size}")
            if stated == (height, width):
                text = _(
                    "{file_name}: labelled at {labelled} pixels, but the file has {size} (was its EXIF orientation "
                    "ignored?)"
                )
            labelled, size = f"{stated[0]}x{stated[1]}", f"{width}x{height}"
            self.error(picture.line, text.format(file_name=picture.file_name, labelled=labelled, size=size))
            return stated
        return width, height

    def _boxes(self, picture: AnnotatedPicture, width: int, height: int) -> None:
        if picture.boxes and not (width and height):
            self.warning(
                picture.line,
                _("{file_name}: its size is not known; name the folder of the pictures").format(
                    file_name=picture.file_name
                ),
            )
        for index, box in enumerate(picture.boxes, start=1):
            if box.label not in self.known:
                self.error(
                    picture.line,
                    _("{where} is of an unknown class; known are {known}").format(
                        where=_where(picture, index, box), known=", ".join(self.known)
                    ),
                )
            if box.width <= 0 or box.height <= 0:
                self.warning(
                    picture.line,
                    _("{where} is empty: {box}").format(where=_where(picture, index, box), box=_shown(box)),
                )
            elif not (width and height):
                self.used[box.label] += 1
            elif (part := box.clipped(width, height)) is None:
                self.warning(
                    picture.line,
                    _("{where} is outside the picture of {width}x{height}: {box}").format(
                        where=_where(picture, index, box), width=width, height=height, box=_shown(box)
                    ),
                )
            else:
                self.used[box.label] += 1
                if part != box:
                    self.warning(
                        picture.line,
                        _("{where} reaches outside the picture of {width}x{height}: {box}").format(
                            where=_where(picture, index, box), width=width, height=height, box=_shown(box)
                        ),
                    )

    def unnamed(self, images: Path, names: NameRegister) -> None:
        count, example = 0, ""
        found = {} if self.images is None else self.images.written_otherwise
        for path in pictures_in(images):
            if path.name not in names and path not in found:
                count += 1
                example = min(example or path.name, path.name)
        if count:
            self.warning(
                0,
                _("pictures of {images} that are not in the file: {count}, such as {example}").format(
                    images=images, count=count, example=example
                ),
            )

    def whole(self) -> None:
        if not sum(self.used.values()):
            self.error(0, _("no picture has a box to learn from"))
            return
        for label in self.known:
            if self.used[label] < FEWEST_BOXES:
                self.warning(
                    0,
                    _("boxes of class {label}: {boxes}, too few to learn it; label at least {fewest}").format(
                        label=label, boxes=self.used[label], fewest=FEWEST_BOXES
                    ),
                )


def _where(picture: AnnotatedPicture, index: int, box: BoundingBox) -> str:
    return _("{file_name}: box {index} ({label})").format(file_name=picture.file_name, index=index, label=box.label)


def _shown(box: BoundingBox) -> str:
    return _("left {left:g}, top {top:g}, right {right:g}, bottom {bottom:g}").format(
        left=box.left, top=box.top, right=box.right, bottom=box.bottom
    )
