"""From PyTorch to the files that serving needs: `model.onnx` and `model.json`."""

from __future__ import annotations

import warnings
from pathlib import Path

import onnx
import torch
from torch import Tensor, nn
from torch.jit._trace import TracerWarning

from detector.network import Detector
from detector.sample import MULTIPLE

OPSET = 17


class Scored(nn.Module):
    """The detector with scores in place of logits: object times class, (batch, anchors, classes)."""

    def __init__(self, detector: Detector) -> None:
        super().__init__()
        self.detector = detector

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        objects, classes, offsets = self.detector(picture)
        return objects.sigmoid()[..., None] * classes.softmax(-1), offsets


def export(network: Detector, path: Path) -> None:
    """Write the network as an ONNX file that takes one picture of any size whose sides are multiples of 32.

    Input `picture` (1, 3, height, width) as `detector.sample.network_input` makes it; outputs `scores` (1, anchors,
    classes) and `offsets` (1, anchors, 4).
    """
    scored = Scored(network).eval().to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    example = torch.zeros(1, 3, 9 * MULTIPLE, 12 * MULTIPLE)
    with warnings.catch_warnings():
        # torch's newer exporter needs onnxscript besides, and makes the same graph of this network.
        warnings.simplefilter("ignore", DeprecationWarning)
        # The sizes that tracing fixes are parities and group checks: the same for all multiples of 32.
        warnings.simplefilter("ignore", TracerWarning)
        torch.onnx.export(
            scored,
            (example,),
            path,
            input_names=["picture"],
            output_names=["scores", "offsets"],
            opset_version=OPSET,
            dynamic_axes={"picture": {2: "height", 3: "width"}, "scores": {1: "anchors"}, "offsets": {1: "anchors"}},
            dynamo=False,
        )
    onnx.checker.check_model(onnx.load(path), full_check=True)
