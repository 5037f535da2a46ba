"""Pretrain the new layers on synthetic pictures: `python pretrain.py {heads,box_refiner} CLIPART FILE.npz`.

CLIPART is the folder of Debian's package openclipart-png (usr/share/openclipart/png). With the backbones frozen, the
detector's heads learn from collages to box objects of any kind, and the box refiner to find the exact sides of a box.
Fine-tuning then has to learn only which objects are meant.
"""

from __future__ import annotations

import argparse
import copy
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from clipart import Cutout, read_cutouts
from collages import collage
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from detector.networks import efficientnet, mobilenet
from detector.networks.classifier import Classifier
from detector.networks.detector import Detector
from detector.networks.layers import load_pretrained
from detector.sample import Sample
from detector.training.augment import random_upright_crop
from detector.training.classifier_batches import CropBatch, collate_crops
from detector.training.detector_batches import DetectorBatch, collate
from detector.training.loss import box_refinement_loss, detection_loss
from detector.training.trainer import learning_rate_factor, update_ema

SIZE, SEED = 320, 1
LEARNING_RATE, WEIGHT_DECAY, MAX_GRADIENT_NORM, EMA_DECAY = 3e-3, 0.01, 10.0, 0.998


@dataclass(frozen=True)
class Schedule:
    """Length and batch size of a pretraining."""

    steps: int
    collages_per_step: int


HEADS, BOX_REFINER = Schedule(900, 8), Schedule(4000, 5)
CROPS_PER_COLLAGE = 4


class Collages(Dataset[Sample]):
    """All collages of a pretraining, the same ones every time."""

    def __init__(self, cutouts: list[Cutout], schedule: Schedule) -> None:
        self._cutouts, self._schedule = cutouts, schedule

    def __len__(self) -> int:
        return self._schedule.steps * self._schedule.collages_per_step

    def __getitem__(self, index: int) -> Sample:
        return collage(self._cutouts, SIZE, np.random.default_rng((SEED, index)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=("heads", "box_refiner"))
    parser.add_argument("clipart", type=Path)
    parser.add_argument("file", type=Path)
    options = parser.parse_args()
    cutouts = read_cutouts(options.clipart)
    print(f"{len(cutouts)} cutouts", flush=True)
    torch.manual_seed(SEED)
    torch.set_flush_denormal(True)
    weights = pretrain_heads(cutouts) if options.part == "heads" else pretrain_box_refiner(cutouts)
    np.savez_compressed(options.file, **weights)


def pretrain_heads(cutouts: list[Cutout]) -> dict[str, np.ndarray]:
    """The weights of `detector.networks.detector.Heads`, by name."""
    network = Detector()
    load_pretrained(network.backbone, mobilenet.PRETRAINED)
    network.backbone.requires_grad_(False)
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def loss(batch: DetectorBatch) -> Tensor:
        pictures = batch.pictures.to(memory_format=torch.channels_last)
        return detection_loss(network(pictures), batch) / max(1, batch.foreground)

    batches = DataLoader(Collages(cutouts, HEADS), HEADS.collages_per_step, num_workers=1, collate_fn=collate)
    return train_part(network.heads, HEADS, map(loss, batches))


def pretrain_box_refiner(cutouts: list[Cutout]) -> dict[str, np.ndarray]:
    """The weights of `detector.networks.box_refiner.BoxRefiner`, by name."""
    network = Classifier(1)
    load_pretrained(network.backbone, efficientnet.PRETRAINED)
    network.backbone.requires_grad_(False)
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def loss(batch: CropBatch) -> Tensor:
        _, boxes = network(batch.crops.to(memory_format=torch.channels_last), batch.masks)
        return box_refinement_loss(boxes, batch.targets) / len(batch.targets)

    batches = DataLoader(
        Collages(cutouts, BOX_REFINER), BOX_REFINER.collages_per_step, num_workers=1, collate_fn=crop_collages
    )
    return train_part(network.box_refiner, BOX_REFINER, map(loss, batches))


def crop_collages(samples: list[Sample]) -> CropBatch:
    """A batch of crops around the objects of collages, with their boxes, augmented as in fine-tuning."""
    crops = []
    for sample in samples:
        random = np.random.default_rng(sample.boxes.astype(np.int64).ravel())
        for box in sample.boxes[:CROPS_PER_COLLAGE]:
            crops.append(random_upright_crop(sample.pixels, box, random))
    return collate_crops(crops)


def train_part(part: nn.Module, schedule: Schedule, losses: Iterable[Tensor]) -> dict[str, np.ndarray]:
    """Train a part of a network on losses that are computed one by one.

    Returns:
        The exponential moving average of its weights, float16, by name.
    """
    ema = copy.deepcopy(part)
    parameters = list(part.parameters())
    optimizer = torch.optim.AdamW(parameters, LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: learning_rate_factor(step, schedule.steps))
    for step, loss in enumerate(losses, start=1):
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, MAX_GRADIENT_NORM)
        optimizer.step()
        scheduler.step()
        update_ema(ema, part, min(EMA_DECAY, step / (9 + step)))
        if step % 50 == 0:
            print(f"step {step}/{schedule.steps} loss={loss.item():.4f}", flush=True)
    return {name: tensor.numpy().astype(np.float16) for name, tensor in ema.state_dict().items()}


if __name__ == "__main__":
    main()
