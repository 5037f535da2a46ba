"""Boxes, anchors and their matching to objects, against slow and plain computations."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from detector.anchors import (
    decode_boxes,
    generate_anchors,
    intersection_over_union,
    non_maximum_suppression,
    vote_boxes,
)
from detector.training import loss
from detector.training.matching import cells_per_stride, match_anchors


def some_boxes(count: int, seed: int = 0, width: float = 384, height: float = 288) -> np.ndarray:
    random = np.random.default_rng(seed)
    corner = random.uniform((0, 0), (width - 40, height - 40), (count, 2))
    size = np.minimum(random.uniform(10, 120, (count, 2)), (width, height) - corner)
    return np.concatenate([corner, corner + size], 1).astype(np.float32)


def counted_iou(a: np.ndarray, b: np.ndarray) -> float:
    """IoU of boxes with whole corners, by counting pixels."""
    canvas = np.zeros((2, 300, 400), bool)
    for layer, (left, top, right, bottom) in zip(canvas, (a, b), strict=True):
        layer[int(top) : int(bottom), int(left) : int(right)] = True
    return (canvas[0] & canvas[1]).sum() / (canvas[0] | canvas[1]).sum()


def test_iou_is_what_counting_pixels_says() -> None:
    a, b = np.round(some_boxes(12, 1)), np.round(some_boxes(9, 2))
    expected = [[counted_iou(one, other) for other in b] for one in a]
    np.testing.assert_allclose(intersection_over_union(a, b), expected, atol=1e-6)


def test_iou_of_an_empty_box_is_zero() -> None:
    point = np.array([[5, 5, 5, 5]], np.float32)
    assert intersection_over_union(point, point) == 0


def test_anchors_are_centred_on_their_cells() -> None:
    grid = generate_anchors(288, 384)
    centres = (grid[:, :2] + grid[:, 2:]) / 2
    per_cell = len(grid) // sum(cells_per_stride(288, 384))
    np.testing.assert_allclose(centres[0], (4, 4))
    np.testing.assert_allclose(centres[per_cell], (12, 4))  # the next cell of a row is to the right
    np.testing.assert_allclose(centres[per_cell * 48], (4, 12))  # 384 / 8 cells make a row
    np.testing.assert_allclose(centres[per_cell * 48 * 36], (8, 8))  # then comes stride 16


def test_offsets_move_the_centre_by_tenths_and_the_size_by_powers() -> None:
    around = np.array([[10, 20, 30, 60]], np.float32)  # centre (20, 40), 20 wide, 40 high
    offsets = np.array([[5, -5, np.log(2) / 0.2, 0]], np.float32)  # half a width right, half a height up, twice as wide
    np.testing.assert_allclose(decode_boxes(offsets, around), [[10, 0, 50, 40]], atol=1e-4)


def test_training_and_serving_decode_alike() -> None:
    around = generate_anchors(96, 96)
    offsets = np.random.default_rng(0).normal(0, 3, around.shape).astype(np.float32)
    trained = loss.decode_boxes(torch.from_numpy(offsets), torch.from_numpy(around.copy()))
    np.testing.assert_allclose(trained.numpy(), decode_boxes(offsets, around), rtol=1e-4, atol=1e-3)


def test_no_offset_is_the_anchor_itself() -> None:
    around = generate_anchors(96, 96)
    np.testing.assert_allclose(decode_boxes(np.zeros_like(around), around), around, atol=1e-4)


def test_suppression_keeps_what_no_better_box_covers() -> None:
    boxes, scores = some_boxes(60, 5), np.random.default_rng(6).random(60, np.float32)
    kept: list[int] = []
    for index in sorted(range(60), key=lambda number: -scores[number]):
        if all(intersection_over_union(boxes[[index]], boxes[[better]])[0, 0] <= 0.4 for better in kept):
            kept.append(index)
    assert non_maximum_suppression(boxes, scores, 0.4).tolist() == kept
    assert non_maximum_suppression(boxes, scores, 0.4, max_boxes=3).tolist() == kept[:3]
    assert 3 < len(kept) < 60


def test_of_no_boxes_none_is_kept() -> None:
    assert non_maximum_suppression(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), 0.4).tolist() == []


def test_box_voting_averages_the_boxes_of_one_object() -> None:
    boxes = np.array([[0, 0, 10, 10], [2, 0, 12, 10], [4, 0, 14, 10], [50, 50, 60, 60], [5, 5, 5, 5]], np.float32)
    scores = np.array([0.8, 0.4, 0.9, 0.5, 0.6], np.float32)
    voted = vote_boxes(boxes, scores, np.array([0, 3, 4]), 0.6)
    # The second overlaps the first by two thirds and has a quarter of its say; the third overlaps it by less than half.
    assert voted[0].tolist() == pytest.approx([0.4, 0, 10.4, 10])
    assert voted[1:].tolist() == boxes[3:].tolist()


@pytest.mark.parametrize("seed", range(4))
def test_every_object_gets_an_anchor_that_fits_better_than_most(seed: int) -> None:
    grid, boxes = generate_anchors(288, 384), some_boxes(6, seed)
    matched_boxes = match_anchors(grid, boxes, cells_per_stride(288, 384))
    overlap = intersection_over_union(grid, boxes)
    for index in range(len(boxes)):
        mine = overlap[matched_boxes == index, index]
        assert len(mine) > 0
        assert mine.min() >= np.quantile(overlap[:, index], 0.99)


def test_no_anchor_serves_an_object_it_does_not_touch() -> None:
    grid, boxes = generate_anchors(288, 384), some_boxes(6, 3)
    matched_boxes = match_anchors(grid, boxes, cells_per_stride(288, 384))
    matched = np.flatnonzero(matched_boxes >= 0)
    assert (intersection_over_union(grid, boxes)[matched, matched_boxes[matched]] > 0).all()


def test_a_tiny_and_a_huge_object_are_matched() -> None:
    boxes = np.array([[100, 100, 103, 104], [0, 0, 384, 288]], np.float32)
    matched_boxes = match_anchors(generate_anchors(288, 384), boxes, cells_per_stride(288, 384))
    assert {0, 1} <= set(matched_boxes.tolist())


def test_without_objects_no_anchor_is_matched() -> None:
    assert (match_anchors(generate_anchors(96, 96), np.zeros((0, 4), np.float32), cells_per_stride(96, 96)) == -1).all()
