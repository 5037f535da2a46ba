"""Batches of augmented pictures for the detector: the same for a seed, whatever the threads do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from detector.anchors import generate_anchors
from detector.sample import Sample, input_size, network_input, resize_sample, serving_image_size
from detector.training.augment import augment
from detector.training.dataset import PictureCache
from detector.training.matching import cells_per_stride, match_anchors
from detector.training.prefetch import prefetch

# Pictures without objects in an epoch, for each picture with objects: each teaches little, and there may be many.
NEGATIVE_PICTURES = 0.25


@dataclass(frozen=True)
class DetectorBatch:
    """Pictures of one size with their anchors, matched to objects.

    Attributes:
        pictures: float32 (batch, 3, height, width), -1..1.
        anchors: (anchors, 4) pixels.
        matched_boxes: (batch, anchors), for each anchor the row of its object in `boxes`, -1 for background.
        boxes: (objects of all pictures, 4), left, top, right, bottom in pixels.
    """

    pictures: Tensor
    anchors: Tensor
    matched_boxes: Tensor
    boxes: Tensor

    @property
    def foreground(self) -> int:
        """The number of anchors matched to an object, by which the loss is divided."""
        return int((self.matched_boxes >= 0).sum())

    def to(self, device: torch.device) -> DetectorBatch:
        return DetectorBatch(
            self.pictures.to(device, memory_format=torch.channels_last, non_blocking=True),
            *(t.to(device, non_blocking=True) for t in (self.anchors, self.matched_boxes, self.boxes)),
        )


def collate(samples: list[Sample]) -> DetectorBatch:
    """A batch of samples of one size, their anchors matched."""
    height, width = samples[0].pixels.shape[:2]
    anchors = generate_anchors(height, width)
    matched, objects = [], 0
    for sample in samples:
        match = match_anchors(anchors, sample.boxes, cells_per_stride(height, width))
        matched.append(np.where(match >= 0, match + objects, -1))
        objects += len(sample.boxes)
    return DetectorBatch(
        torch.from_numpy(np.stack([network_input(sample.pixels) for sample in samples])),
        torch.from_numpy(anchors.copy()),
        torch.from_numpy(np.stack(matched)),
        torch.from_numpy(np.concatenate([sample.boxes for sample in samples])),
    )


def detector_batches(
    cache: PictureCache, batch_size: int, micro_batches: int, image_size: int, seed: int, epoch: int
) -> Iterator[list[DetectorBatch]]:
    """The batches of an epoch, each as at most that many micro-batches of one picture size: every picture with objects
    once and some without, shuffled and augmented anew."""
    random = np.random.default_rng((seed, epoch))
    positive = [index for index, item in enumerate(cache.pictures) if len(item.boxes)]
    negative = [index for index, item in enumerate(cache.pictures) if not len(item.boxes)]
    chosen = random.permutation(negative)[: pictures_per_epoch(cache) - len(positive)]
    order = random.permutation(np.concatenate([positive, chosen]).astype(np.int64))
    groups = [order[start : start + batch_size] for start in range(0, len(order), batch_size)]

    def make(group: NDArray[np.int64]) -> list[DetectorBatch]:
        samples: list[Sample] = []
        for index in group.tolist():
            random = np.random.default_rng((seed, epoch, index))
            # The first picture sets the size of the batch: its own shape, or that rotated by 90 degrees.
            if not samples:
                width, height = cache.pictures[index].size
                width, height = input_size(width, height, image_size)
                if random.random() < 0.5:
                    width, height = height, width
            draw_sample = sampler(cache, random)
            samples.append(augment(cache[index], draw_sample, width, height, cache.scale, random))
        return [collate(samples[first::micro_batches]) for first in range(min(micro_batches, len(samples)))]

    return prefetch(make, groups)


def pictures_per_epoch(cache: PictureCache) -> int:
    """The number of pictures that the detector is trained on in an epoch."""
    positive = sum(len(item.boxes) > 0 for item in cache.pictures)
    return min(len(cache), round((1 + NEGATIVE_PICTURES) * positive))


def sampler(cache: PictureCache, random: np.random.Generator) -> Callable[[], Sample]:
    """Draws a picture of the cache at each call."""
    return lambda: cache[int(random.integers(len(cache)))]


def validation_pictures(cache: PictureCache, image_size: int) -> Iterator[DetectorBatch]:
    """Every picture of the cache as serving sees it, a batch of one each."""
    for index in range(len(cache)):
        sample = cache[index]
        size = serving_image_size(image_size, cache.scale)
        yield collate([resize_sample(sample, *input_size(sample.pixels.shape[1], sample.pixels.shape[0], size))])
