"""From PyTorch to the files that serving needs: the two networks in ONNX."""

from __future__ import annotations

import warnings
from pathlib import Path

import onnx
import torch
from torch import Tensor, nn
from torch.jit._trace import TracerWarning

from detector.crops import SIDE, STRIDE
from detector.networks.classifier import Classifier
from detector.networks.detector import Detector
from detector.sample import MULTIPLE

OPSET = 17


class Scored(nn.Module):
    """The detector with scores in place of logits."""

    def __init__(self, detector: Detector) -> None:
        super().__init__()
        self.detector = detector

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        objects, offsets = self.detector(picture)
        return objects.sigmoid(), offsets


class Shares(nn.Module):
    """The classifier with probabilities of the classes in place of logits, and the edges as they are."""

    def __init__(self, classifier: Classifier) -> None:
        super().__init__()
        self.classifier = classifier

    def forward(self, cuts: Tensor, masks: Tensor) -> tuple[Tensor, Tensor]:
        logits, edges = self.classifier(cuts, masks)
        return logits.softmax(1)[:, : self.classifier.classes], edges


def export_detector(network: Detector, path: Path) -> None:
    """Write an ONNX file that takes one picture of any size whose sides are multiples of 32.

    Input `picture` (1, 3, height, width) as `detector.sample.network_input` makes it; outputs `scores` (1, anchors)
    and `offsets` (1, anchors, 4).
    """
    example = (torch.zeros(1, 3, 9 * MULTIPLE, 12 * MULTIPLE),)
    sizes = {"picture": {2: "height", 3: "width"}, "scores": {1: "anchors"}, "offsets": {1: "anchors"}}
    write(Scored(network), example, ["picture"], ["scores", "offsets"], sizes, path)


def export_classifier(network: Classifier, path: Path) -> None:
    """Write an ONNX file that takes any number of cuts.

    Inputs `cuts` (n, 3, side, side) and `masks` (n, 1, cells, cells) as `detector.crops` makes them; outputs `shares`
    (n, classes), each row's sum 1 less the share of nothing, and `edges` (n, 4) as `detector.networks.box_refiner` has
    them.
    """
    cells = SIDE // STRIDE
    example = (torch.zeros(2, 3, SIDE, SIDE), torch.ones(2, 1, cells, cells))
    write(
        Shares(network),
        example,
        ["cuts", "masks"],
        ["shares", "edges"],
        {n: {0: "n"} for n in ("cuts", "masks", "shares", "edges")},
        path,
    )


def write(
    network: nn.Module,
    example: tuple[Tensor, ...],
    inputs: list[str],
    outputs: list[str],
    sizes: dict[str, dict[int, str]],
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
            dynamic_axes=sizes,
            dynamo=False,
        )
    onnx.checker.check_model(onnx.load(path), full_check=True)
