"""A real training, small: `python -m detector train` on drawn pictures, as SageMaker would run it."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from detector.anchors import intersection_over_union
from detector.errors import TrainingError
from detector.networks.classifier import Classifier
from detector.serving.inference import Model, detect, load, propose, refine_and_classify
from detector.training import fit as fine_tuning
from detector.training import job
from detector.training.dataset import PictureCache, read_channel
from detector.training.hyperparameters import Hyperparameters
from torch import nn

from tests.detector.conftest import run_training
from tests.detector.scenes import LABELS

LINE = re.compile(
    r"^epoch (\d+)/(\d+) Train_Loss=([0-9.]+) Val_CrossEntropy=([0-9.]+) seconds=[0-9.]+ pictures_per_second=[0-9.]+ "
    r"detector_time=(\d+)% classifier_time=(\d+)%$",
    re.MULTILINE,
)


@pytest.fixture(scope="module")
def model(trained: tuple[Path, str]) -> Model:
    return load(trained[0] / "model", threads=2)


@pytest.mark.parametrize(
    ("epoch", "epochs", "told"),
    [(1, 31, ["the other 30 epochs take about 1.2 minutes"]), (2, 31, []), (1, 1, [])],
)
def test_the_first_of_several_epochs_says_how_long_the_others_will_take(
    capsys: pytest.CaptureFixture[str], epoch: int, epochs: int, told: list[str]
) -> None:
    job.report(fine_tuning.EpochMetrics(epoch, epochs, 1.5, 0.5, 2.4, 14.0, 1.2, 1.2))
    assert capsys.readouterr().out.splitlines()[1:] == told


def test_a_line_for_each_epoch_and_a_loss_that_falls(trained: tuple[Path, str]) -> None:
    lines = LINE.findall(trained[1])
    assert [(number, of) for number, of, *_ in lines] == [(str(number), "12") for number in range(1, 13)]
    losses = [float(loss) for _, _, loss, *_ in lines]
    assert losses[-1] < 0.9 * losses[0]
    assert all(0 < int(share) <= 100 for *_, detector, classifier in lines for share in (detector, classifier))


def test_the_model_folder_holds_what_serving_needs(trained: tuple[Path, str]) -> None:
    folder = trained[0] / "model"
    files = {path.name for path in folder.iterdir()}
    assert files == {"classifier.onnx", "detector.onnx", "model.json", "MODEL_CARD.md", "LICENSE", "ATTRIBUTION.md"}
    description = json.loads((folder / "model.json").read_text())
    assert description["labels"] == list(LABELS)
    assert description["device"] in ("cpu", "cuda")
    assert not (trained[0] / "output" / "failure").exists()


def test_a_card_and_the_licence_go_with_the_model(trained: tuple[Path, str], channel: Path) -> None:
    card = (trained[0] / "model" / "MODEL_CARD.md").read_text("utf-8")
    pictures = read_channel(channel)
    boxes = sum(len(item.boxes) for item in pictures)
    assert f"12 pictures with {boxes} boxes." in card
    for number, label in enumerate(LABELS):
        counts = [int((item.classes == number).sum()) for item in pictures]
        assert f"| {number} | {label} | {sum(map(bool, counts))} | {sum(counts)} |" in card
    assert "epochs 12, adam-learning-rate 0.002, batch-size 2, image-size 192," in card
    assert "Apache License" in (trained[0] / "model" / "LICENSE").read_text("utf-8")
    assert "objectron" in (trained[0] / "model" / "ATTRIBUTION.md").read_text("utf-8")


def test_a_class_that_no_picture_shows_is_named_and_said_to_be_unknown(channel: Path, tmp_path: Path) -> None:
    names = [*LABELS, "a|b"]
    settings = {"epochs": "1", "batch_size": "4", "image_size": "96", "train_only_top_layer": "True"}
    assert run_training(tmp_path, channel, **settings, labels=json.dumps(names)).returncode == 0
    assert json.loads((tmp_path / "model" / "model.json").read_text())["labels"] == names
    assert "| 3 | a\\|b | 0 | 0 |" in (tmp_path / "model" / "MODEL_CARD.md").read_text("utf-8")


def test_it_has_learned_where_objects_are(model: Model, channel: Path) -> None:
    """After twelve epochs classes are a guess, places are not: an untrained network finds none of them."""
    found = total = 0
    for item in read_channel(channel):
        pixels = cv2.cvtColor(cv2.imread(str(item.path)), cv2.COLOR_BGR2RGB)
        detections = detect(model, pixels)
        boxes = detections.boxes[: 3 * len(item.boxes)] * np.array(item.size * 2, np.float32)
        found += (intersection_over_union(item.boxes, boxes).max(1) > 0.4).sum()
        total += len(item.boxes)
    assert found / total > 0.5


def test_it_has_learned_that_clutter_is_background(model: Model, channel: Path) -> None:
    """The probability of any class is small where the detector proposes pens and paper, and large at plugs."""
    in_objects, in_clutter = [], []
    for item in read_channel(channel):
        pixels = cv2.cvtColor(cv2.imread(str(item.path)), cv2.COLOR_BGR2RGB)
        objects = item.boxes / np.array(item.size * 2, np.float32)
        proposals, _ = propose(model, pixels, 1.0, False)
        clutter = proposals[intersection_over_union(proposals, objects).max(1) < 0.1][:10]
        in_objects += refine_and_classify(model, pixels, objects)[1].sum(1).tolist()
        in_clutter += refine_and_classify(model, pixels, clutter)[1].sum(1).tolist()
    assert len(in_clutter) > 20
    assert np.mean(in_objects) > np.mean(in_clutter) + 0.2


def test_detections_are_ordered_inside_the_picture_and_not_repeated(model: Model, channel: Path) -> None:
    detections = detect(model, cv2.imread(str(channel / "images" / "000.jpg")))
    assert 0 < len(detections.scores) <= 100
    assert (np.diff(detections.scores) <= 0).all()
    assert ((detections.boxes >= 0) & (detections.boxes <= 1)).all()
    overlap = intersection_over_union(detections.boxes, detections.boxes)
    same = detections.classes[:, None] == detections.classes[None]
    assert (overlap[same & ~np.eye(len(overlap), dtype=bool)] <= 0.5 + 1e-6).all()


def test_the_same_seed_gives_the_same_model(channel: Path, tmp_path: Path) -> None:
    settings = {"epochs": "1", "batch_size": "4", "image_size": "96"}
    first, again, other = (
        run_training(tmp_path / name, channel, **settings, seed=seed)
        for name, seed in (("first", "5"), ("again", "5"), ("other", "6"))
    )
    assert first.returncode == again.returncode == other.returncode == 0
    losses = [LINE.findall(done.stdout)[0][2:4] for done in (first, again, other)]
    assert losses[0] == losses[1]
    assert losses[0] != losses[2]
    for network in ("detector.onnx", "classifier.onnx"):
        models = [(tmp_path / name / "model" / network).read_bytes() for name in ("first", "again", "other")]
        assert models[0] == models[1]
        assert models[0] != models[2]


def test_without_labels_classes_are_named_by_number(channel: Path, tmp_path: Path) -> None:
    done = run_training(tmp_path, channel, epochs="1", batch_size="4", image_size="96", train_only_top_layer="True")
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "model" / "model.json").read_text())["labels"] == ["0", "1", "2"]


@pytest.mark.parametrize(
    ("hyperparameters", "reason"),
    [
        ({"epochs": "many"}, 'hyperparameter epochs is "many": give a whole number, 1 to 1000'),
        ({"labels": "usb-a"}, "category_id 2, but the hyperparameter labels names 1 classes"),
    ],
)
def test_a_failure_is_one_sentence(channel: Path, tmp_path: Path, hyperparameters: dict[str, str], reason: str) -> None:
    done = run_training(tmp_path, channel, **hyperparameters)
    assert done.returncode == 1
    failure = (tmp_path / "output" / "failure").read_text()
    assert reason in failure
    assert done.stderr.strip() == f"detector: {failure}"
    assert not (tmp_path / "model").exists()


def test_a_loss_that_is_no_number_ends_the_training(channel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(network: nn.Module, _name: str) -> None:
        next(network.parameters()).data.fill_(float("nan"))

    monkeypatch.setattr(fine_tuning, "load_pretrained", broken)
    pictures = PictureCache(read_channel(channel), 96)
    with pytest.raises(TrainingError, match=r"epoch 1: the loss is nan: try a smaller adam-learning-rate than 0.001"):
        fine_tuning.fit(
            pictures, pictures, 3, Hyperparameters(image_size=96), torch.device("cpu"), print, keep_best=False
        )


@pytest.mark.parametrize(("keep_best", "returned"), [(True, 0), (False, 1)])
def test_the_epoch_that_did_best_on_pictures_held_out_is_returned(
    channel: Path, monkeypatch: pytest.MonkeyPatch, keep_best: bool, returned: int
) -> None:
    """A validation loss that grows from the first epoch to the second, as where a network overfits."""
    seen: list[torch.Tensor] = []

    def overfitted(classifier: Classifier, *_: object) -> tuple[float, float]:
        seen.append(classifier.class_maps.weight.clone())
        return 0.5, (0.1, 0.4)[len(seen) - 1]

    monkeypatch.setattr(fine_tuning, "evaluate_classifier", overfitted)
    pictures, validation = (PictureCache(part, 96) for part in (read_channel(channel)[:6], read_channel(channel)[6:8]))
    settings = Hyperparameters(epochs=2, image_size=96)
    epochs: list[fine_tuning.EpochMetrics] = []
    cpu = torch.device("cpu")
    _, classifier = fine_tuning.fit(pictures, validation, 3, settings, cpu, epochs.append, keep_best=keep_best)
    assert [metrics.epoch for metrics in epochs] == [1, 2]
    assert not torch.equal(seen[0], seen[1])
    assert torch.equal(classifier.class_maps.weight, seen[returned])


def test_a_missing_channel_is_one_sentence(tmp_path: Path) -> None:
    done = run_training(tmp_path, tmp_path / "nowhere")
    assert done.returncode == 1
    assert "annotations.json is missing" in (tmp_path / "output" / "failure").read_text()
    assert "Traceback" not in done.stderr


def test_a_damaged_picture_is_named(channel: Path, tmp_path: Path) -> None:
    copy = tmp_path / "channel"
    shutil.copytree(channel, copy)
    (copy / "images" / "003.jpg").write_bytes((copy / "images" / "003.jpg").read_bytes()[:3000])
    done = run_training(tmp_path / "job", copy, epochs="1")
    assert done.returncode == 1
    assert "003.jpg: the picture is damaged" in (tmp_path / "job" / "output" / "failure").read_text()
