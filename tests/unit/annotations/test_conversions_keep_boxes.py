"""Whatever the data set: a conversion keeps every box that is inside its picture, whichever way it goes."""

from __future__ import annotations

import json
import struct
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import structs

from kit.annotations.formats import coco, ground_truth, jumpstart
from kit.annotations.formats import registry as formats
from kit.annotations.formats.registry import Format
from kit.annotations.model import AnnotatedPicture, AnnotationStream, BoundingBox
from kit.annotations.selection import Written

LABELS = ("usb-a", "usb-c", "日本", 'quo"te\\', "a,b")
Writer = Callable[[Path, AnnotationStream], Written]


@st.composite
def boxes(draw: st.DrawFn, width: int, height: int) -> BoundingBox:
    """Inside a picture; whole or fractional edges."""
    whole = draw(st.booleans())
    across, down = (st.integers(0, side) if whole else st.floats(0, side) for side in (width, height))
    left, right = sorted((draw(across), draw(across)))
    top, bottom = sorted((draw(down), draw(down)))
    # At least two pixels, inside the picture, so that something is left where pixels are rounded.
    left, top = min(left, width - 2), min(top, height - 2)
    return BoundingBox(draw(st.sampled_from(LABELS)), left, top, max(right, left + 2), max(bottom, top + 2))


@st.composite
def data_sets(draw: st.DrawFn) -> list[AnnotatedPicture]:
    letters = st.characters(exclude_characters="/\\", exclude_categories=["Cs"])
    names = draw(st.lists(st.text(letters, min_size=1, max_size=9), unique=True, max_size=6))
    pictures = []
    for line, name in enumerate(names, start=1):
        width, height = draw(st.integers(2, 5000)), draw(st.integers(2, 5000))
        found = draw(st.lists(boxes(width, height), min_size=1, max_size=4))
        pictures.append(AnnotatedPicture(f"s3://bucket/{name}", width, height, tuple(found), line=line))
    return pictures


def flat(pictures: list[AnnotatedPicture]) -> list[object]:
    return [
        (
            picture.file_name,
            picture.width,
            picture.height,
            [(box.label, pytest.approx((box.left, box.top, box.right, box.bottom))) for box in picture.boxes],
        )
        for picture in pictures
    ]


def exact(pictures: list[AnnotatedPicture]) -> list[object]:
    return [
        (
            picture.file_name,
            picture.width,
            picture.height,
            [(box.label, (box.left, box.top, box.right, box.bottom)) for box in picture.boxes],
        )
        for picture in pictures
    ]


# What a format holds of a box: parts of a picture, whole pixels (Label Studio's are rounded when read), or all.
PRECISION = {Format.YOLO: 0.01, Format.LABEL_STUDIO: 0.51}
WRITABLE = [
    each for each, access in formats.FORMATS.items() if access.write and each is not Format.LABEL_STUDIO_PREDICTIONS
]


def header(path: Path, width: int, height: int) -> None:
    """A PNG of that size as far as its header goes, which is all that is looked at for a size."""
    path.parent.mkdir(parents=True, exist_ok=True)
    parts = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)), (b"IDAT", b""), (b"IEND", b"")]
    chunks = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    ]
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunks))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(pictures=data_sets(), chain=st.lists(st.sampled_from(WRITABLE), min_size=2, max_size=4))
def test_any_chain_of_formats(pictures: list[AnnotatedPicture], chain: list[Format]) -> None:
    """Every box is there at the end, of its class and in its place, as near as the formats on the way can hold it."""
    named = [structs.replace(picture, source=f"{number}.png") for number, picture in enumerate(pictures)]
    if not named:
        return
    with tempfile.TemporaryDirectory() as folder:
        images = Path(folder) / "pictures"
        for picture in named:
            header(images / picture.file_name, picture.width, picture.height)
        path = Path(folder) / "0.json"
        coco.write(path, AnnotationStream(LABELS, iter(named)))
        for number, to in enumerate(chain, start=1):
            target = Path(folder) / f"{number}"
            data = formats.read(path, labels=LABELS, images=images)
            if formats.FORMATS[to].parts:
                target.mkdir()
            # JumpStart's writer writes the file; the folder around it is made by `convert`.
            file = target / jumpstart.ANNOTATIONS if to is Format.JUMPSTART else target
            written = formats.write(file, data, to)
            assert written.boxes == sum(len(picture.boxes) for picture in named)
            path = target
        found = sorted(formats.read(path, labels=LABELS, images=images).pictures, key=lambda each: each.source)
    within = max((PRECISION.get(each, 1e-6) for each in chain), default=0) * (1 + chain.count(Format.LABEL_STUDIO))
    for expected, picture in zip(sorted(named, key=lambda each: each.source), found, strict=True):
        assert (picture.file_name, picture.width, picture.height) == (
            expected.file_name,
            expected.width,
            expected.height,
        )
        for box, other in zip(expected.boxes, picture.boxes, strict=True):
            assert box.label == other.label
            assert (other.left, other.top, other.right, other.bottom) == pytest.approx(
                (box.left, box.top, box.right, box.bottom), abs=within
            )


@pytest.mark.parametrize("first", [ground_truth.write, jumpstart.write, coco.write])
@pytest.mark.parametrize("second", [ground_truth.write, jumpstart.write, coco.write])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(pictures=data_sets())
def test_there_and_on(first: Writer, second: Writer, pictures: list[AnnotatedPicture]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        one, two = Path(folder) / "one.json", Path(folder) / "two.json"
        first(one, AnnotationStream(LABELS, iter(pictures)))
        if pictures or first is not ground_truth.write:
            second(two, formats.read(one, labels=LABELS))
        if pictures:
            assert exact(list(formats.read(two, labels=LABELS).pictures)) == flat(pictures)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(pictures=data_sets())
def test_jumpstart_against_a_reader_of_a_dozen_lines(pictures: list[AnnotatedPicture]) -> None:
    """JumpStart's file as its documentation describes it, read without any of the kit's code."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "annotations.json"
        jumpstart.write(path, AnnotationStream(LABELS, iter(pictures)))
        document = json.loads(path.read_text(encoding="utf-8"))
    names = {image["id"]: image["file_name"] for image in document["images"]}
    assert len(names) == len(document["images"])
    found = sorted((names[each["image_id"]], each["category_id"], each["bbox"]) for each in document["annotations"])
    expected = sorted(
        (picture.file_name, LABELS.index(box.label), [box.left, box.top, box.right, box.bottom])
        for picture in pictures
        for box in picture.boxes
    )
    assert found == expected


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.floats(-2000, 2000) | st.integers(-2000, 2000), min_size=4, max_size=4),
    st.integers(1, 1000),
    st.integers(1, 1000),
)
def test_what_is_written_is_inside_the_picture(edges: list[float], width: int, height: int) -> None:
    picture = AnnotatedPicture("x.jpg", width, height, (BoundingBox("a", *edges),))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "annotations.json"
        written = jumpstart.write(path, AnnotationStream(("a",), iter([picture])))
        document = json.loads(path.read_text())
    assert written.boxes + written.boxes_dropped == 1
    for annotation in document["annotations"]:
        left, top, right, bottom = annotation["bbox"]
        assert 0 <= left < right <= width
        assert 0 <= top < bottom <= height
