"""Boxes as Label Studio's documented task format has them: per cent of the picture's width and height."""

import pytest

from kit.annotations.model import AnnotatedPicture, BoundingBox
from kit.errors import InputError
from kit.local_cloud.labelling.rectangles import rectangles


def test_a_box_in_pixels_becomes_per_cent_of_a_picture_that_is_not_square() -> None:
    picture = AnnotatedPicture("x.jpg", 640, 480, (BoundingBox("usb-a", 64, 120, 256, 360),))
    assert rectangles(picture) == [
        {
            "type": "rectanglelabels",
            "from_name": "label",
            "to_name": "image",
            "original_width": 640,
            "original_height": 480,
            "image_rotation": 0,
            "value": {
                "x": 10,
                "y": 25,
                "width": 30,
                "height": 50,
                "rotation": 0,
                "rectanglelabels": ["usb-a"],
            },
        }
    ]


def test_nothing_there_is_an_empty_result() -> None:
    assert rectangles(AnnotatedPicture("x.jpg", 0, 0)) == []


def test_boxes_need_the_size_of_their_picture() -> None:
    with pytest.raises(InputError, match=r"x\.jpg has boxes but no size"):
        rectangles(AnnotatedPicture("x.jpg", 0, 0, (BoundingBox("usb-a", 1, 2, 3, 4),)))
