"""The report's pictures: copies inside the page, boxes as vectors on top that the page can show and hide."""

from __future__ import annotations

import base64
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2

from kit.annotations.model import AnnotatedPicture, BoundingBox
from kit.detection import captions
from kit.detection.captions import Rectangle
from kit.detection.drawing import colour_of, ink
from kit.detection.picture import read_picture
from kit.detection.response import Detection
from kit.detection.verdicts import JudgedPicture

# Detections below it are left out of the page, which would hold thousands of them.
LOWEST_SCORE = 0.05
# Pixels of a copy's longest side: where there are few pictures they bear being looked at large, and where there are
# many the page has to stay one that a browser opens.
_LONGEST_SIDE, _LONGEST_OF_MANY, _MANY = 800, 480, 200
_QUALITY = 80
# Height of a caption's letters in hundredths of the picture's width; in captions that only the large picture shows half
# of it. A letter is so wide, or as wide as high in Chinese, Japanese and Korean.
_LETTER, _LETTER_WIDTH, _MARGIN = 4.4, 0.62, 0.3
WRONG = "✗ "


@dataclass(frozen=True)
class Tag:
    """A caption, in pixels of the whole picture.

    Attributes:
        fine: whether there is room for it on the large picture only, where captions are half as large.
        anchor: the point that it shrinks towards there; x, y.
        ink: colour of the letters, as CSS writes it.
    """

    text: str
    place: Rectangle
    letter: float
    fine: bool
    anchor: tuple[float, float]
    ink: str


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels of the whole picture.

    Attributes:
        colour: as CSS writes it.
        score: of a detection; of a true box that of the detection that found it, None when none did.
        right: whether a detection is.
        tag: None where there is no room for one.
    """

    label: str
    colour: str
    x: float
    y: float
    width: float
    height: float
    score: float | None = None
    right: bool = True
    tag: Tag | None = None


@dataclass(frozen=True)
class Exhibit:
    """A picture of the page.

    Attributes:
        width, height: of the whole picture in pixels; the copy is smaller.
        data: the copy, as a data URI.
        found: the best score first; None where nobody looked for anything.
    """

    name: str
    width: int
    height: int
    data: str
    true: tuple[Box, ...]
    found: tuple[Box, ...] | None = None

    def wrong(self, threshold: float) -> int:
        return sum(not box.right and shows(box, threshold) for box in self.found or ())

    def right(self, threshold: float) -> int:
        return sum(box.right and shows(box, threshold) for box in self.found or ())

    def missed(self, threshold: float) -> int:
        return sum(not shows(box, threshold) for box in self.true)


def labelled(path: Path, picture: AnnotatedPicture, labels: Sequence[str]) -> Exhibit:
    """A picture with its labels. Raises InputError when the file is not there or no picture."""
    width, height, data = _copy(path, _LONGEST_OF_MANY)
    true = _drawn([_Wanted(box, box.label, None) for box in picture.boxes], labels, (width, height))
    return Exhibit(picture.file_name, width, height, data, true)


def judged(path: Path, verdict: JudgedPicture, labels: Sequence[str], among: int) -> Exhibit:
    """A held-out picture, one of so many, with the truth and what was found. Raises InputError as `labelled`."""
    width, height, data = _copy(path, _LONGEST_SIDE if among <= _MANY else _LONGEST_OF_MANY)
    true = zip(verdict.picture.boxes, verdict.found_at, strict=True)
    found = [
        _Wanted(each.box, f"{'' if right else WRONG}{each.box.label} {each.score:.2f}", each.score, right)
        for each, right in zip(verdict.detections, verdict.right, strict=True)
        if each.score >= LOWEST_SCORE
    ]
    return Exhibit(
        verdict.picture.file_name,
        width,
        height,
        data,
        _drawn([_Wanted(box, box.label, score) for box, score in true], labels, (width, height)),
        _drawn(found, labels, (width, height)),
    )


def compared(path: Path, picture: AnnotatedPicture, found: Sequence[Detection], labels: Sequence[str]) -> Exhibit:
    """A picture with its labels, and with some of what was found on it. Raises InputError as `labelled`."""
    width, height, data = _copy(path, _LONGEST_OF_MANY)
    true = [_Wanted(box, box.label, None) for box in picture.boxes]
    boxes = [_Wanted(each.box, f"{each.box.label} {each.score:.2f}", each.score) for each in found]
    drawn = (_drawn(wanted, labels, (width, height)) for wanted in (true, boxes))
    return Exhibit(picture.file_name, width, height, data, *drawn)


def css_colour(label: str, labels: Sequence[str]) -> str:
    """The colour that the class has in the drawings, too."""
    return _css(colour_of(label, labels))


def shows(box: Box, threshold: float) -> bool:
    """Whether a detection is shown, or a true box found, when detections below `threshold` do not count."""
    return box.score is not None and box.score >= threshold


@dataclass(frozen=True)
class _Wanted:
    """A box to draw, with what is to be written at it."""

    box: BoundingBox
    text: str
    score: float | None
    right: bool = True


def _drawn(wanted: Sequence[_Wanted], labels: Sequence[str], size: tuple[int, int]) -> tuple[Box, ...]:
    """The boxes with their captions, of which none covers another.

    The first come first: as detections are by score, captions hold whichever threshold hides the later ones.
    """
    taken: list[Rectangle] = []
    boxes = []
    for each in wanted:
        tag = _tag(each, labels, size, taken)
        if tag is not None:
            taken.append(tag.place)
        box = each.box
        x, y, width, height = (round(length, 1) for length in (box.left, box.top, box.width, box.height))
        colour = css_colour(box.label, labels)
        boxes.append(Box(box.label, colour, x, y, width, height, each.score, each.right, tag))
    return tuple(boxes)


def _tag(wanted: _Wanted, labels: Sequence[str], size: tuple[int, int], taken: Sequence[Rectangle]) -> Tag | None:
    box, text = wanted.box, wanted.text
    ems = sum(1.0 if unicodedata.east_asian_width(letter) in "WF" else _LETTER_WIDTH for letter in text) + 2 * _MARGIN
    for fine in (False, True):
        letter = size[0] / 100 * _LETTER / (2 if fine else 1)
        place = captions.place(
            (box.left, box.top, box.right, box.bottom), letter * ems, letter * (1 + _MARGIN), size, taken
        )
        if place is not None:
            left, top, right, bottom = place
            anchor = (
                max(left, min(box.left if box.left - left <= right - box.right else box.right, right)),
                bottom if top + bottom < box.top + box.bottom else top,
            )
            return Tag(text, place, letter, fine, anchor, _css(ink(colour_of(box.label, labels))))
    return None


def _css(colour: tuple[int, int, int]) -> str:
    blue, green, red = colour
    return f"#{red:02x}{green:02x}{blue:02x}"


def _copy(path: Path, longest: int) -> tuple[int, int, str]:
    """Width and height of a picture, and a copy of it as a data URI."""
    picture = read_picture(path)
    height, width = picture.shape[:2]
    scale = min(1.0, longest / max(width, height))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    _, encoded = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return width, height, "data:image/jpeg;base64," + base64.b64encode(encoded.tobytes()).decode()
