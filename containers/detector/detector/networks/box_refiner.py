"""Box refinement: the exact sides of the object's box, from the feature maps that also give its class."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from detector.networks.efficientnet import CHANNELS, FINE_CHANNELS
from detector.networks.layers import NORM_GROUPS, SeparableConv

# Trained on collages of clip art, for objects of any kind. The file's keys are the names of this module's layers.
PRETRAINED = "box_refiner_collages.npz"
WIDTH = 64  # channels
KERNEL = 5
# Positions that a side of the box may have along a side of the crop: two for each cell of stride 8.
BINS = 32


class BoxRefiner(nn.Module):
    """Takes the fine and the coarse map of crops, and masks as `detector.crops.crop_box` makes them; gives boxes
    (crops, 4), left, top, right, bottom in 0..1 of the crop's side.

    Attention-weighted sums over columns and over rows, then a distribution over `BINS` positions for each side of the
    box, whose mean is taken (after Wang et al., "Side-Aware Boundary Localization", arXiv:1912.04260).
    """

    def __init__(self) -> None:
        super().__init__()
        self.coarse = nn.Sequential(nn.Conv2d(CHANNELS, WIDTH, 1, bias=False), nn.GroupNorm(NORM_GROUPS, WIDTH))
        self.fine = nn.Sequential(nn.Conv2d(FINE_CHANNELS, WIDTH, 1, bias=False), nn.GroupNorm(NORM_GROUPS, WIDTH))
        self.mask = nn.Conv2d(1, WIDTH, 3, padding=1)
        self.tower = nn.Sequential(SeparableConv(WIDTH, kernel=KERNEL), SeparableConv(WIDTH, kernel=KERNEL))
        self.weight = nn.Conv2d(WIDTH, 2, 1)
        self.across, self.down = side_predictor(), side_predictor()

    def forward(self, fine: Tensor, coarse: Tensor, masks: Tensor) -> Tensor:
        from_coarse = functional.interpolate(self.coarse(coarse), scale_factor=2.0)
        inside = self.mask(functional.interpolate(masks, scale_factor=2.0))
        x = self.tower(self.fine(fine) + from_coarse + inside)
        attention = self.weight(x)
        columns = (x * attention[:, :1].softmax(2)).sum(2)
        rows = (x * attention[:, 1:].softmax(3)).sum(3)
        x_sides, y_sides = soft_argmax(self.across(columns)), soft_argmax(self.down(rows))
        return torch.stack([x_sides[:, 0], y_sides[:, 0], x_sides[:, 1], y_sides[:, 1]], 1)


def side_predictor() -> nn.Sequential:
    """From features along one axis (crops, WIDTH, BINS / 2) to logits of two opposite sides (crops, 2, BINS)."""
    return nn.Sequential(
        nn.Conv1d(WIDTH, WIDTH, KERNEL, padding=KERNEL // 2), nn.ReLU(), nn.ConvTranspose1d(WIDTH, 2, 4, 2, 1)
    )


def soft_argmax(logits: Tensor) -> Tensor:
    """The expected position (crops, 2), in 0..1, under the logits (crops, 2, BINS)."""
    centres = (torch.arange(BINS, dtype=torch.float32, device=logits.device) + 0.5) / BINS
    return logits.float().softmax(2) @ centres
