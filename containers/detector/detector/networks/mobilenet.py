"""MobileNetV2 as TensorFlow's detection models have it: the backbone of the SSD."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from detector.networks.layers import InvertedResidual, convolution

# Trained on Open Images v4.
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
# The feature maps of stride 8 and 16 are the expanded maps of the blocks that begin the next stride.
STRIDE_8_BLOCK, STRIDE_16_BLOCK = 6, 13
CHANNELS = (192, 576, 1280)


class MobileNetV2(nn.Module):
    """The backbone: float32 (batch, 3, height, width) to maps of stride 8, 16 and 32 with `CHANNELS` channels."""

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
        x = functional.relu6(self.stem(x), inplace=True)
        maps = []
        for index, block in enumerate(self.blocks):
            x, expanded = block(x)
            if index in (STRIDE_8_BLOCK, STRIDE_16_BLOCK):
                maps.append(expanded)
        return [*maps, functional.relu6(self.last(x), inplace=True)]
