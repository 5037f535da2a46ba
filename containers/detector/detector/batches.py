"""Batches of augmented pictures, made beside the training and the same for a seed whatever the threads do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from detector.anchors import anchors
from detector.augment import augmented
from detector.dataset import PictureCache
from detector.matching import cells_of, match
from detector.sample import Sample, input_size, network_input, resized

WORKERS = 2


@dataclass(frozen=True)
class Batch:
    """What a training step takes.

    Attributes:
        pictures: float32 (batch, 3, height, width), -1..1.
        anchors: (anchors, 4) pixels.
        owners: (batch, anchors), for each anchor the row of `boxes` it is to find, -1 for none.
        boxes: (objects of all pictures, 4) pixels.
        classes: (objects of all pictures,).
    """

    pictures: Tensor
    anchors: Tensor
    owners: Tensor
    boxes: Tensor
    classes: Tensor

    def to(self, device: torch.device) -> Batch:
        return Batch(
            self.pictures.to(device, memory_format=torch.channels_last, non_blocking=True),
            *(t.to(device, non_blocking=True) for t in (self.anchors, self.owners, self.boxes, self.classes)),
        )


def batch_of(samples: list[Sample]) -> Batch:
    """Samples of one size as a batch, each anchor with its object."""
    height, width = samples[0].pixels.shape[:2]
    grid = anchors(height, width)
    owners, objects = [], 0
    for sample in samples:
        owner = match(grid, sample.boxes, cells_of(height, width))
        owners.append(np.where(owner >= 0, owner + objects, -1))
        objects += len(sample.boxes)
    return Batch(
        torch.from_numpy(np.stack([network_input(sample.pixels) for sample in samples])),
        torch.from_numpy(grid.copy()),
        torch.from_numpy(np.stack(owners)),
        torch.from_numpy(np.concatenate([sample.boxes for sample in samples])),
        torch.from_numpy(np.concatenate([sample.classes for sample in samples])),
    )


def training_batches(cache: PictureCache, batch_size: int, image_size: int, seed: int, epoch: int) -> Iterator[Batch]:
    """Every picture of the cache once, in new order and newly augmented; a batch shares one size."""
    order = np.random.default_rng((seed, epoch)).permutation(len(cache))
    groups = [order[start : start + batch_size] for start in range(0, len(order), batch_size)]

    def make(group: NDArray[np.int64]) -> Batch:
        samples: list[Sample] = []
        for number in group.tolist():
            random = np.random.default_rng((seed, epoch, number))
            # The first picture decides for all: its shape, or that shape on its side.
            if not samples:
                across, down = cache.pictures[number].size
                width, height = input_size(across, down, image_size)
                if random.random() < 0.5:
                    width, height = height, width
            draw = drawer(cache, random)
            samples.append(augmented(draw, cache[number], width, height, random))
        return batch_of(samples)

    with ThreadPoolExecutor(WORKERS) as pool:
        yield from pool.map(make, groups)


def drawer(cache: PictureCache, random: np.random.Generator) -> Callable[[], Sample]:
    return lambda: cache[int(random.integers(len(cache)))]


def plain_batches(cache: PictureCache, image_size: int) -> Iterator[Batch]:
    """Every picture of the cache by itself, as serving would see it."""
    for number in range(len(cache)):
        across, down = cache.pictures[number].size
        yield batch_of([resized(cache[number], *input_size(across, down, image_size))])
