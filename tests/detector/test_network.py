"""The network against Google's own engine, and the exported file against the network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from detector.errors import SetupError
from detector.export import Scored, export
from detector.mobilenet import MobileNetV2, load_pretrained
from detector.network import Detector

REFERENCE = Path(__file__).parent / "data" / "feature_maps.npz"


def test_pretrained_feature_maps_are_those_of_tensorflow_lite() -> None:
    """The reference was computed by ai-edge-litert from the original graph: containers/detector/weights/convert.py."""
    network = MobileNetV2().eval()
    load_pretrained(network)
    picture = np.random.default_rng(0).uniform(-1, 1, (1, 300, 300, 3)).astype(np.float32)
    with torch.no_grad():
        maps = network(torch.from_numpy(picture.transpose(0, 3, 1, 2)))
    with np.load(REFERENCE) as reference:
        for name, computed in zip(("stride_8", "stride_16", "stride_32"), maps, strict=True):
            np.testing.assert_allclose(computed[0, ::7].numpy(), reference[name], atol=0.004)
            assert reference[name].max() > 1  # the comparison is not of zeros


def test_a_damaged_weights_file_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("detector.mobilenet.PRETRAINED", "LICENSE")
    with pytest.raises(SetupError, match=r"LICENSE cannot be read .*install the detector package again"):
        load_pretrained(MobileNetV2())


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Detector, onnxruntime.InferenceSession]:
    torch.manual_seed(1)
    network = Detector(3)
    load_pretrained(network.backbone)
    path = tmp_path_factory.mktemp("export") / "model.onnx"
    export(network, path)
    return network, onnxruntime.InferenceSession(path)


@pytest.mark.parametrize(("height", "width"), [(288, 384), (384, 288), (320, 320), (96, 160), (224, 448)])
def test_the_exported_model_computes_the_same(exported, height: int, width: int) -> None:
    network, session = exported
    picture = np.random.default_rng(0).uniform(-1, 1, (1, 3, height, width)).astype(np.float32)
    with torch.no_grad():
        expected = Scored(network).eval()(torch.from_numpy(picture))
    for computed, wanted in zip(session.run(["scores", "offsets"], {"picture": picture}), expected, strict=True):
        np.testing.assert_allclose(computed, wanted.numpy(), atol=2e-5)
