"""Finding objects with an exported model: ONNX Runtime and NumPy, no PyTorch."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from detector.anchors import Boxes, anchors, decode, non_maximum_suppression
from detector.errors import SetupError
from detector.sample import Pixels, input_size, network_input, scaled

MODEL_FILE, DESCRIPTION_FILE = "model.onnx", "model.json"
# Below this nothing is worth sending; where to draw the line for use is the caller's choice.
LEAST_SCORE = 0.01
CANDIDATES, MOST_DETECTIONS = 1000, 100
SAME_OBJECT_IOU = 0.6
# Two classes of one object: only the better one is told when they overlap by more.
SAME_OBJECT_ANY_CLASS_IOU = 0.8


@dataclass(frozen=True)
class Description:
    """What `model.json` says of `model.onnx`."""

    labels: tuple[str, ...]
    image_size: int
    device: str
    epochs: int
    pictures: int


@dataclass(frozen=True)
class Detections:
    """Best first: boxes (n, 4) left, top, right, bottom in 0..1 of the upright picture, classes (n,), scores (n,)."""

    boxes: Boxes
    classes: NDArray[np.int64]
    scores: NDArray[np.float32]


@dataclass(frozen=True)
class Model:
    """A loaded model."""

    session: onnxruntime.InferenceSession
    description: Description


def write_description(folder: Path, description: Description) -> None:
    text = json.dumps(asdict(description), ensure_ascii=False, indent=2)
    (folder / DESCRIPTION_FILE).write_text(text + "\n", "utf-8")


def load(folder: Path, threads: int) -> Model:
    """The model that training left in a folder.

    Raises:
        SetupError: a file is missing or damaged.
    """
    try:
        document = json.loads((folder / DESCRIPTION_FILE).read_text("utf-8"))
        description = Description(**document | {"labels": tuple(document["labels"])})
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        session = onnxruntime.InferenceSession(
            (folder / MODEL_FILE).read_bytes(), options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # ONNX Runtime's exceptions have no base class of their own
        raise SetupError(
            f"the model in {folder} cannot be loaded ({error}): unpack model.tar.gz of a training there"
        ) from error
    return Model(session, description)


def detect(model: Model, pixels: Pixels) -> Detections:
    """Objects in an upright RGB picture (height, width, 3), at most `MOST_DETECTIONS`."""
    width, height = input_size(pixels.shape[1], pixels.shape[0], model.description.image_size)
    picture = network_input(scaled(pixels, width, height))[None]
    scores, offsets = (
        np.asarray(output)[0] for output in model.session.run(["scores", "offsets"], {"picture": picture})
    )
    return select(scores, offsets, width, height)


def select(scores: NDArray[np.float32], offsets: Boxes, width: int, height: int) -> Detections:
    """The best of all anchors' boxes, without those that find an object again."""
    rows, classes = np.nonzero(scores >= LEAST_SCORE)
    values = scores[rows, classes]
    best = np.argsort(-values, kind="stable")[:CANDIDATES]
    rows, classes, values = rows[best], classes[best], values[best]
    boxes = decode(offsets[rows], anchors(height, width)[rows])
    boxes = np.clip(boxes / np.array([width, height, width, height], np.float32), 0, 1).astype(np.float32)
    kept: list[int] = []
    for kind in np.unique(classes):
        of_kind = np.flatnonzero(classes == kind)
        kept += of_kind[non_maximum_suppression(boxes[of_kind], values[of_kind], SAME_OBJECT_IOU)].tolist()
    chosen = np.array(kept, np.intp)
    chosen = chosen[non_maximum_suppression(boxes[chosen], values[chosen], SAME_OBJECT_ANY_CLASS_IOU)]
    chosen = chosen[:MOST_DETECTIONS]
    return Detections(boxes[chosen], classes[chosen].astype(np.int64), values[chosen])
