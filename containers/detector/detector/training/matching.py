"""Matching anchors to objects: adaptive training sample selection, ATSS (Zhang et al., arXiv:1912.02424)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from detector.anchors import ANCHORS_PER_CELL, STRIDES, Boxes, intersection_over_union

# Candidates of each object at each stride: all anchors of this many nearest cells.
CANDIDATE_CELLS = 9


def match_anchors(anchors: Boxes, boxes: Boxes, cells: tuple[int, ...]) -> NDArray[np.intp]:
    """For each anchor the index of its object, or -1 for background.

    Of the candidates, the anchors nearest to its centre, an object takes those with an IoU of at least the candidates'
    mean plus standard deviation and their centre inside it, and in any case the one with the largest IoU. An anchor
    that several objects would take goes to the one with the largest IoU.

    Args:
        anchors: (n, 4) as `detector.anchors.generate_anchors` orders them.
        boxes: (m, 4), the objects, in pixels of the network's input too.
        cells: how many cells each stride has.

    Returns:
        (n,).
    """
    matched = np.full(len(anchors), -1, np.intp)
    if not len(boxes):
        return matched
    iou = intersection_over_union(anchors, boxes)
    centres = (anchors[:, :2] + anchors[:, 2:]) / 2
    best = np.zeros(len(anchors), np.float32)
    for index, box in enumerate(boxes):
        distance = np.abs(centres.T - ((box[:2] + box[2:]) / 2)[:, None]).max(0)
        candidates, start = [], 0
        for count in cells:
            near = min(CANDIDATE_CELLS * ANCHORS_PER_CELL, count * ANCHORS_PER_CELL)
            at_stride = distance[start : start + count * ANCHORS_PER_CELL]
            candidates.append(start + np.argpartition(at_stride, near - 1)[:near])
            start += count * ANCHORS_PER_CELL
        chosen = np.concatenate(candidates)
        value = iou[chosen, index]
        inside = ((centres[chosen] > box[:2]) & (centres[chosen] < box[2:])).all(1)
        chosen = chosen[(value >= value.mean() + value.std()) & inside]
        chosen = chosen[iou[chosen, index] > best[chosen]]
        matched[chosen], best[chosen] = index, iou[chosen, index]
    # A tiny or crowded object must be matched too.
    for index in range(len(boxes)):
        if not (matched == index).any():
            matched[iou[:, index].argmax()] = index
    return matched


def cells_per_stride(height: int, width: int) -> tuple[int, ...]:
    """The number of cells of each stride on an input of that size in pixels, in `STRIDES` order."""
    return tuple(-(-height // stride) * -(-width // stride) for stride in STRIDES)
