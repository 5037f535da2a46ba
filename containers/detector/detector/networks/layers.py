"""Layers of MobileNetV2 and EfficientNet-Lite as TensorFlow has them, and of the heads on them.

Batch norms of the backbones are folded into their convolutions, so that fine-tuning on few pictures cannot spoil their
statistics. Inputs are float32 (batch, 3, height, width), RGB, in -1..1.
"""

from __future__ import annotations

import zipfile
from importlib import resources

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


def convolution(inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Conv2d:
    """A convolution with TensorFlow's SAME padding."""
    if stride == 2:
        return SamePadded(inputs, outputs, kernel, stride, 0, groups=groups)
    return nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups)


class SeparableConv(nn.Sequential):
    """Depthwise separable convolution, with group norm because a batch is only a few pictures."""

    def __init__(self, channels: int, stride: int = 1, kernel: int = 3) -> None:
        super().__init__(
            nn.Conv2d(channels, channels, kernel, stride, kernel // 2, groups=channels, bias=False),
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
