"""Fine-tuning: from pretrained networks and a training channel to a detector of objects and a classifier of them."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from detector.anchors import Boxes
from detector.errors import TrainingError
from detector.networks import box_refiner, efficientnet, mobilenet
from detector.networks import detector as network
from detector.networks.classifier import Classifier
from detector.networks.detector import Detector
from detector.networks.layers import load_pretrained
from detector.training.classifier_batches import NOTHING, Looks, objects_in_epoch, plain_cuts, training_looks
from detector.training.dataset import PictureCache
from detector.training.detector_batches import Batch, pictures_in_epoch, plain_pictures, training_batches
from detector.training.hard_negatives import hard_negatives
from detector.training.hyperparameters import Hyperparameters
from detector.training.loss import detection_loss, edges_loss
from detector.training.trainer import Best, Learner, Network, cores, parts_of

Part = TypeVar("Part", Batch, Looks)

# A cut has a seventh of a picture's pixels.
CUTS_TO_A_PICTURE = 4
# Few pictures make a network too sure of what it has seen.
SMOOTHING = 0.05
# So much of the training is over when hard negatives are looked for: the detector errs by then as it will.
MINED_AFTER = 1 / 8


@dataclass(frozen=True)
class Course:
    """How a network learns: its new layers' share of the learning rate, and how many pretrained blocks stay fixed."""

    rate: float
    frozen_blocks: int


# Cross-validated: both bear a larger rate, and up to a network's first map nothing need be learned.
FINDING, NAMING = Course(2.0, 7), Course(2.0, 5)
ALL_BLOCKS = 1000


@dataclass(frozen=True)
class Epoch:
    """What one pass over the pictures came to; losses are for each matched anchor.

    Attributes:
        finding: seconds in steps of the detector.
        naming: seconds in steps of the classifier, which learns beside it; what is left of either was waiting for
            pictures or for the other, and validation.
    """

    number: int
    of: int
    train_loss: float
    cross_entropy: float
    seconds: float
    pictures_per_second: float
    finding: float
    naming: float

    def __str__(self) -> str:
        return (
            f"epoch {self.number}/{self.of} Train_Loss={self.train_loss:.4f} "
            f"Val_CrossEntropy={self.cross_entropy:.4f} seconds={self.seconds:.2f} "
            f"pictures_per_second={self.pictures_per_second:.1f} "
            f"of_it_detector={self.finding / self.seconds:.0%} of_it_classifier={self.naming / self.seconds:.0%}"
        )


