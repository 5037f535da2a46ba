"""A closer look at a box: the cut shows it, and its mask says where."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
from detector.crops import CONTEXT, SIDE, STRIDE, View, cut, in_cut, in_picture

BOX = np.array([300, 200, 380, 240], np.float32)  # 80 x 40


def one_rectangle(box: np.ndarray = BOX, width: int = 640, height: int = 480) -> np.ndarray:
    """White where the box is, black elsewhere."""
    pixels = np.zeros((height, width, 3), np.uint8)
    left, top, right, bottom = box.astype(int)
    pixels[top:bottom, left:right] = 255
    return pixels


def share_of_cells(piece: np.ndarray) -> np.ndarray:
    """How much of each cell is white."""
    cells = SIDE // STRIDE
    return piece[..., 0].reshape(cells, STRIDE, cells, STRIDE).mean((1, 3)) / 255


@pytest.mark.parametrize(
    "view",
    [
        View(),
        View(context=1.15),
        View(angle=math.pi / 2),
        View(angle=0.7, mirrored=True),
        View(context=1.7, angle=4.0, shift=(0.15, -0.1)),
    ],
)
@pytest.mark.parametrize("scale", [0.5, 1, 5])
def test_the_mask_is_where_the_object_is(view: View, scale: float) -> None:
    box = (BOX * scale).round()
    pixels = one_rectangle(box, round(640 * scale), round(480 * scale))
    piece, mask = cut(pixels, box, view)
    assert piece.shape == (SIDE, SIDE, 3)
    assert mask.shape == (SIDE // STRIDE, SIDE // STRIDE)
    np.testing.assert_allclose(mask, share_of_cells(piece), atol=0.2)
    assert abs(mask.mean() - share_of_cells(piece).mean()) < 0.02


@pytest.mark.parametrize(
    "view",
    [View(), View(angle=math.pi / 2), View(context=1.7, angle=3 * math.pi / 2, mirrored=True, shift=(0.1, -0.1))],
)
def test_a_box_goes_into_a_cut_around_another_and_back(view: View) -> None:
    around = BOX + np.array([-6, 4, 10, 5], np.float32)
    piece, _ = cut(one_rectangle(), around, view)
    rows, columns = np.nonzero(piece[..., 0] > 127)
    seen = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]) / SIDE
    edges = in_cut(BOX, around, view)
    np.testing.assert_allclose(edges, seen, atol=1.5 / SIDE)
    np.testing.assert_allclose(in_picture(edges, around, view), BOX, atol=1e-3)


def test_the_longer_side_fills_its_part_of_the_cut() -> None:
    piece, _ = cut(one_rectangle(), BOX)
    rows, columns = np.nonzero(piece[..., 0] > 127)
    assert abs(columns.max() + 1 - columns.min() - SIDE / CONTEXT) <= 2
    assert abs(rows.max() + 1 - rows.min() - SIDE / CONTEXT / 2) <= 2


def test_mirrored_is_mirrored() -> None:
    pixels = one_rectangle()
    pixels[200:240, 300:320] = 128  # the left end is grey
    plain, _ = cut(pixels, BOX)
    mirrored, _ = cut(pixels, BOX, View(mirrored=True))
    np.testing.assert_allclose(mirrored[:, ::-1].astype(int), plain, atol=1)
    assert plain[64, 25, 0] < 140 < plain[64, 100, 0]
    assert mirrored[64, 100, 0] < 140 < mirrored[64, 25, 0]


def test_thin_lines_of_a_large_picture_do_not_vanish() -> None:
    pixels = np.zeros((3000, 4000, 3), np.uint8)
    pixels[:, ::16] = 255  # a 16th of all pixels
    piece, _ = cut(pixels, np.array([500, 500, 3000, 2500], np.float32))
    assert abs(piece[32:96, 32:96].mean() - 255 / 16) < 3


@pytest.mark.parametrize("box", [[-20, -10, 60, 50], [0, 0, 640, 480], [635, 475, 640, 480], [10, 10, 10, 10]])
def test_any_box_gives_a_cut(box: list[float]) -> None:
    random = np.random.default_rng(0)
    pixels = cv2.blur(random.integers(0, 256, (480, 640, 3)).astype(np.uint8), (5, 5))
    piece, mask = cut(pixels, np.array(box, np.float32))
    assert piece.shape == (SIDE, SIDE, 3)
    assert piece.std() > 0
    assert ((mask >= 0) & (mask <= 1)).all()
