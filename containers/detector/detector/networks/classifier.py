"""The closer look at a box: which class is in it, if any, and where its edges are indeed."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from detector.networks.box_refiner import Edges
from detector.networks.efficientnet import CHANNELS, EfficientNetLite0

# A cell of which the box covers less does not take part in the search for the strongest evidence.
COVERED = 0.3
OUTSIDE = -20.0


class Classifier(nn.Module):
    """Takes cuts and masks as `detector.crops.cut` makes them: float32 (cuts, 3, side, side), RGB in -1..1, and
    (cuts, 1, side / 16, side / 16); gives logits (cuts, classes + 1), the last of them of nothing, and what
    `detector.networks.box_refiner` reads, (cuts, 4).

    Each class, and nothing, has two maps of evidence: its logit is the mean of the one plus a soft maximum of the other
    inside the box. The mean learns from every cell, the maximum finds the small thing that decides. What surrounds the
    box does not count, so that a handful of pictures is enough.
    """

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.classes = classes
        self.backbone = EfficientNetLite0()
        self.evidence = nn.Conv2d(CHANNELS, 2 * (classes + 1), 1)
        nn.init.normal_(self.evidence.weight, std=0.01)
        self.evidence.bias = nn.Parameter(torch.zeros(2 * (classes + 1)))
        self.edges = Edges()

    def forward(self, cuts: Tensor, masks: Tensor) -> tuple[Tensor, Tensor]:
        fine, coarse = self.backbone(cuts)
        return self.named(coarse, masks), self.edges(fine, coarse, masks)

    def named(self, coarse: Tensor, masks: Tensor) -> Tensor:
        """Logits (cuts, classes + 1) from the coarse map."""
        evidence: Tensor = self.evidence(coarse).float()
        typical, strongest = evidence.chunk(2, 1)
        share = (typical * masks).sum((2, 3)) / masks.sum((2, 3)).clamp(min=1e-3)
        return share + (strongest + OUTSIDE * (masks <= COVERED)).logsumexp((2, 3))
