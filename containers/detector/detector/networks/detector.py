"""The detector: MobileNetV2, a small feature pyramid, and predictors that all strides share."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from detector.anchors import ANCHORS_PER_CELL
from detector.networks.layers import GROUPS, Separable
from detector.networks.mobilenet import CHANNELS, MobileNetV2

# Learned on collages of clip art: to box things of any kind.
PRETRAINED = "heads_collages.npz"
WIDTH = 96
# An untrained network shall call an anchor an object once in a hundred (Lin et al., arXiv:1708.02002).
PRIOR = 0.01


class Heads(nn.Module):
    """What stands on the feature extractor: a feature pyramid and predictors that all strides share."""

    def __init__(self) -> None:
        super().__init__()
        self.laterals = nn.ModuleList(
            nn.Sequential(nn.Conv2d(channels, WIDTH, 1, bias=False), nn.GroupNorm(GROUPS, WIDTH))
            for channels in CHANNELS
        )
        self.smooth = nn.ModuleList(Separable(WIDTH) for _ in CHANNELS)
        self.coarse = Separable(WIDTH, stride=2)
        self.tower = nn.Sequential(Separable(WIDTH), Separable(WIDTH))
        self.object_predictor = predictor(1, -math.log((1 - PRIOR) / PRIOR))
        self.box_predictor = predictor(4)

    def forward(self, features: list[Tensor]) -> tuple[Tensor, Tensor]:
        maps = [lateral(x) for lateral, x in zip(self.laterals, features, strict=True)]
        for finer in (1, 0):
            maps[finer] = maps[finer] + functional.interpolate(maps[finer + 1], scale_factor=2.0)
        maps = [smooth(x) for smooth, x in zip(self.smooth, maps, strict=True)]
        maps = [self.tower(x) for x in (*maps, self.coarse(maps[-1]))]
        objects = torch.cat([rows(self.object_predictor(x), 1) for x in maps], 1).squeeze(-1)
        return objects, torch.cat([rows(self.box_predictor(x), 4) for x in maps], 1)


class Detector(nn.Module):
    """SSD on MobileNetV2.

    Takes float32 pictures (batch, 3, height, width), RGB in -1..1, sides multiples of 32; gives, in the order and code
    of `detector.anchors`, a logit for there being an object of whatever class (batch, anchors) and box offsets (batch,
    anchors, 4). Where things are is learned from all classes together, which is what makes a handful of pictures
    enough; `detector.networks.classifier` tells which they are.
    """

    def __init__(self) -> None:
        super().__init__()
        self.backbone = MobileNetV2()
        self.heads = Heads()

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        objects, offsets = self.heads(self.backbone(pictures))
        return objects, offsets


def predictor(numbers: int, bias: float = 0.0) -> nn.Conv2d:
    """Predicts so many numbers for each anchor of a cell, at first all but the bias."""
    layer = nn.Conv2d(WIDTH, ANCHORS_PER_CELL * numbers, 1)
    nn.init.normal_(layer.weight, std=0.01)
    layer.bias = nn.Parameter(torch.full((ANCHORS_PER_CELL * numbers,), bias))
    return layer


def rows(predicted: Tensor, numbers: int) -> Tensor:
    """(batch, anchors * numbers, height, width) as (batch, all anchors, numbers)."""
    return predicted.permute(0, 2, 3, 1).reshape(predicted.shape[0], -1, numbers)
