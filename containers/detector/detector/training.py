"""Fine-tuning: from pretrained networks and a training channel to a detector of objects and a classifier of them."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from detector import efficientnet, mobilenet
from detector.batches import Batch, Cuts, objects_in_epoch, plain_cuts, training_batches, training_cuts
from detector.classifier import Classifier, cross_entropy
from detector.dataset import PictureCache
from detector.errors import TrainingError
from detector.hyperparameters import Hyperparameters
from detector.layers import load_pretrained
from detector.learner import Learner, parts_of
from detector.loss import detection_loss
from detector.network import Detector

# A cut has a seventh of a picture's pixels.
CUTS_TO_A_PICTURE = 4
# Few pictures make a network too sure of what it has seen.
SMOOTHING = 0.05


@dataclass(frozen=True)
class Epoch:
    """What one pass over the pictures came to; losses are for each matched anchor."""

    number: int
    of: int
    train_loss: float
    cross_entropy: float
    seconds: float
    pictures_per_second: float

    def __str__(self) -> str:
        return (
            f"epoch {self.number}/{self.of} Train_Loss={self.train_loss:.4f} "
            f"Val_CrossEntropy={self.cross_entropy:.4f} seconds={self.seconds:.2f} "
            f"pictures_per_second={self.pictures_per_second:.1f}"
        )


def fit(
    train: PictureCache,
    held_back: PictureCache,
    classes: int,
    settings: Hyperparameters,
    device: torch.device,
    report: Callable[[Epoch], None],
) -> tuple[Detector, Classifier]:
    """Fine-tune both pretrained networks and give the averages of their weights over the last steps, on the CPU.

    Raises:
        TrainingError: a loss stops being a number.
    """
    torch.manual_seed(settings.seed)
    detector, classifier = Detector(), Classifier(classes)
    load_pretrained(detector.backbone, mobilenet.PRETRAINED)
    load_pretrained(classifier.backbone, efficientnet.PRETRAINED)
    batch_size, cuts = settings.batch_size, settings.batch_size * CUTS_TO_A_PICTURE
    parts = parts_of(batch_size, device)
    rate, freeze = settings.adam_learning_rate, settings.train_only_top_layer
    finding = Learner(detector, rate, settings.epochs * math.ceil(len(train) / batch_size), freeze, device)
    naming = Learner(classifier, rate, settings.epochs * math.ceil(objects_in_epoch(train) / cuts), freeze, device)
    if device.type == "cpu":
        torch.set_num_threads(max(1, len(os.sched_getaffinity(0)) // parts))
    # Numbers too small to matter are slow on x86, and a fading weight has many of them.
    with ThreadPoolExecutor(parts, initializer=torch.set_flush_denormal, initargs=(True,)) as pool:
        for number in range(1, settings.epochs + 1):
            start = time.perf_counter()
            losses = []
            try:
                for batch in training_batches(train, batch_size, parts, settings.image_size, settings.seed, number):
                    matched = max(1, sum(part.matched for part in batch))
                    losses.append(finding.step([partial(finding_loss, finding, p, matched) for p in batch], pool))
                found = sum(losses) / len(losses)
                losses = []
                for looks in training_cuts(train, cuts, parts, settings.seed, number):
                    count = sum(len(part.classes) for part in looks)
                    losses.append(naming.step([partial(naming_loss, naming, p, count) for p in looks], pool))
            except TrainingError as error:
                raise TrainingError(f"epoch {number}: {error} than {settings.adam_learning_rate}") from error
            seconds = time.perf_counter() - start
            report(
                Epoch(
                    number,
                    settings.epochs,
                    found + sum(losses) / len(losses),
                    validate(naming.average, held_back, device),
                    seconds,
                    len(train) / seconds,
                )
            )
    return finding.average.cpu(), naming.average.cpu()


def finding_loss(learner: Learner[Detector], batch: Batch, matched: int) -> Tensor:
    batch = batch.to(learner.device)
    return detection_loss(learner.network(batch.pictures), batch) / matched


def naming_loss(learner: Learner[Classifier], cuts: Cuts, count: int) -> Tensor:
    cuts = cuts.to(learner.device)
    return cross_entropy(learner.network(cuts.pixels, cuts.masks), cuts.classes, SMOOTHING) / count


@torch.no_grad()
def validate(classifier: Classifier, cache: PictureCache, device: torch.device) -> float:
    """The cross-entropy of the classes over the true boxes of pictures, as serving sees them."""
    total, count = 0.0, 0
    for cuts in plain_cuts(cache):
        cuts = cuts.to(device)
        total += cross_entropy(classifier(cuts.pixels, cuts.masks), cuts.classes, 0.0).item()
        count += len(cuts.classes)
    return total / count
