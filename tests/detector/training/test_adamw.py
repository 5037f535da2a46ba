"""The optimizer against PyTorch's own, and that PyTorch's compiler is not loaded for it."""

from __future__ import annotations

import subprocess
import sys

import torch
from detector.training.adamw import AdamW
from torch import Tensor, nn

STEPS = 5
ONE_TRAINING_STEP = """
import sys, torch
from concurrent.futures import ThreadPoolExecutor
from detector.networks.classifier import Classifier
from detector.training.trainer import Trainer
trainer = Trainer(Classifier(2), 0.001, steps=2, frozen_blocks=3, device=torch.device("cpu"))
with ThreadPoolExecutor(1) as pool:
    trainer.step([lambda: trainer.network.class_maps.weight.square().sum()], pool)
print("torch._dynamo" in sys.modules)
"""


def factor(step: int) -> float:
    return 1 / (step + 1)


def parameters() -> list[nn.Parameter]:
    torch.manual_seed(1)
    return [nn.Parameter(torch.randn(shape)) for shape in ((7, 5), (5,), (3, 2, 4, 4), (9,))]


def groups(of: list[nn.Parameter]) -> list[dict[str, object]]:
    return [{"params": of[:2], "lr": 0.01}, {"params": of[2:], "lr": 0.002, "weight_decay": 0.0}]


def gradients(of: list[nn.Parameter], step: int) -> list[Tensor | None]:
    """Of the second parameter only from the third step on, as of a layer that the first pictures have no use for."""
    torch.manual_seed(100 + step)
    drawn: list[Tensor | None] = [torch.randn_like(parameter) for parameter in of]
    drawn[1] = drawn[1] if step >= 2 else None
    return drawn


def test_parameters_are_those_of_pytorch_s_own_after_any_step() -> None:
    ours, theirs = parameters(), parameters()
    optimizer = AdamW(groups(ours), weight_decay=0.05)
    own = torch.optim.AdamW(groups(theirs), weight_decay=0.05, fused=True)
    schedule = torch.optim.lr_scheduler.LambdaLR(own, factor)
    for step in range(STEPS):
        for of in (ours, theirs):
            for parameter, gradient in zip(of, gradients(of, step), strict=True):
                parameter.grad = gradient
        optimizer.step(factor(step))
        own.step()
        schedule.step()
        for our, their in zip(ours, theirs, strict=True):
            assert torch.equal(our, their), step


def test_a_step_whose_scaled_gradients_overflow_is_left_out() -> None:
    ours = parameters()
    before = [parameter.detach().clone() for parameter in ours]
    optimizer, scaler = AdamW(groups(ours), weight_decay=0.05), torch.amp.GradScaler("cpu", init_scale=4.0)
    scaler.scale(torch.zeros(()))
    for step, last in ((0, float("inf")), (1, 4.0)):
        for parameter in ours:
            parameter.grad = torch.full_like(parameter, 4.0)
        ours[-1].grad = torch.full_like(ours[-1], last)
        scaler.unscale_(optimizer)
        scaler.step(optimizer, 1.0)
        scaler.update()
        kept = [torch.equal(parameter, old) for parameter, old in zip(ours, before, strict=True)]
        assert kept == [step == 0] * len(ours)


def test_a_training_step_does_not_load_the_compiler() -> None:
    done = subprocess.run([sys.executable, "-c", ONE_TRAINING_STEP], capture_output=True, text=True, check=False)
    assert done.stdout == "False\n", done.stderr
