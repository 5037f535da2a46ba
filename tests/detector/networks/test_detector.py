"""The networks against their authors' own code, and the exported files against the networks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from detector.errors import SetupError
from detector.networks import box_refiner, efficientnet, mobilenet
from detector.networks.classifier import Classifier
from detector.networks.detector import Detector
from detector.networks.layers import load_pretrained
from detector.training.export import (
    ProbabilityClassifier,
    ScoringDetector,
    export_classifier,
    export_detector,
)

DATA = Path(__file__).parents[1] / "data"


def test_pretrained_feature_maps_are_those_of_tensorflow_lite() -> None:
    """ai-edge-litert computed the reference from the original: containers/detector/weights/convert_mobilenet.py."""
    network = mobilenet.MobileNetV2().eval()
    load_pretrained(network, mobilenet.PRETRAINED)
    picture = np.random.default_rng(0).uniform(-1, 1, (1, 300, 300, 3)).astype(np.float32)
    with torch.no_grad():
        maps = network(torch.from_numpy(picture.transpose(0, 3, 1, 2)))
    with np.load(DATA / "feature_maps.npz") as reference:
        for name, computed in zip(("stride_8", "stride_16", "stride_32"), maps, strict=True):
            np.testing.assert_allclose(computed[0, ::7].numpy(), reference[name], atol=0.004)
            assert reference[name].max() > 1  # the comparison is not of zeros


def test_the_pretrained_map_is_that_of_the_package_it_came_from() -> None:
    """The reference was computed by efficientnet_lite_pytorch: containers/detector/weights/convert_efficientnet.py."""
    network = efficientnet.EfficientNetLite0().eval()
    load_pretrained(network, efficientnet.PRETRAINED)
    picture = np.random.default_rng(0).uniform(-1, 1, (1, 3, 224, 224)).astype(np.float32)
    with torch.no_grad():
        fine, coarse = network(torch.from_numpy(picture))
    computed = coarse[0, ::7].numpy()
    assert fine.shape == (1, efficientnet.FINE_CHANNELS, 28, 28)
    with np.load(DATA / "efficientnet_map.npz") as reference:
        np.testing.assert_allclose(computed, reference["stride_16"], atol=0.04)  # weights are kept in float16
        assert reference["stride_16"].max() > 1  # the comparison is not of zeros


def test_a_damaged_weights_file_is_told() -> None:
    with pytest.raises(SetupError, match=r"LICENSE cannot be read .*install the detector package again"):
        load_pretrained(mobilenet.MobileNetV2(), "LICENSE")


@pytest.fixture(scope="module")
def detector(tmp_path_factory: pytest.TempPathFactory) -> tuple[Detector, onnxruntime.InferenceSession]:
    torch.manual_seed(1)
    network = Detector()
    load_pretrained(network.backbone, mobilenet.PRETRAINED)
    path = tmp_path_factory.mktemp("export") / "detector.onnx"
    export_detector(network, path)
    return network, onnxruntime.InferenceSession(path)


@pytest.mark.parametrize(("height", "width"), [(288, 384), (384, 288), (320, 320), (96, 160), (224, 448)])
def test_the_exported_detector_computes_the_same(detector, height: int, width: int) -> None:
    network, session = detector
    picture = np.random.default_rng(0).uniform(-1, 1, (1, 3, height, width)).astype(np.float32)
    with torch.no_grad():
        expected = ScoringDetector(network).eval()(torch.from_numpy(picture))
    for computed, wanted in zip(session.run(["scores", "offsets"], {"picture": picture}), expected, strict=True):
        np.testing.assert_allclose(computed, wanted.numpy(), atol=2e-5)


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    torch.manual_seed(1)
    network = Classifier(3)
    load_pretrained(network.backbone, efficientnet.PRETRAINED)
    load_pretrained(network.box_refiner, box_refiner.PRETRAINED)
    return network.eval()


def some_crops(count: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(count)
    masks = np.zeros((count, 1, 8, 8), np.float32)
    masks[:, :, 2:6, 1:7] = 1
    return random.uniform(-1, 1, (count, 3, 128, 128)).astype(np.float32), masks


@pytest.mark.parametrize("count", [1, 2, 7])
def test_the_exported_classifier_computes_the_same(classifier: Classifier, count: int, tmp_path: Path) -> None:
    export_classifier(classifier, tmp_path / "classifier.onnx")
    crops, masks = some_crops(count)
    with torch.no_grad():
        expected = ProbabilityClassifier(classifier)(torch.from_numpy(crops), torch.from_numpy(masks))
        background = classifier(torch.from_numpy(crops), torch.from_numpy(masks))[0].softmax(1)[:, 3].numpy()
    session = onnxruntime.InferenceSession(tmp_path / "classifier.onnx")
    probabilities, boxes = session.run(["shares", "edges"], {"cuts": crops, "masks": masks})
    for computed, wanted in zip((probabilities, boxes), expected, strict=True):
        np.testing.assert_allclose(computed, wanted.numpy(), atol=1e-5)
    assert probabilities.shape == (count, 3)
    np.testing.assert_allclose(probabilities.sum(1) + background, 1, atol=1e-5)
    assert (background > 0).all()
    assert boxes.shape == (count, 4)


def test_pixels_outside_the_box_do_not_change_its_class(classifier: Classifier) -> None:
    """Beyond what the first layers see across its edge, which is why half of the crop is changed."""
    crops, masks = some_crops(1)
    masks[:, :, :, :] = 0
    masks[:, :, 1:7, 0:1] = 1
    other = crops.copy()
    other[:, :, :, 112:] = 0.5
    inside = crops.copy()
    inside[:, :, :, :16] = 0.5
    with torch.no_grad():
        logits, far, near = (
            classifier(torch.from_numpy(pixels), torch.from_numpy(masks))[0].numpy()
            for pixels in (crops, other, inside)
        )
    assert np.abs(far - logits).max() < 0.1 * np.abs(near - logits).max()


def test_a_box_too_small_for_any_cell_still_gets_a_class(classifier: Classifier) -> None:
    crops, masks = some_crops(1)
    with torch.no_grad():
        logits, boxes = classifier(torch.from_numpy(crops), torch.from_numpy(0 * masks))
    assert torch.isfinite(logits).all()
    assert torch.isfinite(boxes).all()
