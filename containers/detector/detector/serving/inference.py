"""Finding objects with an exported model: ONNX Runtime and NumPy, no PyTorch."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from detector.anchors import Boxes, anchors, decode, intersection_over_union, non_maximum_suppression, voted
from detector.crops import cut, in_picture
from detector.errors import SetupError
from detector.sample import Pixels, input_size, network_input, scaled

DETECTOR_FILE, CLASSIFIER_FILE, DESCRIPTION_FILE = "detector.onnx", "classifier.onnx", "model.json"
# Below this nothing is worth a closer look: cross-validated, 98 in 100 of what was there scored more.
LEAST_OBJECT = 0.15
# Below this nothing is worth sending; where to draw the line for use is the caller's choice.
LEAST_SCORE = 0.01
CANDIDATES, MOST_OBJECTS, MOST_DETECTIONS = 1000, 100, 100
SAME_OBJECT_IOU, SAME_PLACE_IOU = 0.5, 0.7
# How often a picture is looked at, each time enlarged by so much, mirrored or not: two looks err differently, and the
# finer one sees edges better. Cross-validated: mAP@[.5:.95] of boxes 0.65 by one look, 0.68 by these; more cost more.
LOOKS = ((1.0, False), (1.2, True))
# To this power the classifier's belief is raised in a score. All or nothing as it is, it would else outweigh how well
# the box fits. Cross-validated: mAP@0.5 and mAP@[.5:.95] 0.89 and 0.67 by the plain product, 0.91 and 0.68 so.
CLASS_POWER = 0.5


@dataclass(frozen=True)
class Description:
    """What `model.json` says of the networks beside it."""

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
    """A loaded model; where it has a pool, several boxes are looked at side by side in its threads."""

    detector: onnxruntime.InferenceSession
    classifier: onnxruntime.InferenceSession
    description: Description
    pool: ThreadPoolExecutor | None


def write_description(folder: Path, description: Description) -> None:
    text = json.dumps(asdict(description), ensure_ascii=False, indent=2)
    (folder / DESCRIPTION_FILE).write_text(text + "\n", "utf-8")


def load(folder: Path, threads: int) -> Model:
    """The model that training left in a folder, to work on one picture with that many threads.

    Raises:
        SetupError: a file is missing or damaged.
    """
    try:
        document = json.loads((folder / DESCRIPTION_FILE).read_text("utf-8"))
        description = Description(**document | {"labels": tuple(document["labels"])})
        detector = session(folder / DETECTOR_FILE, threads)
        # Boxes side by side, each with one thread, are done sooner than one after the other with all threads.
        classifier = session(folder / CLASSIFIER_FILE, 1)
    except Exception as error:  # ONNX Runtime's exceptions have no base class of their own
        raise SetupError(
            f"the model in {folder} cannot be loaded ({error}): unpack model.tar.gz of a training there"
        ) from error
    pool = ThreadPoolExecutor(threads, thread_name_prefix="closer-look") if threads > 1 else None
    return Model(detector, classifier, description, pool)


def session(file: Path, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    # Threads that wait for work burn a core that something else can use once the network has run.
    options.add_session_config_entry("session.force_spinning_stop", "1")
    return onnxruntime.InferenceSession(file.read_bytes(), options, providers=["CPUExecutionProvider"])


def detect(model: Model, pixels: Pixels) -> Detections:
    """Objects in an upright RGB picture (height, width, 3), at most `MOST_DETECTIONS`.

    The detector finds them in the picture made small, the classifier names each from a cut of the picture as it is, and
    says where its edges are.
    """
    boxes, scores = agreed([look(model, pixels, *manner) for manner in LOOKS])
    boxes, shares = looked_at_closer(model, pixels, boxes)
    # Better edges can bring two together.
    apart = non_maximum_suppression(boxes, scores, SAME_OBJECT_IOU)
    boxes, by_class = boxes[apart], class_scores(scores[apart], shares[apart])
    rows, classes = np.nonzero(by_class >= LEAST_SCORE)
    values = by_class[rows, classes]
    best = np.argsort(-values, kind="stable")[:MOST_DETECTIONS]
    return Detections(boxes[rows[best]], classes[best].astype(np.int64), values[best].astype(np.float32))


def look(model: Model, pixels: Pixels, enlargement: float, mirrored: bool) -> tuple[Boxes, NDArray[np.float32]]:
    """Boxes, in 0..1, and scores of all anchors that may have found something."""
    seen = view(pixels, round(enlargement * model.description.image_size), mirrored)
    scores, offsets = (np.asarray(output)[0] for output in model.detector.run(["scores", "offsets"], {"picture": seen}))
    boxes, scores = candidates(scores, offsets, seen.shape[3], seen.shape[2])
    if mirrored:
        boxes[:, [0, 2]] = 1 - boxes[:, [2, 0]]
    return boxes, scores


def view(pixels: Pixels, image_size: int, mirrored: bool) -> NDArray[np.float32]:
    """What the detector is given of a picture: (1, 3, height, width)."""
    small = scaled(pixels, *input_size(pixels.shape[1], pixels.shape[0], image_size))
    return network_input(small[:, ::-1] if mirrored else small)[None]


def candidates(
    scores: NDArray[np.float32], offsets: Boxes, width: int, height: int
) -> tuple[Boxes, NDArray[np.float32]]:
    """Boxes, in 0..1 of an input of that size, and scores of the anchors that may have found something, best first."""
    likely = np.flatnonzero(scores >= LEAST_OBJECT)
    best = likely[np.argsort(-scores[likely], kind="stable")[:CANDIDATES]]
    boxes = decode(offsets[best], anchors(height, width)[best]) / np.array([width, height] * 2, np.float32)
    return np.clip(boxes, 0, 1).astype(np.float32), scores[best]


def agreed(looks: list[tuple[Boxes, NDArray[np.float32]]]) -> tuple[Boxes, NDArray[np.float32]]:
    """One box for each object, agreed on by the anchors of all looks that found it, and the mean of the looks' best
    scores for it, best first."""
    boxes, scores = np.concatenate([boxes for boxes, _ in looks]), np.concatenate([scores for _, scores in looks])
    kept = non_maximum_suppression(boxes, scores, SAME_OBJECT_IOU, MOST_OBJECTS)
    strengths = [
        ((intersection_over_union(boxes[kept], found) > SAME_PLACE_IOU) * values).max(1, initial=0)
        for found, values in looks
    ]
    places = voted(boxes, scores, kept, SAME_PLACE_IOU)
    strength: NDArray[np.float32] = np.array(strengths, np.float32).mean(0)
    # Agreeing can bring two together.
    apart = non_maximum_suppression(places, strength, SAME_OBJECT_IOU)
    return places[apart], strength[apart]


def class_scores(objects: NDArray[np.float32], shares: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scores of classes in boxes, (boxes, classes), of how sure the detector is of each object (boxes,) and how likely
    each class is (boxes, classes)."""
    scores: NDArray[np.float32] = objects[:, None] * shares**CLASS_POWER
    return scores.astype(np.float32, copy=False)


