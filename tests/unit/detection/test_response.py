"""The endpoint's answer, in every form it has been seen in."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kit.detection.response import Detection, parse
from kit.errors import ServiceError

VERBOSE = {
    "normalized_boxes": [[0.10, 0.20, 0.50, 0.60]],
    "classes": [0.0],
    "scores": [0.97],
    "labels": ["usb-a", "usb-c", "lightning"],
}


def parsed(own: tuple[str, ...] = ("x", "y", "z"), **changes: Any) -> tuple[Detection, ...]:
    answer = {key: value for key, value in {**VERBOSE, **changes}.items() if value is not None}
    return parse(json.dumps(answer).encode(), own, 640, 480)


def test_boxes_are_left_top_right_bottom_of_one() -> None:
    (found,) = parsed()
    assert (found.box.label, found.score) == ("usb-a", 0.97)
    assert (found.box.left, found.box.top, found.box.right, found.box.bottom) == pytest.approx((64, 96, 320, 288))


@pytest.mark.parametrize(
    ("class_", "label"),
    [(2.0, "lightning"), (2, "lightning"), ("2", "lightning"), ("2.0", "lightning"), ("cable", "cable")],
)
def test_classes_of_every_kind(class_: object, label: str) -> None:
    assert parsed(classes=[class_])[0].box.label == label


@pytest.mark.parametrize("labels", [["0", "1", "2"], [0, 1, 2], [0.0, 1.0], ["1"]])
def test_a_model_that_calls_its_classes_by_number_gets_the_data_sets_names(labels: object) -> None:
    index = 1.0 if labels != ["1"] else 0.0  # a model may know only the classes it has seen
    assert parsed(("x", "y", "z"), classes=[index], labels=labels)[0].box.label == "y"


def test_a_model_that_names_its_classes_is_believed_where_the_names_are_numbers() -> None:
    assert parsed(("2", "0", "1"), classes=[0.0], labels=["2", "0", "1"])[0].box.label == "2"
    assert parsed(("2", "0", "1"), classes=[0.0], labels=["0", "1", "2"])[0].box.label == "2"


@pytest.mark.parametrize("labels", [None, []])
def test_without_labels_the_data_sets_own_are_taken(labels: object) -> None:
    assert parsed(classes=[1.0], labels=labels)[0].box.label == "y"
    assert parsed((), classes=[1.0], labels=labels)[0].box.label == "1"


def test_best_first_padding_and_overhang() -> None:
    found = parsed(
        normalized_boxes=[[-0.1, 0, 0.5, 1.2], [0, 0, 1, 1], [0, 0, 1, 1], [1.1, 0, 1.2, 1], [0.5, 0.5, 0.5, 0.9]],
        classes=[0, 1, -1, 0, 0],
        scores=[0.3, 0.8, -1, 0.9, 0.9],
    )
    assert [(each.score, each.box.left, each.box.top, each.box.right, each.box.bottom) for each in found] == [
        (0.8, 0, 0, 640, 480),
        (0.3, 0, 0, 320, 480),
    ]


def test_nothing_found() -> None:
    assert parsed(normalized_boxes=[], classes=[], scores=[]) == ()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "not JSON; it begins ''"),
        (b"<html>502 Bad Gateway</html>", "not JSON; it begins '<html>502"),
        (b"[]", "not a JSON object"),
        (b'{"probabilities": [0.1]}', "no list normalized_boxes (it has: probabilities)"),
        (b'{"normalized_boxes": [], "classes": {}, "scores": []}', "no list classes"),
        (json.dumps({**VERBOSE, "scores": []}).encode(), "1 boxes, 1 classes and 0 scores"),
        (json.dumps({**VERBOSE, "normalized_boxes": [[1, 2, 3]]}).encode(), "not enough values"),
        (json.dumps({**VERBOSE, "normalized_boxes": [7]}).encode(), "cannot unpack"),
        (json.dumps({**VERBOSE, "normalized_boxes": [[0, 0, 1, None]]}).encode(), "float()"),
        (json.dumps({**VERBOSE, "scores": ["nan"]}).encode(), "not finite"),
        (json.dumps({**VERBOSE, "classes": [7]}).encode(), "class 7, but only 3 labels"),
        (json.dumps({**VERBOSE, "classes": [0.5]}).encode(), "class 0.5 is no index"),
        (json.dumps({**VERBOSE, "classes": [None]}).encode(), "float()"),
        (json.dumps({**VERBOSE, "labels": "abc"}).encode(), "labels are not a list"),
    ],
)
def test_answers_that_are_none_are_told_in_a_sentence(body: bytes, message: str) -> None:
    with pytest.raises(ServiceError) as caught:
        parse(body, ("a",), 640, 480)
    assert message in str(caught.value)
    assert str(caught.value).endswith("is it an object detection model?")
    assert "\n" not in str(caught.value)
