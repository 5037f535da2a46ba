"""The classifier: the class of the object in a crop, or background, and a refined box."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from detector.networks.box_refiner import BoxRefiner
from detector.networks.efficientnet import CHANNELS, EfficientNetLite0

# Cells that the box covers less take no part in max pooling: this is added to their logits.
MIN_COVERAGE = 0.3
OUTSIDE_LOGIT = -20.0


class Classifier(nn.Module):
    """EfficientNet-Lite0 with masked pooling and a box refiner.

    Takes crops and masks as `detector.crops.crop_box` makes them: float32 (crops, 3, side, side), RGB in -1..1, and
    (crops, 1, side / 16, side / 16); gives logits (crops, classes + 1), background last, and refined boxes (crops, 4)
    as `detector.networks.box_refiner` has them.

    Each class, and background, has two activation maps: its logit is the mean of one inside the box plus a soft maximum
    (log-sum-exp) of the other. The mean learns from every cell; the maximum finds the small part that tells classes
    apart. What surrounds the box does not count, so that a handful of pictures is enough.
    """

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.classes = classes
        self.backbone = EfficientNetLite0()
        self.class_maps = nn.Conv2d(CHANNELS, 2 * (classes + 1), 1)
        nn.init.normal_(self.class_maps.weight, std=0.01)
        self.class_maps.bias = nn.Parameter(torch.zeros(2 * (classes + 1)))
        self.box_refiner = BoxRefiner()

    def forward(self, crops: Tensor, masks: Tensor) -> tuple[Tensor, Tensor]:
        fine, coarse = self.backbone(crops)
        return self.class_logits(coarse, masks), self.box_refiner(fine, coarse, masks)

    def class_logits(self, coarse: Tensor, masks: Tensor) -> Tensor:
        """Logits (crops, classes + 1) from the backbone's coarse map and the masks."""
        maps: Tensor = self.class_maps(coarse).float()
        average_maps, maximum_maps = maps.chunk(2, 1)
        average = (average_maps * masks).sum((2, 3)) / masks.sum((2, 3)).clamp(min=1e-3)
        return average + (maximum_maps + OUTSIDE_LOGIT * (masks <= MIN_COVERAGE)).logsumexp((2, 3))
