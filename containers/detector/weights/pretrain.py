"""Teach the new layers what boxes are, before anybody's pictures: `python pretrain.py {heads,edges} CLIPART FILE.npz`.

CLIPART is the folder of Debian's package openclipart-png (usr/share/openclipart/png). The pretrained feature extractors
stay as they are; what stands on them learns from collages: the detector's heads to box things of any kind, the edges of
the closer look to say where a thing begins and ends. A training then has to learn only which things are meant.
"""

from __future__ import annotations

import argparse
import copy
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from clipart import Cutout, cutouts
from collages import collage
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from detector.networks import efficientnet, mobilenet
from detector.networks.classifier import Classifier
from detector.networks.detector import Detector
from detector.networks.layers import load_pretrained
from detector.sample import Sample
from detector.training.augment import upright_look
from detector.training.classifier_batches import Cuts, cuts_of
from detector.training.detector_batches import Batch, batch_of
from detector.training.loss import detection_loss, edges_loss
from detector.training.trainer import move_average, rate_factor

SIZE, SEED = 320, 1
RATE, WEIGHT_DECAY, LARGEST_GRADIENT, AVERAGE_DECAY = 3e-3, 0.01, 10.0, 0.998


@dataclass(frozen=True)
class Course:
    """How many steps there are, and how many collages to each."""

    steps: int
    collages: int


HEADS, EDGES = Course(900, 8), Course(4000, 5)
# Of a collage, so many are looked at closer.
THINGS = 4


class Collages(Dataset[Sample]):
    """The collages of a course, each always the same."""

    def __init__(self, things: list[Cutout], course: Course) -> None:
        self._things, self._course = things, course

    def __len__(self) -> int:
        return self._course.steps * self._course.collages

    def __getitem__(self, number: int) -> Sample:
        return collage(self._things, SIZE, np.random.default_rng((SEED, number)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=("heads", "edges"))
    parser.add_argument("clipart", type=Path)
    parser.add_argument("file", type=Path)
    options = parser.parse_args()
    found = cutouts(options.clipart)
    print(f"{len(found)} things", flush=True)
    torch.manual_seed(SEED)
    torch.set_flush_denormal(True)
    weights = heads(found) if options.part == "heads" else edges(found)
    np.savez_compressed(options.file, **weights)


def heads(found: list[Cutout]) -> dict[str, np.ndarray]:
    """The layers of `detector.networks.detector.Heads`."""
    network = Detector()
    load_pretrained(network.backbone, mobilenet.PRETRAINED)
    network.backbone.requires_grad_(False)
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def loss(batch: Batch) -> Tensor:
        pictures = batch.pictures.to(memory_format=torch.channels_last)
        return detection_loss(network(pictures), batch) / max(1, batch.targets)

    batches = DataLoader(Collages(found, HEADS), HEADS.collages, num_workers=1, collate_fn=batch_of)
    return learned(network.heads, HEADS, map(loss, batches))


def edges(found: list[Cutout]) -> dict[str, np.ndarray]:
    """The layers of `detector.networks.box_refiner.Edges`."""
    network = Classifier(1)
    load_pretrained(network.backbone, efficientnet.PRETRAINED)
    network.backbone.requires_grad_(False)
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def loss(cuts: Cuts) -> Tensor:
        _, seen = network(cuts.pixels.to(memory_format=torch.channels_last), cuts.masks)
        return edges_loss(seen, cuts.wanted) / len(cuts.wanted)

    batches = DataLoader(Collages(found, EDGES), EDGES.collages, num_workers=1, collate_fn=looked_at_closer)
    return learned(network.edges, EDGES, map(loss, batches))


def looked_at_closer(samples: list[Sample]) -> Cuts:
    """Cuts around the things of some collages, as a training makes them."""
    cuts = []
    for sample in samples:
        random = np.random.default_rng(sample.boxes.astype(np.int64).ravel())
        for box in sample.boxes[:THINGS]:
            cuts.append(upright_look(sample.pixels, box, random))
    return cuts_of(cuts)


def learned(part: nn.Module, course: Course, losses: Iterable[Tensor]) -> dict[str, np.ndarray]:
    """Improve a part of a network by the losses that come of it, and give the average of its weights."""
    average = copy.deepcopy(part)
    weights = list(part.parameters())
    optimizer = torch.optim.AdamW(weights, RATE, weight_decay=WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: rate_factor(step, course.steps))
    for step, loss in enumerate(losses, start=1):
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights, LARGEST_GRADIENT)
        optimizer.step()
        schedule.step()
        move_average(average, part, min(AVERAGE_DECAY, step / (9 + step)))
        if step % 50 == 0:
            print(f"step {step}/{course.steps} loss={loss.item():.4f}", flush=True)
    return {name: numbers.numpy().astype(np.float16) for name, numbers in average.state_dict().items()}


if __name__ == "__main__":
    main()
