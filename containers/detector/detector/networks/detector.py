"""The detector: MobileNetV2, a small feature pyramid, and predictors shared by all strides."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from detector.anchors import ANCHORS_PER_CELL
from detector.networks.layers import NORM_GROUPS, SeparableConv
from detector.networks.mobilenet import CHANNELS, MobileNetV2

# Trained on collages of clip art to box objects of any kind. The file's keys are the names of this module's layers.
PRETRAINED = "heads_collages.npz"
WIDTH = 96  # channels
# The objectness of every anchor before any training (Lin et al., "Focal Loss", arXiv:1708.02002).
PRIOR_PROBABILITY = 0.01


class Heads(nn.Module):
    """A feature pyramid (FPN) on the backbone's maps; predictors of objectness and box offsets, shared by all strides.

    Takes feature maps of stride 8, 16 and 32; gives logits (batch, anchors) and offsets (batch, anchors, 4).
    """

    def __init__(self) -> None:
        super().__init__()
        self.laterals = nn.ModuleList(
            nn.Sequential(nn.Conv2d(channels, WIDTH, 1, bias=False), nn.GroupNorm(NORM_GROUPS, WIDTH))
            for channels in CHANNELS
        )
        self.smooth = nn.ModuleList(SeparableConv(WIDTH) for _ in CHANNELS)
        self.coarse = SeparableConv(WIDTH, stride=2)
        self.tower = nn.Sequential(SeparableConv(WIDTH), SeparableConv(WIDTH))
        self.object_predictor = anchor_predictor(1, -math.log((1 - PRIOR_PROBABILITY) / PRIOR_PROBABILITY))
        self.box_predictor = anchor_predictor(4)

    def forward(self, features: list[Tensor]) -> tuple[Tensor, Tensor]:
        maps = [lateral(x) for lateral, x in zip(self.laterals, features, strict=True)]
        for finer in (1, 0):
            maps[finer] = maps[finer] + functional.interpolate(maps[finer + 1], scale_factor=2.0)
        maps = [smooth(x) for smooth, x in zip(self.smooth, maps, strict=True)]
        maps = [self.tower(x) for x in (*maps, self.coarse(maps[-1]))]
        objectness = torch.cat([flatten_anchors(self.object_predictor(x), 1) for x in maps], 1).squeeze(-1)
        return objectness, torch.cat([flatten_anchors(self.box_predictor(x), 4) for x in maps], 1)


class Detector(nn.Module):
    """A class-agnostic SSD on MobileNetV2.

    Takes float32 pictures (batch, 3, height, width), RGB in -1..1, sides multiples of 32; gives objectness logits
    (batch, anchors) and box offsets (batch, anchors, 4), in the order and coding of `detector.anchors`. Where objects
    are is learned from all classes together, which is why a handful of pictures is enough;
    `detector.networks.classifier` classifies them.
    """

    def __init__(self) -> None:
        super().__init__()
        self.backbone = MobileNetV2()
        self.heads = Heads()

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        objectness, offsets = self.heads(self.backbone(pictures))
        return objectness, offsets


def anchor_predictor(outputs: int, bias: float = 0.0) -> nn.Conv2d:
    """A 1 x 1 convolution to `outputs` values for each anchor of a cell, initialised to about `bias`."""
    layer = nn.Conv2d(WIDTH, ANCHORS_PER_CELL * outputs, 1)
    nn.init.normal_(layer.weight, std=0.01)
    layer.bias = nn.Parameter(torch.full((ANCHORS_PER_CELL * outputs,), bias))
    return layer


def flatten_anchors(predicted: Tensor, outputs: int) -> Tensor:
    """(batch, anchors of a cell * outputs, height, width) to (batch, all anchors, outputs)."""
    return predicted.permute(0, 2, 3, 1).reshape(predicted.shape[0], -1, outputs)
