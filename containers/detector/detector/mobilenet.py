"""MobileNetV2 as TensorFlow's detection models have it: the feature extractor of the SSD.

Batch norms are folded into the convolutions, so fine-tuning on few pictures cannot spoil their statistics. Pictures go
in as float32 (batch, 3, height, width), RGB, scaled to -1..1.
"""

from __future__ import annotations

import zipfile
from importlib import resources

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from detector.errors import SetupError

PRETRAINED = "ssd_mobilenet_v2_oidv4.npz"
# One row a block: expansion, output channels, stride. Table 2 of Sandler et al., arXiv:1801.04381.
BLOCKS = (
    (1, 16, 1),
    (6, 24, 2), (6, 24, 1),
    (6, 32, 2), (6, 32, 1), (6, 32, 1),
    (6, 64, 2), (6, 64, 1), (6, 64, 1), (6, 64, 1),
    (6, 96, 1), (6, 96, 1), (6, 96, 1),
    (6, 160, 2), (6, 160, 1), (6, 160, 1),
    (6, 320, 1),
)  # fmt: skip
# The maps of stride 8 and 16 are taken after the expansion of the block that goes on to the next stride.
STRIDE_8_BLOCK, STRIDE_16_BLOCK = 6, 13
CHANNELS = (192, 576, 1280)


class SamePadded(nn.Conv2d):
    """A 3 x 3 convolution of stride 2 with TensorFlow's SAME padding, which is lopsided on even sizes."""

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[-2:]
        return super().forward(functional.pad(x, (width % 2, 1, height % 2, 1)))


def convolution(inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Conv2d:
    if stride == 2:
        return SamePadded(inputs, outputs, kernel, stride, 0, groups=groups)
    return nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups)


class InvertedResidual(nn.Module):
    """Expand, filter each channel, project; added to its input where the shape stays."""

    def __init__(self, inputs: int, outputs: int, stride: int, expansion: int) -> None:
        super().__init__()
        inner = inputs * expansion
        self.expand = convolution(inputs, inner, 1) if expansion > 1 else None
        self.depthwise = convolution(inner, inner, 3, stride, groups=inner)
        self.project = convolution(inner, outputs, 1)
        self.adds = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The block's output, and the expanded map on the way to it."""
        expanded = x if self.expand is None else functional.relu6(self.expand(x))
        y = self.project(functional.relu6(self.depthwise(expanded)))
        return (x + y if self.adds else y), expanded


class MobileNetV2(nn.Module):
    """The feature extractor: maps of stride 8, 16 and 32 with `CHANNELS` channels."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = convolution(3, 32, 3, stride=2)
        blocks, inputs = [], 32
        for expansion, outputs, stride in BLOCKS:
            blocks.append(InvertedResidual(inputs, outputs, stride, expansion))
            inputs = outputs
        self.blocks = nn.ModuleList(blocks)
        self.last = convolution(inputs, CHANNELS[-1], 1)

    def forward(self, x: Tensor) -> list[Tensor]:
        x = functional.relu6(self.stem(x))
        maps = []
        for index, block in enumerate(self.blocks):
            x, expanded = block(x)
            if index in (STRIDE_8_BLOCK, STRIDE_16_BLOCK):
                maps.append(expanded)
        return [*maps, functional.relu6(self.last(x))]


def load_pretrained(network: MobileNetV2) -> None:
    """Fill in the weights learned on Open Images v4 (see pretrained/ATTRIBUTION.md).

    Raises:
        SetupError: the file is missing from the installation, or damaged.
    """
    path = resources.files("detector") / "pretrained" / PRETRAINED
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            state = {name: torch.from_numpy(stored[name].astype(np.float32)) for name in stored.files}
        network.load_state_dict(state)
    except (OSError, ValueError, RuntimeError, zipfile.BadZipFile) as error:
        raise SetupError(
            f"the pretrained weights {path} cannot be read ({error}): install the detector package again"
        ) from error
