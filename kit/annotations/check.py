"""`kit check`: everything that is wrong with an annotation file, said before a training job is paid for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from kit.annotations.account import Account
from kit.annotations.box_problems import usable_labels
from kit.annotations.formats import registry as formats
from kit.annotations.formats.registry import Format
from kit.annotations.model import AnnotatedPicture, LabelState
from kit.annotations.picture_conversion import converted
from kit.annotations.picture_files import pictures_in
from kit.annotations.picture_folder import PictureFolder
from kit.annotations.problems import Problem, Severity, Tally
from kit.annotations.selection import same_name
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
        first: what to mend first; None when nothing is wrong.
    """

    file: Path
    format: Format
    pictures: Mapping[LabelState, int]
    boxes: Mapping[str, int]
    errors: int
    warnings: int
    first: Problem | None = None

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
    known: Format | None = None,
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
        attribute: the label attributes of a Ground Truth manifest to take, with commas between.
        known: the format, where the content of the file is not to decide.

    Raises:
        InputError: the file cannot be opened or is of no known format, `images` is no folder, or next to nothing of
            thousands of entries can be used.
    """
    file = formats.annotation_file(path)
    if images is not None and not images.is_dir():
        raise InputError(_("{images}: there is no such folder").format(images=images))
    checking = _Check(file, report, images)
    recognised = known or formats.recognise(file)
    data = formats.read(
        file,
        labels=labels,
        attribute=attribute,
        known=known,
        recognised=recognised,
        images=images,
        on_unreadable=checking.unreadable,
    )
    checking.known = dict.fromkeys(data.labels, 0)
    with NameRegister() as names, NameRegister() as others:
        for picture in data.pictures:
            checking.picture(picture, names, others)
        if images is not None:
            checking.unnamed(images, names, others)
    checking.accounted(data.account)
    checking.whole()
    return CheckSummary(
        file,
        recognised,
        checking.states,
        checking.boxes,
        checking.errors,
        checking.warnings,
        checking.first,
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
        self.tally = Tally(file)
        self.lost = False
        self.first: Problem | None = None

    @property
    def boxes(self) -> dict[str, int]:
        return {**self.known, **self.used}

    def error(self, line: int, text: str) -> None:
        self.errors += 1
        self._tell(Problem(Severity.ERROR, self.file, line, text), first=self.errors == 1)

    def warning(self, line: int, text: str, *, lost: bool = False) -> None:
        self.warnings += 1
        first = not self.errors and (self.first is None or (lost and not self.lost))
        self.lost |= lost
        self._tell(Problem(Severity.WARNING, self.file, line, text), first=first)

    def _tell(self, problem: Problem, *, first: bool) -> None:
        self.report(problem)
        if first:
            self.first = problem

    def accounted(self, account: Account) -> None:
        """What the reading took as something else, or left out."""
        for remark in account.remarks():
            self.warning(remark.line, remark.text, lost=remark.lost)

    def unreadable(self, file: Path, line: int, text: str) -> None:
        self.errors += 1
        self._tell(Problem(Severity.ERROR, file, line, text), first=self.errors == 1)
        self.tally.usable = self.states.total()
        self.tally.unusable(line, text)

    def picture(self, picture: AnnotatedPicture, names: NameRegister, others: NameRegister) -> None:
        """Look at a picture.

        Args:
            names: the labelled pictures so far.
            others: those that nobody labelled, whose names are in no one's way.
        """
        self.states[picture.state] += 1
        file = self._file(picture)
        if file is not None and self.images is not None:
            # Two of one name in two folders are two pictures, however the labels write it.
            picture = replace(picture, name=file.relative_to(self.images.folder).as_posix())
        if picture.state is LabelState.LABELLED:
            if not self._is_new(picture, names):
                return
        elif self.images is not None:
            others.add(picture)
        measured = self._measure(picture, file)
        match picture.state:
            case LabelState.LABELLED:
                self.used.update(usable_labels(picture, *measured, self.known, self.error, self.warning))
            case LabelState.FAILED:
                self.warning(
                    picture.line,
                    _("{file_name}: labelling failed: {reason}").format(
                        file_name=picture.file_name, reason=_(picture.reason)
                    ),
                )
            case LabelState.UNLABELLED:
                text = _("{file_name}: not labelled yet")
                if picture.reason:
                    text = _("{file_name}: its labels are of another type, {reason}, which has no boxes")
                self.warning(picture.line, text.format(file_name=picture.file_name, reason=picture.reason))
            case LabelState.SKIPPED:
                self.warning(
                    picture.line,
                    _("{file_name}: skipped by the person who was to label it").format(file_name=picture.file_name),
                )

    def _is_new(self, picture: AnnotatedPicture, names: NameRegister) -> bool:
        """Whether it is more than a line that was there already."""
        earlier = names.add(picture)
        if earlier is None:
            return True
        if earlier.source != picture.source:
            self.error(picture.line, same_name(picture, earlier))
            return True
        if earlier.same_boxes or not picture.boxes:
            text = _("{picture}: on line {earlier_line} already; this line counts for nothing")
        else:
            text = _("{picture}: on line {earlier_line} already, with other boxes; those of both lines count")
        self.warning(picture.line, text.format(picture=picture.source, earlier_line=earlier.line))
        return not earlier.same_boxes

    def _file(self, picture: AnnotatedPicture) -> Path | None:
        if self.images is None:
            return None
        try:
            return self.images.find(picture.source)
        except InputError as error:
            self.error(picture.line, str(error))
            return None

    def _measure(self, picture: AnnotatedPicture, path: Path | None) -> tuple[int, int]:
        """The size to hold boxes against: the file's when that can be had."""
        stated = (picture.width, picture.height)
        if path is None:
            return stated
        try:
            file = converted(path)
        except InputError as error:
            self.error(picture.line, str(error))
            return stated
        if file.remark:
            self.warning(picture.line, f"{picture.file_name}: {file.remark}")
        width, height = file.size
        if picture.state is LabelState.LABELLED and (stated[0] or width, stated[1] or height) != (width, height):
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

    def unnamed(self, images: Path, names: NameRegister, others: NameRegister) -> None:
        count, example = 0, ""
        for path in pictures_in(images):
            name = path.relative_to(images).as_posix()
            if name not in names and name not in others:
                count += 1
                example = min(example or name, name)
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
