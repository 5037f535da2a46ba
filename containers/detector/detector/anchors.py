"""Anchor boxes, the box coding relative to them, IoU, non-maximum suppression and box voting.

Boxes are float32 (n, 4), left, top, right, bottom in pixels of the network's input. All of it is NumPy, because serving
has no PyTorch; training turns the results into tensors.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Boxes = NDArray[np.float32]

STRIDES = (8, 16, 32, 64)
# Sides in strides, and width over height: a plug is about twice as long as wide and lies at any angle.
SCALES = (4.0, 5.7)
RATIOS = (0.5, 1.0, 2.0)
ANCHORS_PER_CELL = len(SCALES) * len(RATIOS)
# SSD's "variances": predicted offsets are multiplied by them, so that the network's outputs are near 1.
CENTRE_VARIANCE, SIZE_VARIANCE = 0.1, 0.2
# Clips predicted log sizes: exp() of an untrained network's output must not overflow.
MAX_LOG_SIZE = math.log(1000 / 16)


@lru_cache(maxsize=64)
def generate_anchors(height: int, width: int) -> Boxes:
    """All anchors (n, 4) of a network input of that size, by stride ascending, row, column and anchor of the cell."""
    grids = []
    for stride in STRIDES:
        rows, columns = math.ceil(height / stride), math.ceil(width / stride)
        sides = [(stride * scale * ratio**0.5, stride * scale / ratio**0.5) for scale in SCALES for ratio in RATIOS]
        y, x = np.mgrid[:rows, :columns].astype(np.float32)
        centres = (np.stack([x, y, x, y], -1)[:, :, None] + 0.5) * stride
        halves = np.array([(-w / 2, -h / 2, w / 2, h / 2) for w, h in sides], np.float32)
        grids.append((centres + halves).reshape(-1, 4))
    result = np.concatenate(grids).astype(np.float32, copy=False)
    result.setflags(write=False)  # one array serves every caller
    return result


def decode_boxes(offsets: Boxes, anchors: Boxes) -> Boxes:
    """Boxes (n, 4) from predicted `offsets` (n, 4) relative to `anchors` (n, 4).

    SSD's coding: centre in anchor sizes, logarithm of size, each times its variance (Liu et al., arXiv:1512.02325).
    """
    anchor_centre, anchor_size = (anchors[:, :2] + anchors[:, 2:]) / 2, anchors[:, 2:] - anchors[:, :2]
    centre = anchor_centre + offsets[:, :2] * CENTRE_VARIANCE * anchor_size
    size = anchor_size * np.exp(np.minimum(offsets[:, 2:] * SIZE_VARIANCE, MAX_LOG_SIZE))
    return np.concatenate([centre - size / 2, centre + size / 2], 1).astype(np.float32, copy=False)


def intersection_over_union(a: Boxes, b: Boxes) -> NDArray[np.float32]:
    """IoU of each of `a` (n, 4) with each of `b` (m, 4): (n, m), 0 where neither has an area."""
    width = np.minimum(a[:, None, 2], b[:, 2]) - np.maximum(a[:, None, 0], b[:, 0])
    height = np.minimum(a[:, None, 3], b[:, 3]) - np.maximum(a[:, None, 1], b[:, 1])
    intersection = np.maximum(width, 0) * np.maximum(height, 0)
    area_a, area_b = ((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]) for boxes in (a, b))
    union = area_a[:, None] + area_b[None] - intersection
    iou: NDArray[np.float32] = np.divide(intersection, union, out=np.zeros_like(intersection), where=union > 0)
    return iou


def non_maximum_suppression(
    boxes: Boxes, scores: NDArray[np.float32], iou_threshold: float, max_boxes: int | None = None
) -> NDArray[np.intp]:
    """Indices of the boxes to keep: those whose IoU with every better one kept is at most the threshold, best first.

    Args:
        boxes: (n, 4).
        scores: (n,).
        max_boxes: to keep; None: no limit.
    """
    remaining = np.argsort(-scores, kind="stable")
    kept: list[np.intp] = []
    # One row of IoU for each box that is kept: far fewer than for all pairs.
    while len(remaining) and len(kept) != max_boxes:
        best, others = remaining[0], remaining[1:]
        kept.append(best)
        remaining = others[intersection_over_union(boxes[[best]], boxes[others])[0] <= iou_threshold]
    return np.array(kept, np.intp)


def vote_boxes(boxes: Boxes, scores: NDArray[np.float32], kept: NDArray[np.intp], iou_threshold: float) -> Boxes:
    """Box voting: each of the boxes `kept` becomes the mean, weighted by squared scores, of all boxes whose IoU with it
    is above the threshold.

    Neighbouring anchors err in different directions (Gidaris and Komodakis, arXiv:1505.01749).

    Args:
        boxes: (n, 4).
        scores: (n,).
        kept: (k,) indices into `boxes`, as `non_maximum_suppression` gives them.

    Returns:
        (k, 4).
    """
    voters = intersection_over_union(boxes[kept], boxes) > iou_threshold
    voters[np.arange(len(kept)), kept] = True  # a box without area has an IoU of 0 even with itself
    weights = voters * np.square(scores)
    mean: Boxes = (weights @ boxes / weights.sum(1, keepdims=True)).astype(np.float32, copy=False)
    return mean
