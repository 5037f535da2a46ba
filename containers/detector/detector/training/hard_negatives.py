"""Hard negative mining (Sung and Poggio, 1998): background in training pictures that the detector takes for objects.

The classifier learns its background class from them. A few pictures show the detector few of the things that surround
objects; its likeliest false positives make the most of them.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch

from detector.anchors import Boxes, intersection_over_union, non_maximum_suppression
from detector.networks.detector import Detector
from detector.sample import serving_image_size
from detector.serving.inference import NMS_IOU, decode_proposals, detector_input
from detector.training.dataset import PictureCache

# Of each picture, the ones with the highest scores.
MAX_PER_PICTURE = 8
# A box with a larger IoU with an object may well be of its class.
BACKGROUND_IOU = 0.3


def mine_hard_negatives(
    detector: Detector, cache: PictureCache, image_size: int, device: torch.device, pool: ThreadPoolExecutor
) -> list[Boxes]:
    """For each picture of the cache, the best of serving's proposals that contain no object: (n, 4), left, top, right,
    bottom in pixels of the cached picture. The pool's threads take a picture each."""

    size = serving_image_size(image_size, cache.scale)

    @torch.no_grad()
    def mine(index: int) -> Boxes:
        sample = cache[index]
        picture = torch.from_numpy(detector_input(sample.pixels, size, flipped=False))
        objectness, offsets = detector(picture.to(device, memory_format=torch.channels_last))
        height, width = picture.shape[2:]
        scores = objectness[0].sigmoid().cpu().numpy()
        boxes, scores = decode_proposals(scores, offsets[0].cpu().numpy(), width, height)
        proposals = boxes[non_maximum_suppression(boxes, scores, NMS_IOU)]
        proposals = proposals * np.array([sample.pixels.shape[1], sample.pixels.shape[0]] * 2, np.float32)
        background = intersection_over_union(proposals, sample.boxes).max(1, initial=0) < BACKGROUND_IOU
        negatives: Boxes = proposals[background][:MAX_PER_PICTURE]
        return negatives

    return list(pool.map(mine, range(len(cache))))
