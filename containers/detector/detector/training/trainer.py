"""One network's way through a training: its rates, its steps and the average of its weights."""

from __future__ import annotations

import copy
import math
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn

from detector.errors import TrainingError
from detector.networks.classifier import Classifier
from detector.networks.detector import Detector
from detector.networks.efficientnet import EfficientNetLite0
from detector.networks.mobilenet import MobileNetV2

Network = TypeVar("Network", Detector, Classifier)

BACKBONE_RATE = 0.2
WARM_UP = 0.05
LAST_RATE = 0.01
WEIGHT_DECAY = 0.01
LARGEST_GRADIENT = 10.0
# Of the moving average of the weights, less at first so that it forgets the untrained network.
AVERAGE_DECAY = 0.99
# A handful of pictures held back tells no smaller differences.
CLEARLY_WORSE = 1.1


def parts_of(batch_size: int, device: torch.device) -> int:
    """In how many parts a step works on a batch. Two networks learn side by side; each has half of the cores, and two
    parts on a core each are done sooner than one on both."""
    return min(batch_size, max(1, cores() // 2)) if device.type == "cpu" else 1


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0))


class Learner(Generic[Network]):
    """A network in training.

    Args:
        network: its pretrained layers are filled in already.
        rate: the largest rate of the new layers; the pretrained ones learn at a fraction of it.
        steps: how many steps there will be.
        frozen: so many of the pretrained blocks stay as they are, the whole of what is pretrained where it has no more.
            The first see edges and colours, which all things share.
    """

    def __init__(self, network: Network, rate: float, steps: int, frozen: int, device: torch.device) -> None:
        self.network: Network = network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        freeze(network.backbone, frozen)
        self.average: Network = copy.deepcopy(self.network).requires_grad_(False)
        self.device = device
        self._weights = [weights for weights in self.network.parameters() if weights.requires_grad]
        self._optimizer = torch.optim.AdamW(parameter_groups(self.network, rate), weight_decay=WEIGHT_DECAY, fused=True)
        self._schedule = torch.optim.lr_scheduler.LambdaLR(self._optimizer, lambda step: rate_factor(step, steps))
        self._scaler = torch.amp.GradScaler(device.type, enabled=device.type == "cuda")
        self._steps = 0

    def step(self, losses: Sequence[Callable[[], Tensor]], pool: ThreadPoolExecutor) -> float:
        """Improve the network by the sum of the losses, each computed in a thread of its own, and give that sum.

        Raises:
            TrainingError: it is no number.
        """
        total = 0.0
        gradients: list[Tensor | None] = [None] * len(self._weights)
        for loss, part in pool.map(self._backward, losses):
            total += loss
            gradients = [plus(a, b) for a, b in zip(gradients, part, strict=True)]
        if not math.isfinite(total):
            raise TrainingError(f"the loss is {total}: try a smaller adam-learning-rate")
        for weights, gradient in zip(self._weights, gradients, strict=True):
            weights.grad = gradient
        self._scaler.unscale_(self._optimizer)
        nn.utils.clip_grad_norm_(self._weights, LARGEST_GRADIENT)
        self._scaler.step(self._optimizer)
        self._scaler.update()
        self._schedule.step()
        self._steps += 1
        move_average(self.average, self.network, min(AVERAGE_DECAY, (1 + self._steps) / (10 + self._steps)))
        return total

    def _backward(self, loss: Callable[[], Tensor]) -> tuple[float, tuple[Tensor | None, ...]]:
        with torch.autocast(self.device.type, torch.float16, enabled=self.device.type == "cuda"):
            value = loss()
        return value.item(), torch.autograd.grad(self._scaler.scale(value), self._weights, allow_unused=True)


class Best(Generic[Network]):
    """The average as it was after the last epoch that did about as well as any, on pictures held back."""

    def __init__(self, learner: Learner[Network]) -> None:
        self._learner: Learner[Network] = learner
        self._least = math.inf
        self.network: Network = learner.average

    def offer(self, loss: float) -> None:
        """Keep the average of now, unless it is clearly worse than an earlier one."""
        if loss <= CLEARLY_WORSE * self._least:
            self.network = copy.deepcopy(self._learner.average)
        self._least = min(self._least, loss)


def plus(a: Tensor | None, b: Tensor | None) -> Tensor | None:
    return b if a is None else a if b is None else a + b


def freeze(backbone: MobileNetV2 | EfficientNetLite0, blocks: int) -> None:
    """Switch off learning in the backbone's first layers, or in all of it where it has no more blocks."""
    if blocks >= len(backbone.blocks):
        backbone.requires_grad_(False)
    backbone.stem.requires_grad_(False)
    for block in backbone.blocks[:blocks]:
        block.requires_grad_(False)


def parameter_groups(network: nn.Module, rate: float) -> list[dict[str, object]]:
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
    update = get_ema_multi_avg_fn(decay)  # type: ignore[no-untyped-call]
    update(list(average.parameters()), list(network.parameters()), 1)
