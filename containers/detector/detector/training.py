"""Fine-tuning: from the pretrained network and a training channel to a detector of the channel's classes."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn

from detector.batches import plain_batches, training_batches
from detector.dataset import PictureCache
from detector.errors import TrainingError
from detector.hyperparameters import Hyperparameters
from detector.loss import detection_loss
from detector.mobilenet import load_pretrained
from detector.network import Detector
from detector.sample import serving_size

# The first layers see edges and colours, which plugs share with everything; leaving them alone halves the time.
FROZEN_BLOCKS = 3
BACKBONE_RATE = 0.2
WARM_UP = 0.05
LAST_RATE = 0.01
WEIGHT_DECAY = 0.01
LARGEST_GRADIENT = 10.0
# Of the moving average of the weights, less at first so that it forgets the untrained network.
AVERAGE_DECAY = 0.99


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
) -> Detector:
    """Fine-tune the pretrained detector and give the average of its weights over the last steps, on the CPU.

    Raises:
        TrainingError: the loss stops being a number.
    """
    torch.manual_seed(settings.seed)
    network = Detector(classes)
    load_pretrained(network.backbone)
    freeze(network, settings.train_only_top_layer)
    network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimizer = torch.optim.AdamW(parameter_groups(network, settings.adam_learning_rate), weight_decay=WEIGHT_DECAY)
    steps = settings.epochs * math.ceil(len(train) / settings.batch_size)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: rate_factor(step, steps))
    average = copy.deepcopy(network).requires_grad_(False)
    scaler = torch.amp.GradScaler(device.type, enabled=device.type == "cuda")
    step = 0
    for number in range(1, settings.epochs + 1):
        start = time.perf_counter()
        network.train()
        total = torch.zeros((), device=device)
        for batch in training_batches(train, settings.batch_size, settings.image_size, settings.seed, number):
            batch = batch.to(device)
            with torch.autocast(device.type, torch.float16, enabled=device.type == "cuda"):
                predicted = network(batch.pictures)
            loss = detection_loss(predicted, batch).total
            if not math.isfinite(loss.item()):
                raise TrainingError(
                    f"the loss is {loss.item()} in epoch {number}: try a smaller adam-learning-rate than "
                    f"{settings.adam_learning_rate}"
                )
            optimizer.zero_grad(set_to_none=True)
            scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
            scaler.unscale_(optimizer)
            nn.utils.clip_grad_norm_(network.parameters(), LARGEST_GRADIENT)
            scaler.step(optimizer)
            scaler.update()
            schedule.step()
            step += 1
            move_average(average, network, min(AVERAGE_DECAY, (1 + step) / (10 + step)))
            total += loss.detach() * len(batch.pictures)
        seconds = time.perf_counter() - start
        cross_entropy = validate(average, held_back, serving_size(settings.image_size), device)
        report(Epoch(number, settings.epochs, total.item() / len(train), cross_entropy, seconds, len(train) / seconds))
    return average.cpu()


def freeze(network: Detector, whole_backbone: bool) -> None:
    """Switch off learning in the backbone's first layers, or in all of it."""
    if whole_backbone:
        network.backbone.requires_grad_(False)
    network.backbone.stem.requires_grad_(False)
    for block in network.backbone.blocks[:FROZEN_BLOCKS]:
        block.requires_grad_(False)


def parameter_groups(network: Detector, rate: float) -> list[dict[str, object]]:
    """The weights that learn: new layers at the full rate, pretrained ones at a fraction; biases are not decayed."""
    groups: list[dict[str, object]] = []
    for pretrained in (False, True):
        for decays in (False, True):
            chosen = [
                weights
                for name, weights in network.named_parameters()
                if weights.requires_grad and name.startswith("backbone.") == pretrained and (weights.ndim > 1) == decays
            ]
            group: dict[str, object] = {"params": chosen, "lr": rate * (BACKBONE_RATE if pretrained else 1)}
            groups.append(group if decays else group | {"weight_decay": 0.0})
    return [group for group in groups if group["params"]]


def rate_factor(step: int, steps: int) -> float:
    """Rises over the first steps, then falls along a cosine."""
    warm_up = max(1.0, WARM_UP * steps)
    if step < warm_up:
        return (step + 1) / (warm_up + 1)
    done = (step - warm_up) / max(1.0, steps - warm_up)
    return LAST_RATE + (1 - LAST_RATE) * (1 + math.cos(math.pi * min(done, 1.0))) / 2


@torch.no_grad()
def move_average(average: nn.Module, network: nn.Module, decay: float) -> None:
    """Exponential moving average of the weights."""
    for mean, weights in zip(average.parameters(), network.parameters(), strict=True):
        mean.lerp_(weights, 1 - decay)


@torch.no_grad()
def validate(network: Detector, cache: PictureCache, image_size: int, device: torch.device) -> float:
    """The class loss over pictures as serving sees them."""
    network.eval()
    losses = []
    for batch in plain_batches(cache, image_size):
        batch = batch.to(device)
        losses.append(detection_loss(network(batch.pictures), batch).classes.item())
    return sum(losses) / len(losses)
