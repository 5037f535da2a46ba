"""One network's training state: optimizer, learning-rate schedule, gradient scaling, and an EMA of its weights."""

from __future__ import annotations

import copy
import math
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn

from detector.errors import TrainingError
from detector.networks.classifier import Classifier
from detector.networks.detector import Detector
from detector.networks.efficientnet import EfficientNetLite0
from detector.networks.mobilenet import MobileNetV2
from detector.training.adamw import AdamW

Network = TypeVar("Network", Detector, Classifier)

# Learning rate of pretrained layers over that of new ones.
BACKBONE_FACTOR = 0.2
# Part of all steps.
WARM_UP = 0.05
# Learning rate of the last step over the largest.
FINAL_FACTOR = 0.01
WEIGHT_DECAY = 0.01
MAX_GRADIENT_NORM = 10.0
# Reached gradually, so that the average forgets the untrained network.
EMA_DECAY = 0.99
# With a handful of validation pictures smaller differences mean nothing.
LOSS_TOLERANCE = 1.1


def micro_batches_for(batch_size: int, device: torch.device) -> int:
    """The number of micro-batches that a training step computes in parallel.

    The two networks train side by side on half of the cores each; two micro-batches on a core each are done sooner than
    one batch on both.
    """
    return min(batch_size, max(1, cores() // 2)) if device.type == "cpu" else 1


def cores() -> int:
    """The number of cores that this process may use."""
    return len(os.sched_getaffinity(0))


class Trainer(Generic[Network]):
    """A network in training.

    Args:
        network: with its pretrained weights loaded.
        learning_rate: of new layers after warm-up; pretrained ones have a fraction of it.
        steps: in the whole training.
        frozen_blocks: backbone blocks that stay as they are, the whole backbone where it has no more. The first ones
            see edges and colours, which all objects share.

    Attributes:
        network: being trained.
        ema: exponential moving average of its weights.
        device: where both are.
    """

    def __init__(
        self, network: Network, learning_rate: float, steps: int, frozen_blocks: int, device: torch.device
    ) -> None:
        self.network: Network = network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        freeze(network.backbone, frozen_blocks)
        self.ema: Network = copy.deepcopy(self.network).requires_grad_(False)
        self.device = device
        self._parameters = [parameter for parameter in self.network.parameters() if parameter.requires_grad]
        groups = parameter_groups(self.network, learning_rate)
        # To the scaler an optimizer is what has `param_groups` and `step`.
        self._optimizer: Any = AdamW(groups, weight_decay=WEIGHT_DECAY)
        self._scaler = torch.amp.GradScaler(device.type, enabled=device.type == "cuda")
        self._steps, self._all_steps = 0, steps

    def step(self, losses: Sequence[Callable[[], Tensor]], pool: ThreadPoolExecutor) -> float:
        """One optimizer step on the sum of the micro-batches' losses, each computed in a thread of the pool.

        Returns:
            The sum of the losses.

        Raises:
            TrainingError: it is not finite.
        """
        total = 0.0
        gradients: list[Tensor | None] = [None] * len(self._parameters)
        for loss, more in pool.map(self._backward, losses):
            total += loss
            gradients = [add(a, b) for a, b in zip(gradients, more, strict=True)]
        if not math.isfinite(total):
            raise TrainingError(f"the loss is {total}: try a smaller adam-learning-rate")
        for parameter, gradient in zip(self._parameters, gradients, strict=True):
            parameter.grad = gradient
        self._scaler.unscale_(self._optimizer)
        nn.utils.clip_grad_norm_(self._parameters, MAX_GRADIENT_NORM)
        self._scaler.step(self._optimizer, learning_rate_factor(self._steps, self._all_steps))
        self._scaler.update()
        self._steps += 1
        update_ema(self.ema, self.network, min(EMA_DECAY, (1 + self._steps) / (10 + self._steps)))
        return total

    def _backward(self, loss: Callable[[], Tensor]) -> tuple[float, tuple[Tensor | None, ...]]:
        with torch.autocast(self.device.type, torch.float16, enabled=self.device.type == "cuda"):
            value = loss()
        return value.item(), torch.autograd.grad(self._scaler.scale(value), self._parameters, allow_unused=True)


class BestCheckpoint(Generic[Network]):
    """A trainer's EMA after the last epoch whose validation loss was about the lowest so far.

    Attributes:
        network: that checkpoint; the trainer's current EMA as long as there was no `update`.
    """

    def __init__(self, trainer: Trainer[Network]) -> None:
        self._trainer: Trainer[Network] = trainer
        self._lowest = math.inf
        self.network: Network = trainer.ema

    def update(self, validation_loss: float) -> None:
        """Take the current EMA, unless an earlier epoch was clearly better."""
        if validation_loss <= LOSS_TOLERANCE * self._lowest:
            self.network = copy.deepcopy(self._trainer.ema)
        self._lowest = min(self._lowest, validation_loss)


def add(a: Tensor | None, b: Tensor | None) -> Tensor | None:
    """The sum of two gradients, either of which may be missing."""
    return b if a is None else a if b is None else a + b


def freeze(backbone: MobileNetV2 | EfficientNetLite0, blocks: int) -> None:
    """Freeze the backbone's stem and first blocks, or all of it where it has no more blocks."""
    if blocks >= len(backbone.blocks):
        backbone.requires_grad_(False)
    backbone.stem.requires_grad_(False)
    for block in backbone.blocks[:blocks]:
        block.requires_grad_(False)


def parameter_groups(network: nn.Module, learning_rate: float) -> list[dict[str, object]]:
    """AdamW's parameter groups: new layers at the full learning rate, the backbone's at a fraction; no weight decay on
    biases and norms. Frozen parameters are left out."""
    groups: list[dict[str, object]] = []
    for pretrained in (False, True):
        for decayed in (False, True):
            chosen = [
                parameter
                for name, parameter in network.named_parameters()
                if parameter.requires_grad
                and name.startswith("backbone.") == pretrained
                and (parameter.ndim > 1) == decayed
            ]
            factor = BACKBONE_FACTOR if pretrained else 1
            group: dict[str, object] = {"params": chosen, "lr": learning_rate * factor}
            groups.append(group if decayed else group | {"weight_decay": 0.0})
    return [group for group in groups if group["params"]]


def learning_rate_factor(step: int, steps: int) -> float:
    """Linear warm-up, then cosine decay to `FINAL_FACTOR`: the factor of the largest learning rate at a step."""
    warm_up = max(1.0, WARM_UP * steps)
    if step < warm_up:
        return (step + 1) / (warm_up + 1)
    progress = (step - warm_up) / max(1.0, steps - warm_up)
    return FINAL_FACTOR + (1 - FINAL_FACTOR) * (1 + math.cos(math.pi * min(progress, 1.0))) / 2


@torch.no_grad()
def update_ema(ema: nn.Module, network: nn.Module, decay: float) -> None:
    """Exponential moving average of the weights, in place."""
    update = get_ema_multi_avg_fn(decay)  # type: ignore[no-untyped-call]
    update(list(ema.parameters()), list(network.parameters()), 1)
