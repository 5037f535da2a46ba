"""Fine-tuning both networks, side by side, from their pretrained weights."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import torch

from detector.anchors import Boxes
from detector.errors import TrainingError
from detector.networks import box_refiner, efficientnet, mobilenet
from detector.networks import detector as heads
from detector.networks.classifier import Classifier
from detector.networks.detector import Detector
from detector.networks.layers import load_pretrained
from detector.training.classifier_batches import classifier_batches, objects_per_epoch
from detector.training.dataset import PictureCache
from detector.training.detector_batches import detector_batches, pictures_per_epoch
from detector.training.engine import (
    classifier_loss,
    detector_loss,
    evaluate_classifier,
    evaluate_detector,
    train_one_epoch,
)
from detector.training.hard_negatives import mine_hard_negatives
from detector.training.hyperparameters import Hyperparameters
from detector.training.trainer import BestCheckpoint, Network, Trainer, cores, micro_batches_for

# The classifier's batch size over the detector's: a crop has a seventh of a picture's pixels.
CROPS_PER_PICTURE = 4
# The part of the epochs before hard negatives are mined: by then the detector errs as it will.
MINE_AFTER = 1 / 8


@dataclass(frozen=True)
class FineTuning:
    """Fine-tuning settings of one network.

    Attributes:
        learning_rate_factor: learning rate of the new layers over the hyperparameter.
        frozen_blocks: first blocks of the backbone that stay as they are.
    """

    learning_rate_factor: float
    frozen_blocks: int


# Cross-validated: both bear a larger learning rate, and the blocks before the first feature map can stay frozen.
DETECTOR, CLASSIFIER = FineTuning(2.0, 7), FineTuning(2.0, 5)
ALL_BLOCKS = 1000


@dataclass(frozen=True)
class EpochMetrics:
    """The result of one epoch.

    Attributes:
        epoch: from 1.
        epochs: in the whole training.
        train_loss: of both networks, for each matched anchor and each object.
        cross_entropy: of the classes of the validation pictures' objects.
        seconds: of the whole epoch.
        detector_seconds: in steps of the detector.
        classifier_seconds: in steps of the classifier, which trains beside it; the rest of `seconds` is waiting for
            batches or for the other network, mining and validation.
    """

    epoch: int
    epochs: int
    train_loss: float
    cross_entropy: float
    seconds: float
    pictures_per_second: float
    detector_seconds: float
    classifier_seconds: float

    def __str__(self) -> str:
        """The log line from which metric definitions take their numbers."""
        return (
            f"epoch {self.epoch}/{self.epochs} Train_Loss={self.train_loss:.4f} "
            f"Val_CrossEntropy={self.cross_entropy:.4f} seconds={self.seconds:.2f} "
            f"pictures_per_second={self.pictures_per_second:.1f} "
            f"detector_time={self.detector_seconds / self.seconds:.0%} "
            f"classifier_time={self.classifier_seconds / self.seconds:.0%}"
        )


def fit(
    train: PictureCache,
    validation: PictureCache,
    classes: int,
    settings: Hyperparameters,
    device: torch.device,
    report: Callable[[EpochMetrics], None],
    *,
    keep_best: bool,
) -> tuple[Detector, Classifier]:
    """Fine-tune both pretrained networks.

    Args:
        train: the training pictures.
        validation: pictures, all with boxes, on which each epoch is evaluated.
        classes: how many there are.
        settings: the hyperparameters.
        device: where to train.
        report: called after each epoch.
        keep_best: whether to return each network as it was after its epoch with the lowest validation loss, for which
            the validation pictures must not be among the training pictures; else after the last epoch.

    Returns:
        The exponential moving averages of both networks, on the CPU.

    Raises:
        TrainingError: a loss is not finite.
    """
    torch.manual_seed(settings.seed)
    detector, classifier = Detector(), Classifier(classes)
    load_pretrained(detector.backbone, mobilenet.PRETRAINED)
    load_pretrained(detector.heads, heads.PRETRAINED)
    load_pretrained(classifier.backbone, efficientnet.PRETRAINED)
    load_pretrained(classifier.box_refiner, box_refiner.PRETRAINED)
    batch_size, crops, seed = settings.batch_size, settings.batch_size * CROPS_PER_PICTURE, settings.seed
    micro_batches = micro_batches_for(batch_size, device)
    detector_steps = math.ceil(pictures_per_epoch(train) / batch_size)
    classifier_steps = math.ceil(objects_per_epoch(train) / crops)
    detector_trainer = create_trainer(detector, DETECTOR, detector_steps, settings, device)
    classifier_trainer = create_trainer(classifier, CLASSIFIER, classifier_steps, settings, device)
    if device.type == "cpu":
        torch.set_num_threads(max(1, cores() // (2 * micro_batches)))
    best_detector, best_classifier = BestCheckpoint(detector_trainer), BestCheckpoint(classifier_trainer)
    with (
        ThreadPoolExecutor(2, initializer=flush_denormal) as networks,
        ThreadPoolExecutor(2 * micro_batches, initializer=flush_denormal) as pool,
    ):
        negatives: list[Boxes] = []
        for epoch in range(1, settings.epochs + 1):
            start = time.perf_counter()
            if epoch == 1 + round(MINE_AFTER * settings.epochs):
                negatives = mine_hard_negatives(detector_trainer.ema, train, settings.image_size, device, pool)
            pictures = detector_batches(train, batch_size, micro_batches, settings.image_size, seed, epoch)
            objects = classifier_batches(train, negatives, crops, micro_batches, seed, epoch)
            try:
                # Side by side: one takes its optimizer step on one core while the other computes on the other.
                running = (
                    networks.submit(train_one_epoch, detector_trainer, pictures, detector_loss, pool),
                    networks.submit(train_one_epoch, classifier_trainer, objects, classifier_loss, pool),
                )
                classifier_mean, classifier_seconds = running[1].result()
                # The classifier is done before the detector: meanwhile there is a core to evaluate on.
                entropy, wrong = evaluate_classifier(classifier_trainer.ema, validation, device)
                detector_mean, detector_seconds = running[0].result()
            except TrainingError as error:
                raise TrainingError(f"epoch {epoch}: {error} than {settings.adam_learning_rate}") from error
            if keep_best:
                best_classifier.update(wrong)
                best_detector.update(evaluate_detector(detector_trainer.ema, validation, settings.image_size, device))
            seconds = time.perf_counter() - start
            report(
                EpochMetrics(
                    epoch,
                    settings.epochs,
                    detector_mean + classifier_mean,
                    entropy,
                    seconds,
                    pictures_per_epoch(train) / seconds,
                    detector_seconds,
                    classifier_seconds,
                )
            )
    return best_detector.network.cpu(), best_classifier.network.cpu()


def flush_denormal() -> None:
    """Round denormal numbers to 0 in this thread: x86 is slow with them, and decaying weights become many of them."""
    torch.set_flush_denormal(True)


def create_trainer(
    network: Network, tuning: FineTuning, steps_per_epoch: int, settings: Hyperparameters, device: torch.device
) -> Trainer[Network]:
    """The trainer of a network with its pretrained weights loaded."""
    frozen_blocks = ALL_BLOCKS if settings.train_only_top_layer else tuning.frozen_blocks
    learning_rate = tuning.learning_rate_factor * settings.adam_learning_rate
    return Trainer(network, learning_rate, settings.epochs * steps_per_epoch, frozen_blocks, device)