def fit(
    train: PictureCache,
    watched: PictureCache,
    classes: int,
    settings: Hyperparameters,
    device: torch.device,
    report: Callable[[Epoch], None],
    *,
    choose: bool,
) -> tuple[Detector, Classifier]:
    """Fine-tune both pretrained networks and give the averages of their weights over the last steps, on the CPU.

    Args:
        train: the pictures to learn from.
        watched: pictures with boxes to measure each epoch by.
        classes: how many there are.
        settings: the hyperparameters.
        device: where to train.
        report: is told of each epoch.
        choose: give the averages as they were after the epoch that did best on the pictures watched, which then must
            not be among those to learn from; else those of the last epoch.

    Raises:
        TrainingError: a loss stops being a number.
    """
    torch.manual_seed(settings.seed)
    detector, classifier = Detector(), Classifier(classes)
    load_pretrained(detector.backbone, mobilenet.PRETRAINED)
    load_pretrained(detector.heads, network.PRETRAINED)
    load_pretrained(classifier.backbone, efficientnet.PRETRAINED)
    load_pretrained(classifier.edges, box_refiner.PRETRAINED)
    batch_size, cuts, seed = settings.batch_size, settings.batch_size * CUTS_TO_A_PICTURE, settings.seed
    parts = parts_of(batch_size, device)
    finding = learner(detector, FINDING, math.ceil(pictures_in_epoch(train) / batch_size), settings, device)
    naming = learner(classifier, NAMING, math.ceil(objects_in_epoch(train) / cuts), settings, device)
    if device.type == "cpu":
        torch.set_num_threads(max(1, cores() // (2 * parts)))
    best_finding, best_naming = Best(finding), Best(naming)
    with (
        ThreadPoolExecutor(2, initializer=flush_denormal) as both,
        ThreadPoolExecutor(2 * parts, initializer=flush_denormal) as pool,
    ):
        negatives: list[Boxes] = []
        for number in range(1, settings.epochs + 1):
            start = time.perf_counter()
            if number == 1 + round(MINED_AFTER * settings.epochs):
                negatives = hard_negatives(finding.average, train, settings.image_size, device, pool)
            pictures = training_batches(train, batch_size, parts, settings.image_size, seed, number)
            looks = training_looks(train, negatives, cuts, parts, seed, number)
            try:
                # One has its optimiser's step on one core while the other computes on the other.
                passes = (
                    both.submit(one_pass, finding, pictures, finding_loss, pool),
                    both.submit(one_pass, naming, looks, naming_loss, pool),
                )
                (found, finding_time), (named, naming_time) = (one.result() for one in passes)
            except TrainingError as error:
                raise TrainingError(f"epoch {number}: {error} than {settings.adam_learning_rate}") from error
            entropy, doubt = naming_doubt(naming.average, watched, device)
            if choose:
                best_naming.offer(doubt)
                best_finding.offer(finding_doubt(finding.average, watched, settings.image_size, device))
            seconds = time.perf_counter() - start
            report(
                Epoch(
                    number,
                    settings.epochs,
                    found + named,
                    entropy,
                    seconds,
                    pictures_in_epoch(train) / seconds,
                    finding_time,
                    naming_time,
                )
            )
    return best_finding.network.cpu(), best_naming.network.cpu()


def flush_denormal() -> None:
    """For a thread that computes: numbers too small to matter are slow on x86, and a fading weight has many of them."""
    torch.set_flush_denormal(True)


def learner(
    network: Network, course: Course, steps_in_epoch: int, settings: Hyperparameters, device: torch.device
) -> Learner[Network]:
    """A network at the beginning of its training."""
    frozen = ALL_BLOCKS if settings.train_only_top_layer else course.frozen_blocks
    steps = settings.epochs * steps_in_epoch
    return Learner(network, course.rate * settings.adam_learning_rate, steps, frozen, device)


def one_pass(
    learner: Learner[Network],
    batches: Iterator[list[Part]],
    loss: Callable[[Learner[Network], Part], Tensor],
    pool: ThreadPoolExecutor,
) -> tuple[float, float]:
    """Learn from every batch once; gives the mean loss and the seconds in steps, the rest being waiting for batches."""
    losses, seconds = [], 0.0
    for parts in batches:
        start = time.perf_counter()
        targets = max(1, sum(part.targets for part in parts))
        losses.append(learner.step([partial(share_of_loss, learner, loss, part, targets) for part in parts], pool))
        seconds += time.perf_counter() - start
    return sum(losses) / len(losses), seconds


def share_of_loss(
    learner: Learner[Network], loss: Callable[[Learner[Network], Part], Tensor], part: Part, targets: int
) -> Tensor:
    return loss(learner, part) / targets


def finding_loss(learner: Learner[Detector], batch: Batch) -> Tensor:
    batch = batch.to(learner.device)
    return detection_loss(learner.network(batch.pictures), batch)


def naming_loss(learner: Learner[Classifier], looks: Looks) -> Tensor:
    """Of the classes, and of the edges, for which the feature extractor is taken as it is: what tells classes apart is
    not to be given up for them, and only looking costs a third."""
    looks, network = looks.to(learner.device), learner.network
    _, coarse = network.backbone(looks.turned.pixels)
    logits = network.named(coarse, looks.turned.masks)
    # Nothing is the class after the last.
    classes = looks.turned.wanted.where(looks.turned.wanted != NOTHING, network.classes)
    doubt = cross_entropy(logits, classes, reduction="sum", label_smoothing=SMOOTHING)
    # Second: of weights that autocast has rounded here it would keep no gradients for the look that learns.
    with torch.no_grad():
        maps = network.backbone(looks.upright.pixels)
    return doubt + edges_loss(network.edges(*maps, looks.upright.masks), looks.upright.wanted)


@torch.no_grad()
def naming_doubt(classifier: Classifier, cache: PictureCache, device: torch.device) -> tuple[float, float]:
    """Over the true boxes of pictures, as serving sees them: the cross-entropy of the classes, and how much of its
    belief the classifier gives to wrong ones, which being too sure does not spoil."""
    entropy, wrong, count = 0.0, 0.0, 0
    for cuts in plain_cuts(cache):
        cuts = cuts.to(device)
        _, coarse = classifier.backbone(cuts.pixels)
        logits = classifier.named(coarse, cuts.masks)
        entropy += cross_entropy(logits, cuts.wanted, reduction="sum").item()
        wrong += (1 - logits.softmax(1).gather(1, cuts.wanted[:, None])).sum().item()
        count += len(cuts.wanted)
    return entropy / count, wrong / count


@torch.no_grad()
def finding_doubt(detector: Detector, cache: PictureCache, image_size: int, device: torch.device) -> float:
    """The detector's loss for each target, over pictures as serving sees them."""
    loss, targets = 0.0, 0
    for picture in plain_pictures(cache, image_size):
        picture = picture.to(device)
        loss += detection_loss(detector(picture.pictures), picture).item()
        targets += picture.targets
    return loss / targets
