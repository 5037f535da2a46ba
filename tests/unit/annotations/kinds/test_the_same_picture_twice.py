"""Kind 3: tasks with several pictures, several lines of one picture, several pictures of one name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kit.annotations.formats import registry as formats
from kit.annotations.formats.registry import Format
from tests.unit.annotations.kinds.inputs import NAMES, coco, line, manifest, rectangle, tasks, thing, voc, written
from tests.unit.annotations.kinds.readings import pictures, read_alike, refused_alike, told_by_check

# Formats that know a picture by its name; the others hold whole addresses.
BY_NAME = (Format.COCO, Format.JUMPSTART, Format.YOLO, Format.VOC)
TWO = {"left": "s3://b/a.jpg", "right": "s3://b/b.jpg"}


def one_task(folder: Path, data: dict[str, Any], *results: dict[str, Any]) -> Path:
    return written(
        folder / "export.json", [{"id": 1, "data": data, "annotations": [{"id": 1, "result": list(results)}]}]
    )


def test_each_box_is_on_the_picture_that_its_tag_shows(tmp_path: Path) -> None:
    """Pairs of pictures, as in the pairwise templates of Label Studio (issue 5649)."""
    path = one_task(tmp_path, TWO, rectangle("cat", to_name="right"), rectangle("dog", to_name="left", id="r2"))
    assert [[box.label for box in picture.boxes] for picture in formats.read(path).pictures] == [["cat"], ["dog"]]
    told = read_alike(path, tmp_path / "out", pictures(tmp_path / "p", *NAMES))
    assert told.boxes == {"cat": 1, "dog": 1}


@pytest.mark.parametrize("names", [("img1", "img2"), ("image1,image2", "image1,image2")])
def test_boxes_on_tags_that_say_nothing_of_their_picture_are_an_error(tmp_path: Path, names: tuple[str, str]) -> None:
    """Tags that are not called as their fields are, and two in one `toName` (pull request 5651 of Label Studio)."""
    for data in (TWO, {"image": "s3://b/a.jpg", "other": "s3://b/b.jpg"}) if names[0] != names[1] else (TWO,):
        results = [rectangle(to_name=name, id=f"r{place}") for place, name in enumerate(names)]
        errors = refused_alike(one_task(tmp_path, data, *results), tmp_path / "out", pictures(tmp_path / "p", *NAMES))
        assert "its data names several pictures" in errors[0]


def test_json_min_does_not_say_on_which_of_two_pictures_a_box_is(tmp_path: Path) -> None:
    box = {
        "x": 1,
        "y": 1,
        "width": 9,
        "height": 9,
        "rectanglelabels": ["cat"],
        "original_width": 100,
        "original_height": 80,
    }
    path = written(
        tmp_path / "min.json", [{"image": "s3://b/a.jpg", "image2": "s3://b/b.jpg", "box": [box], "annotation_id": 1}]
    )
    errors = refused_alike(path, tmp_path / "out")
    assert "the JSON-MIN export does not say on which a box is; export it as JSON" in errors[0]


def test_json_min_of_a_picture_that_is_not_called_image(tmp_path: Path) -> None:
    """Fields of one's own, as in issue 5649 of Label Studio."""
    box = {
        "x": 10,
        "y": 10,
        "width": 20,
        "height": 20,
        "rectanglelabels": ["cat"],
        "original_width": 100,
        "original_height": 80,
    }
    records = [{"face": f"/data/local-files/?d=p/{name}", "id": 1, "box": [box], "annotation_id": 1} for name in NAMES]
    path = written(tmp_path / "min.json", records)
    assert read_alike(path, tmp_path / "out", pictures(tmp_path / "p", *NAMES)).boxes == {"cat": 2}


def test_a_page_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    errors = refused_alike(
        one_task(tmp_path, {"pages": ["s3://b/a.jpg", "s3://b/b.jpg"]}, rectangle(item_index=2)), tmp_path / "out"
    )
    assert "item_index is 2, and pages has 2 pictures" in errors[0]


@pytest.mark.parametrize(
    ("lines", "boxes", "said"),
    [
        # Unlabelled, then labelled: what an input and an output manifest put together give.
        ([{"source-ref": "s3://b/a.jpg"}, line()], {"cat": 1}, "a.jpg: not labelled yet"),
        # The other way round.
        ([line(), {"source-ref": "s3://b/a.jpg"}], {"cat": 1}, "a.jpg: not labelled yet"),
        # Labelled twice alike: a job that ran again.
        ([line(), line()], {"cat": 1}, "on line 1 already; this line counts for nothing"),
        # Labelled by two, other boxes each.
        (
            [line(), line(answer={"annotations": [{"class_id": 0, "left": 50, "top": 40, "width": 9, "height": 9}]})],
            {"cat": 2},
            "on line 1 already, with other boxes; those of both lines count",
        ),
        # Nothing there, then something.
        ([line(answer={"annotations": []}), line()], {"cat": 1}, "on line 1 already, with other boxes"),
    ],
)
def test_one_rule_for_a_picture_on_two_lines(
    tmp_path: Path, lines: list[dict[str, Any]], boxes: dict[str, int], said: str
) -> None:
    path = manifest(tmp_path, *lines, line("b.jpg"))
    told = read_alike(path, tmp_path / "out", pictures(tmp_path / "p", *NAMES))
    assert told.boxes == {"cat": boxes["cat"] + 1}
    assert any(said in text for text in told_by_check(path)[2])


