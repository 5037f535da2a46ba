"""Hard negatives: what the detector takes for an object in the training pictures and is none.

The classifier learns from them what is nothing. Few pictures show the detector few of the things that surround objects;
a closer look at the likeliest mistakes makes the most of them (hard negative mining: Sung and Poggio, 1998).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch

from detector.anchors import Boxes, intersection_over_union, non_maximum_suppression
from detector.networks.detector import Detector
from detector.sample import serving_size
from detector.serving.inference import SAME_OBJECT_IOU, candidates, view
from detector.training.dataset import PictureCache

# The likeliest ones of each picture.
MOST_OF_A_PICTURE = 8
# What overlaps an object by more may be called by its name.
APART_IOU = 0.3


def hard_negatives(
    detector: Detector, cache: PictureCache, image_size: int, device: torch.device, pool: ThreadPoolExecutor
) -> list[Boxes]:
    """For each picture of the cache boxes (n, 4) in its pixels: of those that serving would look at closer the best
    few without an object in them. The pool's threads work on pictures side by side."""

    size = serving_size(image_size, cache.enlargement)

    @torch.no_grad()
    def in_picture(number: int) -> Boxes:
        sample = cache[number]
        seen = torch.from_numpy(view(sample.pixels, size, mirrored=False))
        objects, offsets = detector(seen.to(device, memory_format=torch.channels_last))
        height, width = seen.shape[2:]
        boxes, scores = candidates(objects[0].sigmoid().cpu().numpy(), offsets[0].cpu().numpy(), width, height)
        best = boxes[non_maximum_suppression(boxes, scores, SAME_OBJECT_IOU)]
        best = best * np.array([sample.pixels.shape[1], sample.pixels.shape[0]] * 2, np.float32)
        apart = intersection_over_union(best, sample.boxes).max(1, initial=0) < APART_IOU
        negatives: Boxes = best[apart][:MOST_OF_A_PICTURE]
        return negatives

    return list(pool.map(in_picture, range(len(cache))))
