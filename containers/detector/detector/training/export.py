"""Export of both networks from PyTorch to ONNX, for serving.

The names of inputs and outputs are the contract with `detector.serving.inference`, of any version: models that were
trained earlier have them too.
"""

from __future__ import annotations

import warnings
from pathlib import Path

import onnx
import torch
from torch import Tensor, nn
from torch.jit._trace import TracerWarning

from detector.crops import CROP_SIZE, MASK_STRIDE
from detector.networks.classifier import Classifier
from detector.networks.detector import Detector
from detector.sample import SIZE_DIVISOR

OPSET = 17


class ScoringDetector(nn.Module):
    """The detector with objectness scores in 0..1 in place of logits."""

    def __init__(self, detector: Detector) -> None:
        super().__init__()
        self.detector = detector

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        objectness, offsets = self.detector(picture)
        return objectness.sigmoid(), offsets


class ProbabilityClassifier(nn.Module):
    """The classifier with class probabilities, background left out, in place of logits."""

    def __init__(self, classifier: Classifier) -> None:
        super().__init__()
        self.classifier = classifier

    def forward(self, crops: Tensor, masks: Tensor) -> tuple[Tensor, Tensor]:
        logits, boxes = self.classifier(crops, masks)
        return logits.softmax(1)[:, : self.classifier.classes], boxes


def export_detector(network: Detector, path: Path) -> None:
    """Write an ONNX file for one picture of any size, sides multiples of 32.

    Input `picture` (1, 3, height, width) as `detector.sample.network_input` makes it; outputs `scores` (1, anchors)
    and `offsets` (1, anchors, 4), in the order and coding of `detector.anchors`.
    """
    example = (torch.zeros(1, 3, 9 * SIZE_DIVISOR, 12 * SIZE_DIVISOR),)
    dynamic_axes = {"picture": {2: "height", 3: "width"}, "scores": {1: "anchors"}, "offsets": {1: "anchors"}}
    export_onnx(ScoringDetector(network), example, ["picture"], ["scores", "offsets"], dynamic_axes, path)


def export_classifier(network: Classifier, path: Path) -> None:
    """Write an ONNX file for any number of crops.

    Inputs `cuts` (n, 3, side, side) and `masks` (n, 1, cells, cells) are crops and masks as `detector.crops` makes
    them; outputs `shares` (n, classes) are class probabilities, which add up to 1 less the probability of background,
    and `edges` (n, 4) refined boxes as `detector.networks.box_refiner` has them.
    """
    cells = CROP_SIZE // MASK_STRIDE
    example = (torch.zeros(2, 3, CROP_SIZE, CROP_SIZE), torch.ones(2, 1, cells, cells))
    export_onnx(
        ProbabilityClassifier(network),
        example,
        ["cuts", "masks"],
        ["shares", "edges"],
        {n: {0: "n"} for n in ("cuts", "masks", "shares", "edges")},
        path,
    )


def export_onnx(
    network: nn.Module,
    example: tuple[Tensor, ...],
    inputs: list[str],
    outputs: list[str],
    dynamic_axes: dict[str, dict[int, str]],
    path: Path,
) -> None:
    network = network.eval().to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    with torch.no_grad(), warnings.catch_warnings():
        # torch's newer exporter needs onnxscript besides, and makes the same graph of this network.
        warnings.simplefilter("ignore", DeprecationWarning)
        # The sizes that tracing fixes are parities and group checks: the same for all multiples of 32.
        warnings.simplefilter("ignore", TracerWarning)
        torch.onnx.export(
            network,
            example,
            path,
            input_names=inputs,
            output_names=outputs,
            opset_version=OPSET,
            dynamic_axes=dynamic_axes,
            dynamo=False,
        )
    onnx.checker.check_model(onnx.load(path), full_check=True)