def looked_at_closer(model: Model, pixels: Pixels, boxes: Boxes) -> tuple[Boxes, NDArray[np.float32]]:
    """The boxes, in 0..1, with the edges that the classifier sees, and how likely each class is in each (boxes,
    classes)."""
    if not len(boxes):
        return boxes, np.empty((0, len(model.description.labels)), np.float32)
    size = np.array([pixels.shape[1], pixels.shape[0]] * 2, np.float32)
    each = map if model.pool is None else model.pool.map
    found = list(each(partial(closer_look, model.classifier, pixels), boxes * size))
    fitted = np.clip(np.stack([box for box, _ in found]) / size, 0, 1)
    return fitted, np.stack([shares for _, shares in found])


def closer_look(
    classifier: onnxruntime.InferenceSession, pixels: Pixels, box: Boxes
) -> tuple[Boxes, NDArray[np.float32]]:
    """The box (4,) in pixels with the edges that a cut of the picture shows, and how likely each class is in it.

    One cut at a time: its maps stay in the processor's cache, and memory is the same for any number of boxes.
    """
    piece, mask = cut(pixels, box)
    given = {"cuts": network_input(piece)[None], "masks": mask[None, None]}
    shares, edges = (np.asarray(output, np.float32)[0] for output in classifier.run(["shares", "edges"], given))
    return in_picture(edges, box), shares
