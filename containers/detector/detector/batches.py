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
from detector.augment import augmented, looked_at
from detector.crops import cut
from detector.dataset import PictureCache
from detector.matching import cells_of, match
from detector.sample import Pixels, Sample, input_size, network_input

# Sets the random numbers of cuts apart from those of pictures.
CUTS = 1 << 32
# Cuts in an epoch for each picture: a few pictures with dozens of objects must not take all the time.
MOST_CUTS = 4


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
    def matched(self) -> int:
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
    """Every picture of the cache once, in new order and newly augmented, a batch in so many parts or fewer; a batch
    shares one size."""
    order = np.random.default_rng((seed, epoch)).permutation(len(cache))
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
            samples.append(augmented(draw, cache[number], width, height, random))
        return [batch_of(samples[part::parts]) for part in range(min(parts, len(samples)))]

    with ThreadPoolExecutor(1) as pool:
        yield from pool.map(make, groups)


def drawer(cache: PictureCache, random: np.random.Generator) -> Callable[[], Sample]:
    return lambda: cache[int(random.integers(len(cache)))]


@dataclass(frozen=True)
class Cuts:
    """What a step of the classifier takes.

    Attributes:
        pixels: float32 (cuts, 3, side, side), -1..1.
        masks: (cuts, 1, cells, cells), what of each cell the box covers.
        classes: (cuts,).
    """

    pixels: Tensor
    masks: Tensor
    classes: Tensor

    def to(self, device: torch.device) -> Cuts:
        return Cuts(
            self.pixels.to(device, memory_format=torch.channels_last, non_blocking=True),
            self.masks.to(device, non_blocking=True),
            self.classes.to(device, non_blocking=True),
        )


def cuts_of(cuts: list[tuple[Pixels, NDArray[np.float32], int]]) -> Cuts:
    """Cuts with their masks and classes as a batch."""
    return Cuts(
        torch.from_numpy(np.stack([network_input(pixels) for pixels, _, _ in cuts])),
        torch.from_numpy(np.stack([mask for _, mask, _ in cuts])[:, None]),
        torch.tensor([kind for _, _, kind in cuts]),
    )


def objects_in_epoch(cache: PictureCache) -> int:
    """How many objects the classifier looks at in an epoch."""
    return min(sum(len(item.boxes) for item in cache.pictures), MOST_CUTS * len(cache))


def training_cuts(cache: PictureCache, batch_size: int, parts: int, seed: int, epoch: int) -> Iterator[list[Cuts]]:
    """`objects_in_epoch` objects of the cache, each once, in new order and newly looked at."""
    random = np.random.default_rng((seed, epoch, CUTS))
    all_objects = [(number, row) for number, item in enumerate(cache.pictures) for row in range(len(item.boxes))]
    objects = random.permutation(np.array(all_objects))[: objects_in_epoch(cache)]
    groups = [objects[start : start + batch_size] for start in range(0, len(objects), batch_size)]

    def make(group: NDArray[np.int64]) -> list[Cuts]:
        cuts = []
        for number, row in group.tolist():
            sample = cache[number]
            random = np.random.default_rng((seed, epoch, CUTS, number, row))
            cuts.append((*looked_at(sample.pixels, sample.boxes[row], random), int(sample.classes[row])))
        return [cuts_of(cuts[part::parts]) for part in range(min(parts, len(cuts)))]

    with ThreadPoolExecutor(1) as pool:
        yield from pool.map(make, groups)


def plain_cuts(cache: PictureCache) -> Iterator[Cuts]:
    """Every object of the cache as serving sees it, picture by picture."""
    for number in range(len(cache)):
        sample = cache[number]
        yield cuts_of(
            [(*cut(sample.pixels, box), int(kind)) for box, kind in zip(sample.boxes, sample.classes, strict=True)]
        )
