"""Which anchors are to find which object: adaptive training sample selection (Zhang et al., arXiv:1912.02424)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from detector.anchors import ANCHORS_PER_CELL, STRIDES, Boxes, intersection_over_union

# Candidates of each object at each stride: the nearest cells, all anchors of a cell.
NEAREST_CELLS = 9


def match(anchors: Boxes, boxes: Boxes, cells: tuple[int, ...]) -> NDArray[np.intp]:
    """For each anchor the index of its object, or -1 where it is to find nothing: (anchors,).

    An object takes, among the anchors near its centre, those that overlap it more than the mean of the candidates plus
    their standard deviation and whose centre lies inside it, and in any case the one that overlaps it most. An anchor
    that several objects want goes to the one it overlaps most.

    Args:
        anchors: (n, 4) as `detector.anchors.anchors` orders them.
        boxes: (m, 4), the objects.
        cells: how many cells each stride has.
    """
    owner = np.full(len(anchors), -1, np.intp)
    if not len(boxes):
        return owner
    overlap = intersection_over_union(anchors, boxes)
    centres = (anchors[:, :2] + anchors[:, 2:]) / 2
    best = np.zeros(len(anchors), np.float32)
    for index, box in enumerate(boxes):
        across, down = np.abs(centres.T - ((box[:2] + box[2:]) / 2)[:, None])
        distance = np.maximum(across, down)
        candidates, start = [], 0
        for count in cells:
            near = min(NEAREST_CELLS * ANCHORS_PER_CELL, count * ANCHORS_PER_CELL)
            at_stride = distance[start : start + count * ANCHORS_PER_CELL]
            candidates.append(start + np.argpartition(at_stride, near - 1)[:near])
            start += count * ANCHORS_PER_CELL
        chosen = np.concatenate(candidates)
        value = overlap[chosen, index]
        inside = ((centres[chosen] > box[:2]) & (centres[chosen] < box[2:])).all(1)
        chosen = chosen[(value >= value.mean() + value.std()) & inside]
        chosen = chosen[overlap[chosen, index] > best[chosen]]
        owner[chosen], best[chosen] = index, overlap[chosen, index]
    # A tiny or crowded object must not go without.
    for index in range(len(boxes)):
        if not (owner == index).any():
            owner[overlap[:, index].argmax()] = index
    return owner


def cells_of(height: int, width: int) -> tuple[int, ...]:
    """How many cells each stride has on an input of that size."""
    return tuple(-(-height // stride) * -(-width // stride) for stride in STRIDES)
