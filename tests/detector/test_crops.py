"""Crops: each shows its box, and its mask says where."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
from detector.crops import CONTEXT, CROP_SIZE, MASK_STRIDE, CropView, box_from_crop, box_to_crop, crop_box

BOX = np.array([300, 200, 380, 240], np.float32)  # 80 x 40


def one_rectangle(box: np.ndarray = BOX, width: int = 640, height: int = 480) -> np.ndarray:
    """White where the box is, black elsewhere."""
    pixels = np.zeros((height, width, 3), np.uint8)
    left, top, right, bottom = box.astype(int)
    pixels[top:bottom, left:right] = 255
    return pixels


def coverage_of_cells(pixels: np.ndarray) -> np.ndarray:
    """The white part of each cell."""
    cells = CROP_SIZE // MASK_STRIDE
    return pixels[..., 0].reshape(cells, MASK_STRIDE, cells, MASK_STRIDE).mean((1, 3)) / 255


@pytest.mark.parametrize(
    "view",
    [
        CropView(),
        CropView(context=1.15),
        CropView(angle=math.pi / 2),
        CropView(angle=0.7, flipped=True),
        CropView(context=1.7, angle=4.0, shift=(0.15, -0.1)),
    ],
)
@pytest.mark.parametrize("scale", [0.5, 1, 5])
def test_the_mask_is_where_the_object_is(view: CropView, scale: float) -> None:
    box = (BOX * scale).round()
    pixels = one_rectangle(box, round(640 * scale), round(480 * scale))
    crop = crop_box(pixels, box, view)
    assert crop.pixels.shape == (CROP_SIZE, CROP_SIZE, 3)
    assert crop.mask.shape == (CROP_SIZE // MASK_STRIDE, CROP_SIZE // MASK_STRIDE)
    np.testing.assert_allclose(crop.mask, coverage_of_cells(crop.pixels), atol=0.2)
    assert abs(crop.mask.mean() - coverage_of_cells(crop.pixels).mean()) < 0.02


@pytest.mark.parametrize(
    "view",
    [
        CropView(),
        CropView(angle=math.pi / 2),
        CropView(context=1.7, angle=3 * math.pi / 2, flipped=True, shift=(0.1, -0.1)),
    ],
)
def test_a_box_goes_into_a_crop_around_another_and_back(view: CropView) -> None:
    around = BOX + np.array([-6, 4, 10, 5], np.float32)
    crop = crop_box(one_rectangle(), around, view)
    rows, columns = np.nonzero(crop.pixels[..., 0] > 127)
    seen = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]) / CROP_SIZE
    relative = box_to_crop(BOX, crop)
    np.testing.assert_allclose(relative, seen, atol=1.5 / CROP_SIZE)
    np.testing.assert_allclose(box_from_crop(relative, crop), BOX, atol=1e-3)


def test_the_longer_side_fills_its_part_of_the_crop() -> None:
    crop = crop_box(one_rectangle(), BOX)
    rows, columns = np.nonzero(crop.pixels[..., 0] > 127)
    assert abs(columns.max() + 1 - columns.min() - CROP_SIZE / CONTEXT) <= 2
    assert abs(rows.max() + 1 - rows.min() - CROP_SIZE / CONTEXT / 2) <= 2


def test_a_flipped_crop_is_flipped() -> None:
    pixels = one_rectangle()
    pixels[200:240, 300:320] = 128  # the left end is grey
    plain = crop_box(pixels, BOX).pixels
    flipped = crop_box(pixels, BOX, CropView(flipped=True)).pixels
    np.testing.assert_allclose(flipped[:, ::-1].astype(int), plain, atol=1)
    assert plain[64, 25, 0] < 140 < plain[64, 100, 0]
    assert flipped[64, 100, 0] < 140 < flipped[64, 25, 0]


def test_thin_lines_of_a_large_picture_do_not_vanish() -> None:
    pixels = np.zeros((3000, 4000, 3), np.uint8)
    pixels[:, ::16] = 255  # a 16th of all pixels
    crop = crop_box(pixels, np.array([500, 500, 3000, 2500], np.float32))
    assert abs(crop.pixels[32:96, 32:96].mean() - 255 / 16) < 3


@pytest.mark.parametrize("box", [[-20, -10, 60, 50], [0, 0, 640, 480], [635, 475, 640, 480], [10, 10, 10, 10]])
def test_any_box_gives_a_crop(box: list[float]) -> None:
    random = np.random.default_rng(0)
    pixels = cv2.blur(random.integers(0, 256, (480, 640, 3)).astype(np.uint8), (5, 5))
    crop = crop_box(pixels, np.array(box, np.float32))
    assert crop.pixels.shape == (CROP_SIZE, CROP_SIZE, 3)
    assert crop.pixels.std() > 0
    assert ((crop.mask >= 0) & (crop.mask <= 1)).all()
