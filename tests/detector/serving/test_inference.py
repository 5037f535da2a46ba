"""Merging the proposals of several passes, refining boxes, and scores."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from detector.crops import CROP_SIZE
from detector.serving import inference
from detector.serving.inference import Description, Model, class_scores, merge_proposals, refine_and_classify

NOTHING = (np.empty((0, 4), np.float32), np.empty(0, np.float32))


def proposals(*found: tuple[tuple[float, float, float, float], float]):
    return np.array([box for box, _ in found], np.float32), np.array([score for _, score in found], np.float32)


def test_passes_are_merged_to_one_box_and_score() -> None:
    boxes, scores = merge_proposals([proposals(((0.10, 0.1, 0.3, 0.3), 0.8)), proposals(((0.12, 0.1, 0.32, 0.3), 0.4))])
    assert boxes.tolist() == [pytest.approx([0.104, 0.1, 0.304, 0.3])]
    assert scores.tolist() == [pytest.approx(0.6)]


def test_what_only_one_pass_has_found_is_worth_half() -> None:
    both = (0.6, 0.6, 0.8, 0.8)
    boxes, scores = merge_proposals([proposals(((0.1, 0.1, 0.3, 0.3), 0.9), (both, 0.6)), proposals((both, 0.6))])
    assert boxes.tolist() == [pytest.approx(both), pytest.approx([0.1, 0.1, 0.3, 0.3])]
    assert scores.tolist() == pytest.approx([0.6, 0.45])


def test_a_loosely_fitting_box_has_no_vote_and_is_suppressed() -> None:
    boxes, scores = merge_proposals([proposals(((0.1, 0.1, 0.3, 0.3), 0.9), ((0.1, 0.1, 0.3, 0.23), 0.5)), NOTHING])
    assert boxes.tolist() == [pytest.approx([0.1, 0.1, 0.3, 0.3])]
    assert scores.tolist() == pytest.approx([0.45])


@pytest.mark.parametrize(
    ("boxes", "looks"),
    [
        ([], 2),
        ([(0.1, 0.1, 0.2, 0.2)], 2),
        ([(0.1, 0.1, 0.3, 0.3)], 1),
        ([(0.1, 0.1, 0.2, 0.2), (0.5, 0.5, 0.6, 0.6), (0.6, 0.1, 0.9, 0.4)], 2),
        ([(0.1, 0.1, 0.2, 0.2), (0.5, 0.5, 0.9, 0.9), (0.6, 0.1, 0.9, 0.4)], 1),
    ],
)
def test_a_second_look_is_taken_where_most_is_small_or_nothing_is_found(
    monkeypatch: pytest.MonkeyPatch, boxes: list[tuple[float, ...]], looks: int
) -> None:
    """Sides of 0.1 are 40 pixels of an input of 400 x 400."""
    asked = []

    def propose(_model: Model, _pixels: np.ndarray, scale: float, flipped: bool) -> tuple[np.ndarray, np.ndarray]:
        asked.append((scale, flipped))
        return np.array(boxes, np.float32).reshape(-1, 4), np.full(len(boxes), 0.9, np.float32)

    monkeypatch.setattr(inference, "propose", propose)
    description = Description(("a", "b"), 400, "cpu", 1, 1)
    model = Model(detector=None, classifier=None, description=description, pool=None)  # type: ignore[arg-type]
    assert len(inference.look(model, np.zeros((480, 640, 3), np.uint8), inference.FULL)) == looks
    assert asked == [(1.0, False), (1.2, True)][:looks]


def test_passes_that_find_nothing() -> None:
    boxes, scores = merge_proposals([NOTHING, NOTHING])
    assert boxes.shape == (0, 4)
    assert scores.shape == (0,)


def test_a_refined_box_is_put_into_the_picture() -> None:
    """A classifier that finds the white object in its crop, as a network would."""

    class Sees:
        def run(self, _names: list[str], given: dict[str, np.ndarray]) -> list[np.ndarray]:
            rows, columns = np.nonzero(given["cuts"][0, 0] > 0)
            edges = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1], np.float32) / CROP_SIZE
            return [np.array([[0.25, 0.75]], np.float32), edges[None]]

    pixels = np.zeros((480, 640, 3), np.uint8)
    pixels[200:240, 300:380] = 255
    description = Description(("a", "b"), 400, "cpu", 1, 1)
    model = Model(detector=None, classifier=Sees(), description=description, pool=None)  # type: ignore[arg-type]
    inexact = np.array([[0.45, 0.40, 0.61, 0.52], [0.48, 0.41, 0.58, 0.49]], np.float32)
    boxes, probabilities = refine_and_classify(model, pixels, inexact)
    assert boxes * (640, 480, 640, 480) == pytest.approx(np.array([[300, 200, 380, 240]] * 2), abs=1)
    assert probabilities.tolist() == [[0.25, 0.75]] * 2


def test_a_well_found_object_of_doubtful_class_outranks_a_doubtful_object_of_sure_class() -> None:
    scores = class_scores(np.array([0.9, 0.6], np.float32), np.array([[0.5, 0.4], [1.0, 0.0]], np.float32))
    assert scores[0, 0] > scores[1, 0] > scores[0, 1] > scores[1, 1] == 0
    assert scores.max() <= 0.9


def test_what_is_likely_nothing_scores_less_than_an_object_less_well_found() -> None:
    scores = class_scores(np.array([0.9, 0.5], np.float32), np.array([[0.05, 0.02], [0.6, 0.4]], np.float32))
    assert scores[0].max() < scores[1].min()


def test_onnx_runtime_tells_nobody_that_it_is_used(tmp_path: Path) -> None:
    """Its packages for Linux keep a number of the machine among the temporary files, to send it with what they tell."""
    same = onnx.helper.make_node("Identity", ["given"], ["same"])
    ends = [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1]) for name in ("given", "same")]
    model = onnx.helper.make_model(onnx.helper.make_graph([same], "same", ends[:1], ends[1:]), ir_version=10)
    model.opset_import[0].version = 17
    onnx.save(model, str(tmp_path / "model.onnx"))
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    program = (
        "import sys; from pathlib import Path; from detector.serving.inference import session; "
        "session(Path(sys.argv[1]), 1)"
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ORT_")}
    subprocess.run(
        [sys.executable, "-c", program, tmp_path / "model.onnx"], env={**kept, "TMPDIR": str(temporary)}, check=True
    )
    assert list(temporary.iterdir()) == []
