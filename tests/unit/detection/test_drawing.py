"""What a person sees on a drawn picture."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from kit.annotations.model import BoundingBox
from kit.commands.draw import draw as draw_command
from kit.detection.drawing import colour_of, draw_boxes, draw_detections
from kit.detection.picture import Picture, read_picture, write_picture
from kit.detection.response import Detection
from kit.errors import InputError
from tests.unit.annotations.formats.test_ground_truth import manifest, record
from tests.unit.annotations.pictures import picture_file

LABELS = ("usb-a", "usb-c", "lightning", "日本語")


def grey(height: int = 480, width: int = 640) -> Picture:
    return np.full((height, width, 3), 90, np.uint8)


def changed(before: Picture, after: Picture) -> tuple[int, int, int, int]:
    """The left, top, right and bottom of what was drawn."""
    rows, columns = np.nonzero((before != after).any(axis=2))
    return int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1


def count(picture: Picture, colour: tuple[int, int, int]) -> int:
    return int((picture == np.array(colour)).all(axis=2).sum())


def test_the_given_picture_is_left_as_it_is() -> None:
    picture = grey()
    drawn = draw_detections(
        picture, [Detection(BoundingBox("usb-a", 50, 50, 200, 200), 0.9)], LABELS, [BoundingBox("usb-a", 1, 1, 9, 9)]
    )
    assert (picture == 90).all()
    assert drawn.shape == picture.shape
    assert drawn.dtype == np.uint8


def test_the_box_is_where_it_was_found() -> None:
    drawn = draw_detections(grey(), [Detection(BoundingBox("usb-a", 100, 150, 400, 350), 0.9)], LABELS)
    colour = np.array(colour_of("usb-a", LABELS))
    for x, y in [(100, 250), (400, 250), (250, 150), (250, 350)]:
        assert np.abs(drawn[y, x].astype(int) - colour).max() < 10
    assert (drawn[200:300, 150:350] == 90).all()


@pytest.mark.parametrize("size", [(480, 640), (100, 60), (32, 32), (1500, 2000)])
@pytest.mark.parametrize(
    "label", ["usb-a", "日本語", "a very long name of a class that is wider than the picture " * 2]
)
def test_captions_stay_inside_the_frame(size: tuple[int, int], label: str) -> None:
    """At every corner as much of the caption is to be seen as in the middle; the box itself is a mere dot."""
    height, width = size

    def seen(x: float, y: float) -> int:
        drawn = draw_detections(grey(height, width), [Detection(BoundingBox(label, x, y, x + 1, y + 1), 0.5)], LABELS)
        return count(drawn, colour_of(label, LABELS))

    whole = seen(width // 2, height // 2)
    for corner in [(0, 0), (width - 1, 0), (0, height - 1), (width - 1, height - 1)]:
        assert seen(*corner) > 0.9 * whole


def test_letters_of_every_script_are_drawn_and_differ() -> None:
    """Fonts without a script draw the same sign for all of its letters."""
    drawn = [
        draw_boxes(grey(), [BoundingBox(text, 100, 100, 300, 300)], [text])
        for text in ("日本語", "韓国語", "???", "한국어")
    ]
    for index, one in enumerate(drawn):
        for other in drawn[index + 1 :]:
            assert (one != other).any()


def test_class_and_score_are_both_in_the_caption() -> None:
    one = draw_detections(grey(), [Detection(BoundingBox("usb-a", 100, 100, 300, 300), 0.91)], LABELS)
    other = draw_detections(grey(), [Detection(BoundingBox("usb-a", 100, 100, 300, 300), 0.37)], LABELS)
    left, top, right, bottom = changed(one, other)
    assert right <= 300
    assert bottom <= 101  # in the caption above the box, nowhere else
    assert left >= 100
    assert top > 50


def test_classes_keep_their_colours_and_differ() -> None:
    colours = {colour_of(label, LABELS) for label in LABELS}
    assert len(colours) == len(LABELS)
    assert colour_of("never heard of", LABELS) not in colours


def test_captions_of_neighbours_do_not_cover_each_other() -> None:
    boxes = [BoundingBox("usb-a", 200, 200, 201, 201), BoundingBox("usb-c", 203, 200, 204, 201)]
    both = draw_boxes(grey(), boxes, LABELS)
    for box in boxes:
        colour = colour_of(box.label, LABELS)
        assert count(both, colour) > 0.9 * count(draw_boxes(grey(), [box], LABELS), colour)


@pytest.mark.parametrize("far", [1e4, 1e15])
def test_edges_far_outside_are_drawn_as_far_as_they_are_seen(far: float) -> None:
    wide = BoundingBox("usb-a", 100, -far, far, far)
    drawn = draw_detections(draw_boxes(grey(), [wide], LABELS), [], LABELS, [wide])
    near = BoundingBox("usb-a", 100, -20, 700, 520)
    assert (drawn[100:, 300:] == 90).all()
    assert (
        changed(grey(), draw_boxes(grey(), [wide], LABELS))[0] == changed(grey(), draw_boxes(grey(), [near], LABELS))[0]
    )


def test_truth_is_dashed_and_white() -> None:
    drawn = draw_detections(grey(), [], LABELS, [BoundingBox("usb-a", 100, 100, 500, 400)])
    edge = (drawn[100, 100:500] > 200).all(axis=1)
    assert 0.2 < edge.mean() < 0.8
    assert np.count_nonzero(np.diff(edge.astype(int)) == 1) > 10


def test_lines_grow_with_the_picture() -> None:
    small = draw_boxes(grey(480, 640), [BoundingBox("usb-a", 160, 120, 480, 360)], LABELS)
    large = draw_boxes(grey(3000, 4000), [BoundingBox("usb-a", 1000, 750, 3000, 2250)], LABELS)

    def thickness(picture: Picture) -> int:
        middle = picture[picture.shape[0] // 2, : picture.shape[1] // 2]
        return int((middle != 90).any(axis=1).sum())

    assert thickness(large) > 2 * thickness(small)


def test_pictures_are_read_upright_from_any_path(tmp_path: Path) -> None:
    path = picture_file(tmp_path / "写真 ü.jpg", 60, 40, orientation=6)
    picture = read_picture(path)
    assert picture.shape == (60, 40, 3)
    # The white quarter was top left as stored; turned a quarter clockwise it is top right.
    assert picture[5, 35].mean() > 200
    assert picture[5, 5].mean() < 50
    write_picture(tmp_path / "図.png", picture)
    assert (read_picture(tmp_path / "図.png") == picture).all()


def test_pictures_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    path = picture_file(tmp_path / "x.png", 60, 40)
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(InputError, match=r"x\.png"):
        read_picture(path)
    with pytest.raises(InputError, match="pictures are written as"):
        write_picture(tmp_path / "x.gif", grey())


def test_the_command_draws_a_file_of_labels(tmp_path: Path) -> None:
    for name in ("x.jpg", "y.png"):
        picture_file(tmp_path / "pictures" / name, 500, 400)
    path = manifest(tmp_path, record("x.jpg"), record("y.png"), {"source-ref": "s3://b/later.jpg"})
    arguments = [str(path), str(tmp_path / "drawn"), "--images", str(tmp_path / "pictures")]
    told = CliRunner().invoke(draw_command, arguments, catch_exceptions=False).output
    assert "pictures drawn: 2" in told
    assert sorted(each.name for each in (tmp_path / "drawn").iterdir()) == ["x.jpg", "y.png"]
    drawn = read_picture(tmp_path / "drawn" / "y.png")
    plain = read_picture(tmp_path / "pictures" / "y.png")
    left, top, right, bottom = changed(plain, drawn)
    # The box of the line is 111, 134 to 172, 262; its caption stands above.
    assert left in range(107, 112)
    assert right in range(173, 178)
    assert bottom in range(263, 268)
    assert top < 130


def test_pictures_of_one_name_in_two_folders_have_a_drawing_each(tmp_path: Path) -> None:
    names = ["a/cup.jpg", "b/cup.jpg", "cup.jpeg", "cup.png", "cup.webp"]
    for name in names:
        picture_file(tmp_path / "pictures" / name, 500, 400)
    path = manifest(tmp_path, *(record(name) for name in names))
    arguments = [str(path), str(tmp_path / "drawn"), "--images", str(tmp_path / "pictures")]
    assert "pictures drawn: 5" in CliRunner().invoke(draw_command, arguments, catch_exceptions=False).output
    drawn = sorted(each.name for each in (tmp_path / "drawn").iterdir())
    assert drawn == ["a__cup.jpg", "b__cup.jpg", "cup.jpeg", "cup.png", "cup.webp.jpg"]


def test_drawings_never_replace_the_pictures(tmp_path: Path) -> None:
    picture_file(tmp_path / "x.jpg", 500, 400)
    result = CliRunner().invoke(draw_command, [str(manifest(tmp_path, record("x.jpg"))), str(tmp_path)])
    assert isinstance(result.exception, InputError)


def test_jumpstart_channels_are_drawn_from_their_own_images(tmp_path: Path) -> None:
    picture_file(tmp_path / "training/images/001.jpg", 640, 480)
    example = {
        "images": [{"file_name": "001.jpg", "height": 480, "width": 640, "id": 1}],
        "annotations": [{"image_id": 1, "bbox": [100, 100, 200, 200], "category_id": 0}],
    }
    (tmp_path / "training/annotations.json").write_text(json.dumps(example))
    result = CliRunner().invoke(draw_command, [str(tmp_path), str(tmp_path / "drawn")], catch_exceptions=False)
    assert result.exit_code == 0
    assert (tmp_path / "drawn" / "001.jpg").is_file()
