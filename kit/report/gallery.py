"""The report's pictures: small copies inside the page, boxes as vectors on top that the page can show and hide."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2

from kit.annotations.model import AnnotatedPicture, BoundingBox
from kit.detection.drawing import colour_of
from kit.detection.picture import read_picture
from kit.detection.verdicts import JudgedPicture

# Detections below it are left out of the page, which would hold thousands of them.
LOWEST_SCORE = 0.05
_LONGEST_SIDE = 480
_QUALITY = 80


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels of the whole picture.

    Attributes:
        colour: as CSS writes it.
        score: of a detection; of a true box that of the detection that found it, None when none did.
        right: whether a detection is.
    """

    label: str
    colour: str
    x: float
    y: float
    width: float
    height: float
    score: float | None = None
    right: bool = True


@dataclass(frozen=True)
class Exhibit:
    """A picture of the page.

    Attributes:
        width, height: of the whole picture in pixels; the copy is smaller.
        data: the copy, as a data URI.
        found: None where nobody looked for anything.
    """

    name: str
    width: int
    height: int
    data: str
    true: tuple[Box, ...]
    found: tuple[Box, ...] | None = None

    def wrong(self, threshold: float) -> int:
        return sum(not box.right and _shows(box, threshold) for box in self.found or ())

    def right(self, threshold: float) -> int:
        return sum(box.right and _shows(box, threshold) for box in self.found or ())

    def missed(self, threshold: float) -> int:
        return sum(not _shows(box, threshold) for box in self.true)


def labelled(path: Path, picture: AnnotatedPicture, labels: Sequence[str]) -> Exhibit:
    """A picture with its labels. Raises InputError when the file is not there or no picture."""
    width, height, data = _copy(path)
    return Exhibit(picture.file_name, width, height, data, _true(picture, (), labels))


def judged(path: Path, verdict: JudgedPicture, labels: Sequence[str]) -> Exhibit:
    """A held-out picture with the truth and what was found. Raises InputError as `labelled`."""
    width, height, data = _copy(path)
    found = tuple(
        _drawn(each.box, labels, each.score, right)
        for each, right in zip(verdict.detections, verdict.right, strict=True)
        if each.score >= LOWEST_SCORE
    )
    true = _true(verdict.picture, verdict.found_at, labels)
    return Exhibit(verdict.picture.file_name, width, height, data, true, found)


def css_colour(label: str, labels: Sequence[str]) -> str:
    """The colour that the class has in the drawings, too."""
    blue, green, red = colour_of(label, labels)
    return f"#{red:02x}{green:02x}{blue:02x}"


def _true(picture: AnnotatedPicture, found_at: Sequence[float | None], labels: Sequence[str]) -> tuple[Box, ...]:
    scores = found_at or [None] * len(picture.boxes)
    return tuple(_drawn(box, labels, score) for box, score in zip(picture.boxes, scores, strict=True))


def _drawn(box: BoundingBox, labels: Sequence[str], score: float | None, right: bool = True) -> Box:
    x, y, width, height = (round(length, 1) for length in (box.left, box.top, box.width, box.height))
    return Box(box.label, css_colour(box.label, labels), x, y, width, height, score, right)


def _shows(box: Box, threshold: float) -> bool:
    return box.score is not None and box.score >= threshold


def _copy(path: Path) -> tuple[int, int, str]:
    """Width and height of a picture, and a small copy of it as a data URI."""
    picture = read_picture(path)
    height, width = picture.shape[:2]
    scale = min(1.0, _LONGEST_SIDE / max(width, height))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    _, encoded = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return width, height, "data:image/jpeg;base64," + base64.b64encode(encoded.tobytes()).decode()
