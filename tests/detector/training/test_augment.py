"""Whatever augmentation does to a picture, a box goes where its object goes."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from detector.sample import Sample, input_size, resize_sample
from detector.training import augment

RED, BLUE = np.array([230, 20, 20]), np.array([20, 20, 230])


def two_rectangles(width: int = 640, height: int = 480) -> Sample:
    """A red object of class 0 and a blue one of class 1 on grey."""
    pixels = np.full((height, width, 3), 128, np.uint8)
    boxes = np.array([[60, 50, 260, 130], [400, 200, 480, 440]], np.float32)
    for (left, top, right, bottom), colour in zip(boxes.astype(int), (RED, BLUE), strict=True):
        pixels[top:bottom, left:right] = colour
    return Sample(pixels, boxes, np.array([0, 1]))


def seen_box(pixels: np.ndarray, colour: np.ndarray) -> np.ndarray | None:
    """Where the colour is, from the pixels alone."""
    rows, columns = np.nonzero(np.abs(pixels.astype(int) - colour).max(2) < 60)
    return np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]) if len(rows) else None


def assert_boxes_are_on_their_objects(sample: Sample) -> None:
    for box, kind in zip(sample.boxes, sample.classes, strict=True):
        seen = seen_box(sample.pixels, (RED, BLUE)[kind])
        assert seen is not None
        np.testing.assert_allclose(box, seen, atol=1.6)


def test_a_resized_sample_keeps_its_boxes_on_their_objects() -> None:
    changed = resize_sample(two_rectangles(), 200, 333)
    assert len(changed.boxes) == 2
    assert_boxes_are_on_their_objects(changed)


@pytest.mark.parametrize("seed", range(24))
def test_boxes_stay_on_their_objects_under_a_random_affine_map(seed: int) -> None:
    random = np.random.default_rng(seed)
    sample = augment.random_affine(two_rectangles(), 384, 288, float(random.uniform(0.5, 2.5)), random)
    assert sample.pixels.shape == (288, 384, 3)
    assert_boxes_are_on_their_objects(sample)


def test_something_is_nearly_always_in_the_frame() -> None:
    random = np.random.default_rng(1)
    found = [len(augment.random_affine(two_rectangles(), 320, 320, 2.0, random).boxes) for _ in range(40)]
    assert np.mean([count > 0 for count in found]) > 0.9


def test_an_object_mostly_outside_is_not_labelled() -> None:
    boxes, kept = augment.clip_boxes(two_rectangles().boxes - (220, 0, 220, 0), 640, 480)
    assert kept.tolist() == [False, True]  # of the red one 40 of 200 columns are left
    assert boxes.tolist() == [[0, 50, 40, 130], [180, 200, 260, 440]]


def test_mosaic_keeps_every_tile_inside_its_place() -> None:
    random = np.random.default_rng(5)
    sample = augment.mosaic(two_rectangles, 384, 288, 1.0, random)
    assert sample.pixels.shape == (288, 384, 3)
    assert (sample.boxes >= 0).all()
    assert (sample.boxes <= (384, 288, 384, 288)).all()
    for box, kind in zip(sample.boxes, sample.classes, strict=True):
        left, top, right, bottom = np.round(box).astype(int)
        inside = sample.pixels[top:bottom, left:right].reshape(-1, 3).astype(int)
        assert (np.abs(inside - (RED, BLUE)[kind]).max(1) < 60).mean() > 0.9


def test_an_upright_crop_comes_with_the_box_of_its_object() -> None:
    sample = two_rectangles()
    for seed in range(20):
        crop, box = augment.random_upright_crop(sample.pixels, sample.boxes[0], np.random.default_rng(seed))
        pixels = crop.pixels.astype(int)
        grey = np.abs(pixels - np.median(pixels[:3], (0, 1))).sum(2) < 90
        rows, columns = np.nonzero(~grey)
        seen = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]) / pixels.shape[0]
        np.testing.assert_allclose(box, seen, atol=0.02)


def test_the_mask_of_a_rotated_crop_lies_where_its_object_does() -> None:
    sample = two_rectangles()
    for seed in range(20):
        crop = augment.random_rotated_crop(sample.pixels, sample.boxes[0], np.random.default_rng(seed))
        pixels = crop.pixels.astype(int)
        grey = np.abs(pixels - np.median(pixels[:3], (0, 1))).sum(2) < 90
        object_ = cv2.resize((~grey).astype(np.float32), crop.mask.shape, interpolation=cv2.INTER_AREA)
        assert np.corrcoef(object_.ravel(), crop.mask.ravel())[0, 1] > 0.8


def test_photometric_distortion_leaves_shape_and_type() -> None:
    pixels = two_rectangles().pixels
    changed = augment.photometric_distortion(pixels, np.random.default_rng(2))
    assert (changed.shape, changed.dtype) == (pixels.shape, pixels.dtype)
    assert (changed != pixels).any()


def test_the_same_seed_makes_the_same_sample() -> None:
    first, second = (
        augment.augment(two_rectangles(), two_rectangles, 320, 320, 1.0, np.random.default_rng(9)) for _ in range(2)
    )
    assert (first.pixels == second.pixels).all()
    assert (first.boxes == second.boxes).all()


@pytest.mark.parametrize(
    ("width", "height", "expected"),
    [
        (640, 480, (384, 288)),
        (480, 640, (288, 384)),
        (1000, 1000, (320, 320)),
        (4000, 100, (448, 224)),  # a panorama is squeezed
        (1, 1, (320, 320)),
    ],
)
def test_the_network_sees_a_picture_in_its_own_shape(width: int, height: int, expected: tuple[int, int]) -> None:
    assert input_size(width, height, 320) == expected
