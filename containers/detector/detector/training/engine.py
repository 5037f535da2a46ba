"""One epoch of training, and evaluation on validation pictures."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from detector.networks.classifier import Classifier
from detector.networks.detector import Detector
from detector.training.classifier_batches import BACKGROUND, ClassifierBatch, validation_crops
from detector.training.dataset import PictureCache
from detector.training.detector_batches import DetectorBatch, validation_pictures
from detector.training.loss import box_refinement_loss, detection_loss
from detector.training.trainer import Network, Trainer

Batch = TypeVar("Batch", DetectorBatch, ClassifierBatch)

# Against overconfidence, which few pictures lead to.
LABEL_SMOOTHING = 0.05


def train_one_epoch(
    trainer: Trainer[Network],
    batches: Iterator[list[Batch]],
    loss: Callable[[Trainer[Network], Batch], Tensor],
    pool: ThreadPoolExecutor,
) -> tuple[float, float]:
    """A training step on every batch.

    Args:
        batches: each as micro-batches, which the pool's threads compute side by side.
        loss: summed over a micro-batch; it is divided by the foreground of the whole batch.

    Returns:
        The mean loss, and the seconds spent in steps, without waiting for batches.

    Raises:
        TrainingError: the loss is not finite.
    """
    losses, seconds = [], 0.0
    for micro_batches in batches:
        start = time.perf_counter()
        foreground = max(1, sum(batch.foreground for batch in micro_batches))
        parts = [partial(normalized_loss, loss, trainer, batch, foreground) for batch in micro_batches]
        losses.append(trainer.step(parts, pool))
        seconds += time.perf_counter() - start
    return sum(losses) / len(losses), seconds


def normalized_loss(
    loss: Callable[[Trainer[Network], Batch], Tensor], trainer: Trainer[Network], batch: Batch, foreground: int
) -> Tensor:
    return loss(trainer, batch) / foreground


def detector_loss(trainer: Trainer[Detector], batch: DetectorBatch) -> Tensor:
    """`detection_loss` of a batch."""
    batch = batch.to(trainer.device)
    return detection_loss(trainer.network(batch.pictures), batch)


def classifier_loss(trainer: Trainer[Classifier], batch: ClassifierBatch) -> Tensor:
    """Cross-entropy of the classes plus `box_refinement_loss` of the upright crops, summed over a batch.

    The box refiner trains without gradients to the backbone, whose features are to tell classes apart.
    """
    batch, network = batch.to(trainer.device), trainer.network
    crops, upright = batch.objects, ~batch.boxes[:, 0].isnan()
    fine, coarse = network.backbone(crops.crops)
    logits = network.class_logits(coarse, crops.masks)
    # Background is the class after the last.
    classes = crops.targets.where(crops.targets != BACKGROUND, network.classes)
    loss = cross_entropy(logits, classes, reduction="sum", label_smoothing=LABEL_SMOOTHING)
    if upright.any():
        maps = (fine[upright].detach(), coarse[upright].detach())
        boxes = network.box_refiner(*maps, crops.masks[upright])
        loss = loss + box_refinement_loss(boxes, batch.boxes[upright])
    return loss


@torch.no_grad()
def evaluate_classifier(classifier: Classifier, cache: PictureCache, device: torch.device) -> tuple[float, float]:
    """Over the ground-truth boxes of the cache, as serving crops them: the mean cross-entropy of the classes, and the
    mean probability of wrong classes, which unlike it does not grow with overconfidence."""
    entropy, wrong, count = 0.0, 0.0, 0
    for batch in validation_crops(cache):
        batch = batch.to(device)
        _, coarse = classifier.backbone(batch.crops)
        logits = classifier.class_logits(coarse, batch.masks)
        entropy += cross_entropy(logits, batch.targets, reduction="sum").item()
        wrong += (1 - logits.softmax(1).gather(1, batch.targets[:, None])).sum().item()
        count += len(batch.targets)
    return entropy / count, wrong / count


@torch.no_grad()
def evaluate_detector(detector: Detector, cache: PictureCache, image_size: int, device: torch.device) -> float:
    """The validation loss: `detection_loss` for each matched anchor, over pictures as serving sees them."""
    loss, foreground = 0.0, 0
    for batch in validation_pictures(cache, image_size):
        batch = batch.to(device)
        loss += detection_loss(detector(batch.pictures), batch).item()
        foreground += batch.foreground
    return loss / foreground
