"""Layers of MobileNetV2 and EfficientNet-Lite as TensorFlow has them, and of the heads on them.

Batch norms of the backbones are folded into their convolutions, so that fine-tuning on few pictures cannot spoil their
statistics. Inputs are float32 (batch, 3, height, width), RGB, in -1..1.
"""

from __future__ import annotations

import zipfile
from importlib import resources
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from detector.errors import SetupError

# Groups of channels in each group norm of the heads.
NORM_GROUPS = 8


class SamePadded(nn.Conv2d):
    """A convolution of stride 2 with TensorFlow's SAME padding, which is asymmetric on even sizes."""

    def forward(self, x: Tensor) -> Tensor:
        kernel = self.kernel_size[0]
        height, width = x.shape[-2:]
        if height % 2 == width % 2 == 0 and torch.is_grad_enabled() and not self.weight.requires_grad:
            # In training, a frozen layer: zeros before the kernel pad as well as zeros before the map, and no large map
            # is copied. Where the kernel learns, that costs more than it saves; ONNX Runtime never copies.
            kernel_after_zeros = functional.pad(self.weight, (1, 0, 1, 0))
            return functional.conv2d(x, kernel_after_zeros, self.bias, 2, kernel // 2, 1, self.groups)
        left, top, after = (kernel - 2 + width % 2) // 2, (kernel - 2 + height % 2) // 2, kernel // 2
        return super().forward(functional.pad(x, (left, after, top, after)))


class Pointwise(nn.Conv2d):
    """A 1 x 1 convolution; frozen, in training on the CPU, by oneDNN."""

    def forward(self, x: Tensor) -> Tensor:
        frozen = x.device.type == "cpu" and torch.is_grad_enabled() and not self.weight.requires_grad
        # There is nothing to dilate in a kernel of one pixel. But PyTorch, on one thread, leaves only dilated ones to
        # oneDNN, which takes two thirds to nine tenths of the time of its own where few channels have large maps.
        return functional.conv2d(x, self.weight, self.bias, dilation=2 if frozen else 1)


class Depthwise(nn.Conv2d):
    """A depthwise convolution; in training on the CPU, one of more than 3 x 3 has a gradient of its own."""

    def forward(self, x: Tensor) -> Tensor:
        learns = torch.is_grad_enabled() and self.weight.requires_grad
        if learns and x.device.type == "cpu" and self.kernel_size[0] > 3 and self.stride[0] == 1:
            y: Tensor = DepthwiseWithGradient.apply(x, self.weight, self.bias)  # type: ignore[no-untyped-call]
            return y
        return super().forward(x)


class DepthwiseWithGradient(torch.autograd.Function):
    """A depthwise convolution of stride 1: x (batch, channels, height, width), weight (channels, 1, odd side, side).

    oneDNN takes 25 times as long for the gradient of a 5 x 5 kernel as for the convolution. It is a convolution too: of
    each channel of each picture with the gradient of the output in place of a kernel.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.padding = weight.shape[2] // 2
        return functional.conv2d(x, weight, bias, padding=ctx.padding, groups=len(weight))

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
        x, weight = ctx.saved_tensors
        batch, channels, height, width = x.shape
        planes = batch * channels
        of_x = functional.conv2d(gradient, weight.flip(2, 3), padding=ctx.padding, groups=channels)
        of_weight = functional.conv2d(
            x.reshape(1, planes, height, width),
            gradient.reshape(planes, 1, height, width),
            padding=ctx.padding,
            groups=planes,
        )
        of_bias = gradient.sum((0, 2, 3)) if ctx.needs_input_grad[2] else None
        return of_x, of_weight.view(batch, *weight.shape).sum(0), of_bias


def convolution(inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Conv2d:
    """A convolution with TensorFlow's SAME padding."""
    if stride == 2:
        return SamePadded(inputs, outputs, kernel, stride, 0, groups=groups)
    layer = Pointwise if kernel == 1 else Depthwise if groups > 1 else nn.Conv2d
    return layer(inputs, outputs, kernel, stride, kernel // 2, groups=groups)


class SeparableConv(nn.Sequential):
    """Depthwise separable convolution, with group norm because a batch is only a few pictures."""

    def __init__(self, channels: int, stride: int = 1, kernel: int = 3) -> None:
        super().__init__(
            Depthwise(channels, channels, kernel, stride, kernel // 2, groups=channels, bias=False),
            nn.Conv2d(channels, channels, 1, bias=False),
            nn.GroupNorm(NORM_GROUPS, channels),
            nn.ReLU6(inplace=True),
        )


class InvertedResidual(nn.Module):
    """MobileNetV2's block: expand, depthwise convolution, project; residual where the shape stays."""

    def __init__(self, inputs: int, outputs: int, stride: int, expansion: int, kernel: int = 3) -> None:
        super().__init__()
        inner = inputs * expansion
        self.expand = convolution(inputs, inner, 1) if expansion > 1 else None
        self.depthwise = convolution(inner, inner, kernel, stride, groups=inner)
        self.project = convolution(inner, outputs, 1)
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The block's output and its expanded map, both (batch, channels, height, width)."""
        expanded = x if self.expand is None else functional.relu6(self.expand(x), inplace=True)
        y = self.project(functional.relu6(self.depthwise(expanded), inplace=True))
        return (x + y if self.residual else y), expanded


def load_pretrained(network: nn.Module, name: str) -> None:
    """Load the weights of the file `name` in pretrained/ (see ATTRIBUTION.md there).

    Raises:
        SetupError: the file is missing from the installation, or damaged.
    """
    path = resources.files("detector") / "pretrained" / name
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            state = {name: torch.from_numpy(stored[name].astype(np.float32)) for name in stored.files}
        network.load_state_dict(state)
    except (OSError, ValueError, RuntimeError, zipfile.BadZipFile) as error:
        raise SetupError(
            f"the pretrained weights {path} cannot be read ({error}): install the detector package again"
        ) from error
