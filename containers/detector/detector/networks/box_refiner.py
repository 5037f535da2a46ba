"""Where the edges of the thing in a box are: read off the closer look that tells its class."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from detector.networks.efficientnet import CHANNELS, FINE_CHANNELS
from detector.networks.layers import GROUPS, Separable

# Learned on collages of clip art: where things of any kind begin and end.
PRETRAINED = "box_refiner_collages.npz"
WIDTH = 64
KERNEL = 5
# Places that an edge may have along a side of the cut: two in each cell of stride 8.
PLACES = 32


class Edges(nn.Module):
    """Takes the maps of stride 8 and 16 of cuts, and masks as `detector.crops.cut` makes them; gives left, top, right
    and bottom of the thing, in 0..1 of the cut's side (cuts, 4).

    The map is summed up along each side, what matters weighing most, and each edge is the mean of its places, as likely
    as they are (after Wang et al., "Side-Aware Boundary Localization", arXiv:1912.04260).
    """

    def __init__(self) -> None:
        super().__init__()
        self.coarse = nn.Sequential(nn.Conv2d(CHANNELS, WIDTH, 1, bias=False), nn.GroupNorm(GROUPS, WIDTH))
        self.fine = nn.Sequential(nn.Conv2d(FINE_CHANNELS, WIDTH, 1, bias=False), nn.GroupNorm(GROUPS, WIDTH))
        self.mask = nn.Conv2d(1, WIDTH, 3, padding=1)
        self.tower = nn.Sequential(Separable(WIDTH, kernel=KERNEL), Separable(WIDTH, kernel=KERNEL))
        self.weight = nn.Conv2d(WIDTH, 2, 1)
        self.across, self.down = places(), places()

    def forward(self, fine: Tensor, coarse: Tensor, masks: Tensor) -> Tensor:
        from_coarse = functional.interpolate(self.coarse(coarse), scale_factor=2.0)
        inside = self.mask(functional.interpolate(masks, scale_factor=2.0))
        x = self.tower(self.fine(fine) + from_coarse + inside)
        weight = self.weight(x)
        columns = (x * weight[:, :1].softmax(2)).sum(2)
        rows = (x * weight[:, 1:].softmax(3)).sum(3)
        across, down = mean_place(self.across(columns)), mean_place(self.down(rows))
        return torch.stack([across[:, 0], down[:, 0], across[:, 1], down[:, 1]], 1)


def places() -> nn.Sequential:
    """From what was summed up along a side, (cuts, width, cells), to logits of two edges at each place."""
    return nn.Sequential(
        nn.Conv1d(WIDTH, WIDTH, KERNEL, padding=KERNEL // 2), nn.ReLU(), nn.ConvTranspose1d(WIDTH, 2, 4, 2, 1)
    )


def mean_place(logits: Tensor) -> Tensor:
    """(cuts, 2, places) to (cuts, 2), in 0..1."""
    middles = (torch.arange(PLACES, dtype=torch.float32, device=logits.device) + 0.5) / PLACES
    return logits.float().softmax(2) @ middles