def test_two_uploads_and_two_folders_are_two_pictures(tmp_path: Path) -> None:
    """Label Studio's own YOLO export keeps one of two pictures of a name (issue 7096; 132 of its converter)."""
    for number, (one, other) in enumerate(
        [
            ("/data/local-files/?d=image/a/001.jpg", "/data/local-files/?d=image/b/001.jpg"),
            ("/data/upload/1/1a2b3c4d-001.jpg", "/data/upload/1/5e6f7a8b-001.jpg"),
            ("http://localhost:8081/foo/001.jpg", "http://localhost:8081/bar/001.jpg"),
        ]
    ):
        annotation = {"id": 1, "result": [rectangle()]}
        given = [{"data": {"image": each}, "annotations": [annotation]} for each in (one, other)]
        path = written(tmp_path / f"{number}.json", given)
        errors = refused_alike(path, tmp_path / "out", to=BY_NAME)
        assert "a picture of the same name as" in errors[0]


def test_the_same_names_in_two_folders_are_found_in_theirs(tmp_path: Path) -> None:
    """And are written with their folders where a format has them: COCO's, YOLO's and Pascal VOC's names."""
    images = pictures(tmp_path / "p", "x/001.jpg", "y/001.jpg")
    document = json.loads(coco(tmp_path, {"bbox": [10, 8, 20, 16]}).read_text())
    for image, name in zip(document["images"], ("x/001.jpg", "y/001.jpg"), strict=True):
        image["file_name"] = name
    path = written(tmp_path / "coco.json", document)
    assert read_alike(path, tmp_path / "out", images).boxes == {"cat": 2}
    for name in ("coco", "yolo", "voc"):
        found = formats.read(tmp_path / "out" / name, images=images).pictures
        assert [picture.source for picture in found] == ["x/001.jpg", "y/001.jpg"], name
    # Without the pictures nobody knows whether they are two.
    assert "a picture of the same name" in refused_alike(path, tmp_path / "none", to=BY_NAME)[0]


def test_two_entries_that_mean_one_file_are_an_error(tmp_path: Path) -> None:
    """Buckets or folders that were put into one folder of pictures: their boxes would all be on one."""
    images = pictures(tmp_path / "p", *NAMES)
    for other in ("s3://other/a.jpg", "s3://b/A.JPG", "s3://b/x/a.jpg"):
        lines = [line(), {**line(), "source-ref": other}, line("b.jpg")]
        errors = refused_alike(manifest(tmp_path, *lines), tmp_path / "out", images, to=BY_NAME)
        assert f"{other}: a picture of the same name as s3://b/a.jpg on line 1" in errors[0], other


def test_two_files_of_pascal_voc_that_name_one_picture_are_told_of(tmp_path: Path) -> None:
    """Pictures that were renamed after labelling, whose files still name the old (SCUT-HEAD, issue 4)."""
    folder = voc(tmp_path / "set")
    other = (folder / "b.xml").read_text().replace("b.jpg", "a.jpg").replace(thing(), thing(50, 40, 60, 50))
    (folder / "b.xml").write_text(other)
    _boxes, _errors, warnings = told_by_check(folder)
    assert "a.jpg: on line 1 already, with other boxes; those of both lines count" in warnings
    assert any(text.startswith("files that are not called as the picture they name (filename)") for text in warnings)


def test_ids_that_several_pictures_have_are_an_error(tmp_path: Path) -> None:
    """VIA made ids of the digits with which names begin (its pull request 23): 20250116_a and 20250116_b are one."""
    path = coco(tmp_path, {"bbox": [10, 8, 20, 16]}, image={"id": 20250116})
    errors = refused_alike(path, tmp_path / "out")
    assert "another image has the id 20250116 too" in errors[0]


def test_several_annotations_of_several_people_are_one_and_the_rest_counted(tmp_path: Path) -> None:
    path = tasks(tmp_path, rectangle())
    document = json.loads(path.read_text())
    for each in document:
        more = {"id": 9, "updated_at": "2026-02-01T10:00:00Z", "result": [rectangle("dog"), rectangle("dog", id="r2")]}
        each["annotations"].append(more)
    told = read_alike(written(path, document), tmp_path / "out", pictures(tmp_path / "p", *NAMES))
    assert told.boxes == {"dog": 4}
    assert told.remarks == [
        "boxes of further annotations of tasks that several people labelled, of which one counts, left out: 2"
    ]
