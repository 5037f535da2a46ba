"""Ground Truth's augmented manifest, from lines as AWS's documentation prints them."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from kit.annotations.formats import ground_truth
from kit.annotations.model import AnnotatedPicture, AnnotationStream, BoundingBox, LabelState
from kit.errors import InputError

# https://docs.aws.amazon.com/sagemaker/latest/dg/sms-data-output.html, "Bounding Box Job Output"
AWS_EXAMPLE = """{
    "source-ref": "s3://AWSDOC-EXAMPLE-BUCKET/example_image.png",
    "bounding-box-attribute-name": {
        "image_size": [{ "width": 500, "height": 400, "depth":3}],
        "annotations": [
            {"class_id": 0, "left": 111, "top": 134, "width": 61, "height": 128},
            {"class_id": 5, "left": 161, "top": 250, "width": 30, "height": 30},
            {"class_id": 5, "left": 20, "top": 20, "width": 30, "height": 30}
        ]
    },
    "bounding-box-attribute-name-metadata": {
        "objects": [{"confidence": 0.8}, {"confidence": 0.9}, {"confidence": 0.9}],
        "class-map": {"0": "dog", "5": "bone"},
        "type": "groundtruth/object-detection",
        "human-annotated": "yes",
        "creation-date": "2018-10-18T22:18:13.527256",
        "job-name": "identify-dogs-and-toys"
    }
}"""


def record(name: str = "x.jpg", attribute: str = "job-1", **changes: Any) -> dict[str, Any]:
    """A line with one box of class 0, usb-a."""
    metadata = {
        "objects": [{"confidence": 0.0}],
        "class-map": {"0": "usb-a"},
        "type": "groundtruth/object-detection",
        "human-annotated": "yes",
        "creation-date": "2018-10-18T22:18:13.527256",
        "job-name": f"labeling-job/{attribute}",
    }
    answer = {
        "image_size": [{"width": 500, "height": 400, "depth": 3}],
        "annotations": [{"class_id": 0, "left": 111, "top": 134, "width": 61, "height": 128}],
    }
    metadata.update(changes.pop("metadata", {}))
    answer.update(changes.pop("answer", {}))
    assert not changes
    return {"source-ref": f"s3://b/{name}", attribute: answer, f"{attribute}-metadata": metadata}


def manifest(folder: Path, *lines: dict[str, Any] | str) -> Path:
    path = folder / "output.manifest"
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    path.write_text("\n".join(texts) + "\n", encoding="utf-8")
    return path


def read_all(path: Path, **options: Any) -> tuple[tuple[str, ...], list[AnnotatedPicture]]:
    stream = ground_truth.read(path, **options)
    return stream.labels, list(stream.pictures)


def test_aws_documentation_example(tmp_path: Path) -> None:
    labels, pictures = read_all(manifest(tmp_path, AWS_EXAMPLE.replace("\n", " ")))
    assert labels == ("dog", "bone")
    assert pictures == [
        AnnotatedPicture(
            "s3://AWSDOC-EXAMPLE-BUCKET/example_image.png",
            500,
            400,
            (
                BoundingBox("dog", 111, 134, 172, 262),
                BoundingBox("bone", 161, 250, 191, 280),
                BoundingBox("bone", 20, 20, 50, 50),
            ),
            line=1,
        )
    ]


def test_lines_that_hold_no_boxes_say_why(tmp_path: Path) -> None:
    nothing_there = record("b.jpg", answer={"annotations": []}, metadata={"class-map": {}, "objects": []})
    failed = {
        "source-ref": "s3://b/c.jpg",
        "job-1-metadata": {"failure-reason": "ClientError: too large", "human-annotated": "yes"},
    }
    failed_with_type = record("d.jpg", metadata={"failure-reason": "timed out"})
    path = manifest(tmp_path, {"source-ref": "s3://b/a.jpg"}, nothing_there, "", failed, failed_with_type)
    _, pictures = read_all(path)
    assert [(p.file_name, p.state, p.reason, p.boxes, p.line) for p in pictures] == [
        ("a.jpg", LabelState.UNLABELLED, "", (), 1),
        ("b.jpg", LabelState.LABELLED, "", (), 2),
        ("c.jpg", LabelState.FAILED, "ClientError: too large", (), 4),
        ("d.jpg", LabelState.FAILED, "timed out", (), 5),
    ]


def test_other_task_types_are_not_labels(tmp_path: Path) -> None:
    line = record(metadata={"type": "groundtruth/image-classification"})
    assert read_all(manifest(tmp_path, line))[1][0].state is LabelState.UNLABELLED


def chained(first_date: str, second_date: str, **second_metadata: Any) -> dict[str, Any]:
    first = record(attribute="first", metadata={"creation-date": first_date})
    second = record(
        attribute="second",
        answer={"annotations": [{"class_id": 0, "left": 1, "top": 2, "width": 3, "height": 4}]},
        metadata={"creation-date": second_date, **second_metadata},
    )
    return {**first, **second}


@pytest.mark.parametrize(
    ("line", "attribute", "left"),
    [
        (chained("2020-01-01T00:00:00", "2021-01-01T00:00:00"), None, 1),  # the newest job
        (chained("2022-01-01T00:00:00", "2021-01-01T00:00:00"), None, 111),  # by date, not by place on the line
        (chained("2021-01-01T00:00:00", "2021-01-01T00:00:00"), None, 1),  # same date: the later on the line
        (chained("2020-01-01T00:00:00", "2021-01-01T00:00:00"), "first", 111),  # the one that was asked for
        (
            chained("2020-01-01T00:00:00", "2021-01-01T00:00:00", **{"failure-reason": "x"}),
            None,
            111,
        ),  # newest one failed
    ],
)
def test_chained_jobs(tmp_path: Path, line: dict[str, Any], attribute: str | None, left: int) -> None:
    plain = record(attribute=attribute or "second")
    # As others may write it: with a character of the key escaped.
    escaped = json.dumps(line).replace('first-metadata"', 'first\\u002dmetadata"')
    _, pictures = read_all(manifest(tmp_path, plain, line, escaped, plain), attribute=attribute)
    assert [picture.boxes[0].left for picture in pictures] == [111, left, left, 111]


def test_an_attribute_that_no_line_has_is_told_with_those_there_are(tmp_path: Path) -> None:
    path = manifest(tmp_path, record(), {"source-ref": "s3://b/y.jpg"})
    with pytest.raises(InputError, match=r"no line has the label attribute job-2; there are: job-1"):
        read_all(path, attribute="job-2")
    with pytest.raises(InputError, match=r"no line has the label attribute job-2; there are: job-1"):
        read_all(path, attribute="job-1,job-2")  # one of two is mistyped
    assert [picture.state for picture in read_all(path, attribute="job-1")[1]] == [
        LabelState.LABELLED,
        LabelState.UNLABELLED,
    ]


def test_classes_come_from_all_lines_in_the_order_of_their_ids(tmp_path: Path) -> None:
    def line(class_id: int, name: str) -> dict[str, Any]:
        box = {"class_id": class_id, "left": 1, "top": 1, "width": 2, "height": 2}
        return record(answer={"annotations": [box]}, metadata={"class-map": {str(class_id): name}})

    path = manifest(tmp_path, line(10, "k"), line(2, "c"), line(0, "a"))
    assert read_all(path)[0] == ("a", "c", "k")
    (tmp_path / "label_categories.json").write_text('{"labels": [{"label": "a"}, {"label": "b"}, {"label": "c"}]}')
    assert read_all(path)[0] == ("a", "b", "c")
    assert read_all(path, labels=["x"])[0] == ("x",)


def test_a_class_id_that_means_two_things_is_refused(tmp_path: Path) -> None:
    path = manifest(tmp_path, record(), record("y.jpg", metadata={"class-map": {"0": "cat"}}))
    with pytest.raises(InputError, match=r"output\.manifest:2: class id 0 is 'cat' here and 'usb-a' before"):
        ground_truth.read(path)
    _, pictures = read_all(path, labels=["usb-a", "cat"])
    assert [picture.boxes[0].label for picture in pictures] == ["usb-a", "cat"]


def test_a_class_the_line_does_not_name_comes_from_the_list(tmp_path: Path) -> None:
    path = manifest(tmp_path, record(metadata={"class-map": {}}))
    assert read_all(path, labels=["cable"])[1][0].boxes[0].label == "cable"
    with pytest.raises(InputError, match="class_id 0 is not in the line's class-map"):
        read_all(path)


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ('{"source-ref": "s3://b/x.jpg", "job', "2: not valid JSON"),  # cut off
        ('["source-ref"]', "not an object"),
        ('{"source": "text"}', "source-ref is missing"),
        (json.dumps(record(answer={"annotations": None})), "annotations is missing"),
        (json.dumps(record(answer={"annotations": [{"class_id": 0, "left": 1}]})), "is no box"),
        (json.dumps(record()).replace("111", '"111"'), "left is '111', not a number"),
        (json.dumps(record()).replace("111", "true"), "left is True, not a number"),
        (json.dumps(record()).replace("111", "1e300"), r"left is 1e\+300, not a number"),
        (json.dumps(record()).replace("111", "1e999"), "2: not valid JSON"),  # infinity
        (json.dumps(record(answer={"image_size": [{"width": -1, "height": 2}]})), "not a number of pixels"),
        (json.dumps(record(answer={"image_size": [7]})), "not an object"),
        (json.dumps(record(metadata={"class-map": {"0": 3}})), "class-map is 3, not text"),
        (json.dumps({**record(), "job-1": None}), "job-1 is missing"),
        ("[" * 100_000, "2: not valid JSON"),  # nested to death
        ("\udcff", "2: not valid JSON"),  # not UTF-8
    ],
)
def test_a_broken_line_is_named(tmp_path: Path, broken: str, message: str) -> None:
    path = tmp_path / "m.manifest"
    path.write_bytes((json.dumps(record("ok.jpg")) + "\n" + broken).encode("utf-8", "surrogateescape"))
    with pytest.raises(InputError, match=message) as caught:
        read_all(path)
    assert str(caught.value).startswith(f"{path}:2: ")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.manifest: cannot be read"):
        ground_truth.read(tmp_path / "gone.manifest")


def test_what_is_written_is_what_the_documentation_shows(tmp_path: Path) -> None:
    pictures = [
        AnnotatedPicture("s3://b/x.jpg", 500, 400, (BoundingBox("usb-c", 10.0, 20.5, 30.0, 40.0),)),
        AnnotatedPicture("s3://b/none.jpg", 500, 400),
        AnnotatedPicture("s3://b/later.jpg", 0, 0, state=LabelState.UNLABELLED),
        AnnotatedPicture("s3://b/skipped.jpg", 0, 0, state=LabelState.SKIPPED),
        AnnotatedPicture("s3://b/failed.jpg", 0, 0, state=LabelState.FAILED, reason="too large"),
    ]
    path = tmp_path / "out.manifest"
    written = ground_truth.write(
        path,
        AnnotationStream(("usb-a", "usb-c"), iter(pictures)),
        attribute="plugs",
        created=datetime(2026, 11, 22, 10, 0, 0),
    )
    assert (written.pictures, written.boxes) == (5, 1)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    common = {
        "type": "groundtruth/object-detection",
        "human-annotated": "yes",
        "creation-date": "2026-11-22T10:00:00.000000",
        "job-name": "labeling-job/plugs",
    }
    size = [{"width": 500, "height": 400, "depth": 3}]
    box = {"class_id": 1, "left": 10, "top": 20.5, "width": 20, "height": 19.5}
    assert lines == [
        {
            "source-ref": "s3://b/x.jpg",
            "plugs": {"image_size": size, "annotations": [box]},
            "plugs-metadata": {**common, "objects": [{"confidence": 0.0}], "class-map": {"1": "usb-c"}},
        },
        {
            "source-ref": "s3://b/none.jpg",
            "plugs": {"image_size": size, "annotations": []},
            "plugs-metadata": {**common, "objects": [], "class-map": {}},
        },
        {"source-ref": "s3://b/later.jpg"},
        {"source-ref": "s3://b/skipped.jpg"},
        {"source-ref": "s3://b/failed.jpg", "plugs-metadata": {**common, "failure-reason": "too large"}},
    ]


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "out.manifest"
    path.write_text("old")
    stray = AnnotatedPicture("x.jpg", 10, 10, (BoundingBox("cat", 1, 1, 2, 2),))
    with pytest.raises(InputError, match="'cat' is none of the classes dog"):
        ground_truth.write(path, AnnotationStream(("dog",), iter([stray])))
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
