"""EfficientNet-Lite0 up to stride 16: the backbone of the classifier."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from detector.networks.layers import InvertedResidual, convolution

# Trained on ImageNet.
PRETRAINED = "efficientnet_lite0_imagenet.npz"
# One row a block: expansion, output channels, stride, kernel. Table 1 of Tan and Le, arXiv:1905.11946, without
# squeeze-and-excitation and with ReLU6, as TensorFlow's "lite" variant has it.
BLOCKS = (
    (1, 16, 1, 3),
    (6, 24, 2, 3), (6, 24, 1, 3),
    (6, 40, 2, 5), (6, 40, 1, 5),
    (6, 80, 2, 3), (6, 80, 1, 3), (6, 80, 1, 3),
    (6, 112, 1, 5), (6, 112, 1, 5), (6, 112, 1, 5),
)  # fmt: skip
# The coarse map (stride 16) is the expansion that would begin the next block, the fine one (stride 8) the expanded map
# of the block that goes from stride 8 to 16.
EXPANSION = 6
CHANNELS = EXPANSION * BLOCKS[-1][1]
STRIDE_8_BLOCK = 5
FINE_CHANNELS = EXPANSION * BLOCKS[STRIDE_8_BLOCK - 1][1]
STRIDE = 16


class EfficientNetLite0(nn.Module):
    """The backbone: float32 (batch, 3, height, width) to a fine map (batch, `FINE_CHANNELS`, height / 8, width / 8) and
    a coarse one (batch, `CHANNELS`, height / 16, width / 16)."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = convolution(3, 32, 3, stride=2)
        blocks, inputs = [], 32
        for expansion, outputs, stride, kernel in BLOCKS:
            blocks.append(InvertedResidual(inputs, outputs, stride, expansion, kernel))
            inputs = outputs
        self.blocks = nn.ModuleList(blocks)
        self.expand = convolution(inputs, CHANNELS, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = functional.relu6(self.stem(x), inplace=True)
        fine = x
        for index, block in enumerate(self.blocks):
            x, expanded = block(x)
            if index == STRIDE_8_BLOCK:
                fine = expanded
        return fine, functional.relu6(self.expand(x), inplace=True)
