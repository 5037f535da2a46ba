"""Batches of augmented pictures, made beside the training and the same for a seed whatever the threads do."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from detector.anchors import anchors
from detector.sample import Sample, input_size, network_input, resized, serving_size
from detector.training.augment import augmented
from detector.training.dataset import PictureCache
from detector.training.matching import cells_of, match

Made = TypeVar("Made")

# So many batches wait to be trained on at the most.
AHEAD = 4
# Pictures without boxes in an epoch, for each picture with: they teach little each, and there may be many.
NEGATIVES = 0.25


@dataclass(frozen=True)
class Batch:
    """What a training step takes.

    Attributes:
        pictures: float32 (batch, 3, height, width), -1..1.
        anchors: (anchors, 4) pixels.
        owners: (batch, anchors), for each anchor the row of `boxes` it is to find, -1 for none.
        boxes: (objects of all pictures, 4) pixels.
    """

    pictures: Tensor
    anchors: Tensor
    owners: Tensor
    boxes: Tensor

    @property
    def targets(self) -> int:
        """How many anchors are to find something."""
        return int((self.owners >= 0).sum())

    def to(self, device: torch.device) -> Batch:
        return Batch(
            self.pictures.to(device, memory_format=torch.channels_last, non_blocking=True),
            *(t.to(device, non_blocking=True) for t in (self.anchors, self.owners, self.boxes)),
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
    )


def training_batches(
    cache: PictureCache, batch_size: int, parts: int, image_size: int, seed: int, epoch: int
) -> Iterator[list[Batch]]:
    """Every picture with boxes once and some without, in new order and newly augmented, a batch in so many parts or
    fewer; a batch shares one size."""
    random = np.random.default_rng((seed, epoch))
    with_boxes = [number for number, item in enumerate(cache.pictures) if len(item.boxes)]
    without = [number for number, item in enumerate(cache.pictures) if not len(item.boxes)]
    negatives = random.permutation(without)[: pictures_in_epoch(cache) - len(with_boxes)]
    order = random.permutation(np.concatenate([with_boxes, negatives]).astype(np.int64))
    groups = [order[start : start + batch_size] for start in range(0, len(order), batch_size)]

    def make(group: NDArray[np.int64]) -> list[Batch]:
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
            samples.append(augmented(draw, cache[number], width, height, cache.enlargement, random))
        return [batch_of(samples[part::parts]) for part in range(min(parts, len(samples)))]

    return made_ahead(make, groups)


def made_ahead(make: Callable[[NDArray[np.int64]], Made], groups: list[NDArray[np.int64]]) -> Iterator[Made]:
    """What `make` gives for each group, made in a thread beside the caller: a few ahead, for memory has an end."""
    waiting: deque[Future[Made]] = deque()
    with ThreadPoolExecutor(1) as pool:
        for group in groups:
            waiting.append(pool.submit(make, group))
            if len(waiting) > AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def pictures_in_epoch(cache: PictureCache) -> int:
    """How many pictures the detector learns from in an epoch."""
    with_boxes = sum(len(item.boxes) > 0 for item in cache.pictures)
    return min(len(cache), round((1 + NEGATIVES) * with_boxes))


def drawer(cache: PictureCache, random: np.random.Generator) -> Callable[[], Sample]:
    return lambda: cache[int(random.integers(len(cache)))]


def plain_pictures(cache: PictureCache, image_size: int) -> Iterator[Batch]:
    """Every picture of the cache as serving sees it, one by one."""
    for number in range(len(cache)):
        sample = cache[number]
        size = serving_size(image_size, cache.enlargement)
        yield batch_of([resized(sample, *input_size(sample.pixels.shape[1], sample.pixels.shape[0], size))])
