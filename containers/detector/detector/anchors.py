"""The boxes the detector starts from, and the code between a box and an anchor.

Boxes here are float32 pixels of the network's input, left, top, right, bottom. Everything is NumPy, because serving has
no PyTorch; training turns the results into tensors.
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
# What the network predicts is multiplied by these (SSD's "variances"), so that its numbers are near 1.
CENTRE_VARIANCE, SIZE_VARIANCE = 0.1, 0.2
# exp() of an untrained network's size must stay a size.
LARGEST_LOG_SIZE = math.log(1000 / 16)


@lru_cache(maxsize=64)
def anchors(height: int, width: int) -> Boxes:
    """All anchors of an input of that size, (n, 4): strides ascending, rows, columns, then the anchors of a cell."""
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


def decode(offsets: Boxes, around: Boxes) -> Boxes:
    """The boxes (n, 4) that the network's `offsets` (n, 4) from the anchors `around` describe.

    SSD's code: centre in anchor sizes, logarithm of size, each times its variance (Liu et al., arXiv:1512.02325).
    """
    anchor_centre, anchor_size = (around[:, :2] + around[:, 2:]) / 2, around[:, 2:] - around[:, :2]
    centre = anchor_centre + offsets[:, :2] * CENTRE_VARIANCE * anchor_size
    size = anchor_size * np.exp(np.minimum(offsets[:, 2:] * SIZE_VARIANCE, LARGEST_LOG_SIZE))
    return np.concatenate([centre - size / 2, centre + size / 2], 1).astype(np.float32, copy=False)


def intersection_over_union(a: Boxes, b: Boxes) -> NDArray[np.float32]:
    """IoU of each of `a` (n, 4) with each of `b` (m, 4): (n, m), 0 where neither has an area."""
    across = np.minimum(a[:, None, 2], b[:, 2]) - np.maximum(a[:, None, 0], b[:, 0])
    down = np.minimum(a[:, None, 3], b[:, 3]) - np.maximum(a[:, None, 1], b[:, 1])
    overlap = np.maximum(across, 0) * np.maximum(down, 0)
    area_a, area_b = ((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]) for boxes in (a, b))
    union = area_a[:, None] + area_b[None] - overlap
    shares: NDArray[np.float32] = np.divide(overlap, union, out=np.zeros_like(overlap), where=union > 0)
    return shares


def non_maximum_suppression(
    boxes: Boxes, scores: NDArray[np.float32], iou: float, most: int | None = None
) -> NDArray[np.intp]:
    """Indices of the boxes that no better one overlaps by more than `iou`, best first, at most `most` of them."""
    waiting = np.argsort(-scores, kind="stable")
    kept: list[np.intp] = []
    # A row of overlaps for each box that stays: far fewer than of all boxes with all.
    while len(waiting) and len(kept) != most:
        best, others = waiting[0], waiting[1:]
        kept.append(best)
        waiting = others[intersection_over_union(boxes[[best]], boxes[others])[0] <= iou]
    return np.array(kept, np.intp)


def voted(boxes: Boxes, scores: NDArray[np.float32], kept: NDArray[np.intp], iou: float) -> Boxes:
    """The kept boxes, each the mean of all that overlap it by more than `iou`, weighted by their squared scores.

    Neighbouring anchors err in different directions (Gidaris and Komodakis, arXiv:1505.01749).
    """
    same = intersection_over_union(boxes[kept], boxes) > iou
    same[np.arange(len(kept)), kept] = True  # a box without area overlaps not even itself
    weights = same * np.square(scores)
    mean: Boxes = (weights @ boxes / weights.sum(1, keepdims=True)).astype(np.float32, copy=False)
    return mean
