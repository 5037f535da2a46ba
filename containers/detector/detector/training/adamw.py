"""AdamW by PyTorch's fused kernel, without an object of `torch.optim.Optimizer`.

The first of those loads PyTorch's compiler, `torch._dynamo`, of which nothing is used here: a second and a half.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.optim.adamw import adamw

# `torch.optim.AdamW`'s defaults.
BETAS = (0.9, 0.999)
EPSILON = 1e-8


class AdamW:
    """What `torch.optim.AdamW(groups, weight_decay=weight_decay, fused=True)` does to the parameters, to the last bit.

    Args:
        groups: dictionaries with `params`, `lr`, and `weight_decay` where it is not that of the others.
        weight_decay: over the learning rate.

    Attributes:
        param_groups: the groups, in which `torch.amp.GradScaler` looks for the gradients.
    """

    def __init__(self, groups: Sequence[dict[str, Any]], weight_decay: float) -> None:
        self.param_groups = [{"weight_decay": weight_decay, **group} for group in groups]
        # Of each parameter the averages of the gradient and of its square, and the number of steps.
        self._state: dict[Tensor, tuple[Tensor, Tensor, Tensor]] = {}

    @torch.no_grad()
    def step(self, factor: float) -> None:
        """One step of all parameters that have a gradient, at `factor` times their learning rate."""
        for group in self.param_groups:
            parameters = [parameter for parameter in group["params"] if parameter.grad is not None]
            state = [self._state_of(parameter) for parameter in parameters]
            adamw(
                parameters,
                [parameter.grad for parameter in parameters],
                [average for average, _, _ in state],
                [average for _, average, _ in state],
                [],
                [steps for _, _, steps in state],
                fused=True,
                amsgrad=False,
                beta1=BETAS[0],
                beta2=BETAS[1],
                lr=factor * group["lr"],
                weight_decay=group["weight_decay"],
                eps=EPSILON,
                maximize=False,
            )

    def _state_of(self, parameter: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        if parameter not in self._state:
            steps = torch.zeros((), device=parameter.device)
            self._state[parameter] = (torch.zeros_like(parameter), torch.zeros_like(parameter), steps)
        return self._state[parameter]
