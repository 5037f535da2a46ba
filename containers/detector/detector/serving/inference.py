"""Inference with an exported model: ONNX Runtime and NumPy, no PyTorch."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from detector.anchors import (
    Boxes,
    decode_boxes,
    generate_anchors,
    intersection_over_union,
    non_maximum_suppression,
    vote_boxes,
)
from detector.crops import box_from_crop, crop_box
from detector.errors import SetupError
from detector.sample import Pixels, input_size, network_input, resize

DETECTOR_FILE, CLASSIFIER_FILE, DESCRIPTION_FILE = "detector.onnx", "classifier.onnx", "model.json"
# What has less in a pass is no proposal of it. Cross-validated: 98 in 100 objects had a higher score.
MIN_OBJECTNESS = 0.15
# Detections below it are not sent; the threshold for use is the caller's choice.
MIN_SCORE = 0.01
MAX_CANDIDATES, MAX_PROPOSALS, MAX_DETECTIONS = 1000, 100, 100
NMS_IOU, VOTING_IOU = 0.5, 0.7
# Of the class probability in a score. It is nearly all or nothing, and would outweigh how well the box fits.
# Cross-validated: mAP@0.5 and mAP@[.5:.95] 0.89 and 0.67 with the plain product, 0.91 and 0.68 so.
CLASS_EXPONENT = 0.5


@dataclass(frozen=True)
class Effort:
    """How much is done for a picture.

    Attributes:
        passes: of the detector, scale and horizontal flip of each (test-time augmentation). Those after the first are
            for pictures in which it finds nothing, or small things.
        min_objectness: the mean of the passes; proposals below it are not classified.
        max_proposals: that are classified.
    """

    passes: tuple[tuple[float, bool], ...]
    min_objectness: float
    max_proposals: int


# Where the median object's side is smaller in the first pass's input, in pixels, and what counts as an object there.
# Objects are larger than that in most pictures to train on, or are enlarged to it (`detector.training.dataset`).
SMALL_SIDE, SURE_OBJECTNESS = 44.0, 0.3
# Two passes err differently, and the larger one sees small objects better. Others gain nothing by it: bench/README.md.
FULL = Effort(((1.0, False), (1.2, True)), 0.0, MAX_PROPOSALS)
# Two fifths of the time, for a camera that will not wait; bench/README.md says what it misses.
QUICK = Effort(((0.64, False),), 0.3, 20)


@dataclass(frozen=True)
class Description:
    """The contents of `model.json`.

    Attributes:
        labels: the names of the classes 0, 1, ….
        image_size: the detector's input is about this many pixels squared.
        device: "cpu" or "cuda", where it was trained.
        epochs: of its training.
        pictures: it was trained on.
    """

    labels: tuple[str, ...]
    image_size: int
    device: str
    epochs: int
    pictures: int


@dataclass(frozen=True)
class Detections:
    """Detections of one picture, best first.

    Attributes:
        boxes: (n, 4), left, top, right, bottom in 0..1 of the upright picture.
        classes: (n,), from 0.
        scores: (n,), 0..1.
    """

    boxes: Boxes
    classes: NDArray[np.int64]
    scores: NDArray[np.float32]


@dataclass(frozen=True)
class Model:
    """A loaded model.

    Attributes:
        pool: threads that classify several boxes of a picture at a time; None: one after the other.
    """

    detector: onnxruntime.InferenceSession
    classifier: onnxruntime.InferenceSession
    description: Description
    pool: ThreadPoolExecutor | None


def write_description(folder: Path, description: Description) -> None:
    text = json.dumps(asdict(description), ensure_ascii=False, indent=2)
    (folder / DESCRIPTION_FILE).write_text(text + "\n", "utf-8")


def load(folder: Path, threads: int, *, spin: bool = True) -> Model:
    """The model that a training wrote to a folder, to work on one picture at a time with that many threads.

    Args:
        spin: threads that wait for each other while a network runs keep their cores: a tenth sooner where the cores are
            free, nearly twice as long where other programs want them.

    Raises:
        SetupError: a file is missing or damaged.
    """
    try:
        document = json.loads((folder / DESCRIPTION_FILE).read_text("utf-8"))
        description = Description(**document | {"labels": tuple(document["labels"])})
        detector = session(folder / DETECTOR_FILE, threads, spin=spin)
        # Boxes side by side, each with one thread, are done sooner than one after the other with all threads.
        classifier = session(folder / CLASSIFIER_FILE, 1)
    except Exception as error:  # ONNX Runtime's exceptions have no base class of their own
        raise SetupError(
            f"the model in {folder} cannot be loaded ({error}): unpack model.tar.gz of a training there"
        ) from error
    pool = ThreadPoolExecutor(threads, thread_name_prefix="classifier") if threads > 1 else None
    return Model(detector, classifier, description, pool)


def session(file: Path, threads: int, *, spin: bool = True) -> onnxruntime.InferenceSession:
    """An ONNX Runtime session on the CPU with that many threads; see `load`."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    # Threads that wait for work burn a core that something else can use once the network has run.
    options.add_session_config_entry("session.force_spinning_stop", "1")
    options.add_session_config_entry("session.intra_op.allow_spinning", "1" if spin else "0")
    return onnxruntime.InferenceSession(file.read_bytes(), options, providers=["CPUExecutionProvider"])


def detect(model: Model, pixels: Pixels, effort: Effort = FULL) -> Detections:
    """At most `MAX_DETECTIONS` objects in an upright RGB picture (height, width, 3).

    The detector proposes boxes in the picture at reduced size; the classifier takes a crop of the picture at full size
    for each, refines its box and gives class probabilities.
    """
    boxes, objectness = merge_proposals(look(model, pixels, effort))
    likely = np.flatnonzero(objectness >= effort.min_objectness)[: effort.max_proposals]
    boxes, objectness = boxes[likely], objectness[likely]
    boxes, probabilities = refine_and_classify(model, pixels, boxes)
    # Two refined boxes may turn out to be of one object.
    kept = non_maximum_suppression(boxes, objectness, NMS_IOU)
    boxes, scores = boxes[kept], class_scores(objectness[kept], probabilities[kept])
    rows, classes = np.nonzero(scores >= MIN_SCORE)
    values = scores[rows, classes]
    best = np.argsort(-values, kind="stable")[:MAX_DETECTIONS]
    return Detections(boxes[rows[best]], classes[best].astype(np.int64), values[best].astype(np.float32))


def look(model: Model, pixels: Pixels, effort: Effort) -> list[tuple[Boxes, NDArray[np.float32]]]:
    """The proposals of each pass that the picture gets, as `propose` has them."""
    first, *others = effort.passes
    found = [propose(model, pixels, *first)]
    if others:
        boxes, objectness = merge_proposals(found)
        boxes = boxes[objectness >= SURE_OBJECTNESS]
        sides = np.sqrt((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])) * model.description.image_size
        if not len(sides) or np.median(sides) < SMALL_SIDE:
            found += [propose(model, pixels, *way) for way in others]
    return found


def propose(model: Model, pixels: Pixels, scale: float, flipped: bool) -> tuple[Boxes, NDArray[np.float32]]:
    """One pass of the detector: boxes (n, 4) in 0..1 and objectness (n,) of the anchors above `MIN_OBJECTNESS`."""
    picture = detector_input(pixels, round(scale * model.description.image_size), flipped)
    outputs = model.detector.run(["scores", "offsets"], {"picture": picture})
    scores, offsets = (np.asarray(output)[0] for output in outputs)
    boxes, scores = decode_proposals(scores, offsets, picture.shape[3], picture.shape[2])
    if flipped:
        boxes[:, [0, 2]] = 1 - boxes[:, [2, 0]]
    return boxes, scores


def detector_input(pixels: Pixels, image_size: int, flipped: bool) -> NDArray[np.float32]:
    """A picture as the detector takes it: float32 (1, 3, height, width), about `image_size` squared pixels."""
    small = resize(pixels, *input_size(pixels.shape[1], pixels.shape[0], image_size))
    return network_input(small[:, ::-1] if flipped else small)[None]


def decode_proposals(
    scores: NDArray[np.float32], offsets: Boxes, width: int, height: int
) -> tuple[Boxes, NDArray[np.float32]]:
    """The detector's outputs (anchors,) and (anchors, 4), for an input of that size, as boxes (n, 4) in 0..1 and scores
    (n,): those above `MIN_OBJECTNESS`, best first, `MAX_CANDIDATES` at most."""
    likely = np.flatnonzero(scores >= MIN_OBJECTNESS)
    best = likely[np.argsort(-scores[likely], kind="stable")[:MAX_CANDIDATES]]
    anchors = generate_anchors(height, width)[best]
    boxes = decode_boxes(offsets[best], anchors) / np.array([width, height] * 2, np.float32)
    return np.clip(boxes, 0, 1).astype(np.float32), scores[best]


def merge_proposals(passes: list[tuple[Boxes, NDArray[np.float32]]]) -> tuple[Boxes, NDArray[np.float32]]:
    """One proposal for each object from the passes of test-time augmentation: non-maximum suppression and box voting
    over all of them.

    Returns:
        Boxes (n, 4), and the mean of each pass's best score for each (n,), best first and `MAX_PROPOSALS` at most.
    """
    boxes, scores = np.concatenate([boxes for boxes, _ in passes]), np.concatenate([scores for _, scores in passes])
    kept = non_maximum_suppression(boxes, scores, NMS_IOU, MAX_PROPOSALS)
    best_of_pass = [
        ((intersection_over_union(boxes[kept], proposals) > VOTING_IOU) * values).max(1, initial=0)
        for proposals, values in passes
    ]
    voted = vote_boxes(boxes, scores, kept, VOTING_IOU)
    objectness: NDArray[np.float32] = np.array(best_of_pass, np.float32).mean(0)
    # Two voted boxes may turn out to be of one object.
    kept = non_maximum_suppression(voted, objectness, NMS_IOU)
    return voted[kept], objectness[kept]


def class_scores(objectness: NDArray[np.float32], probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scores (boxes, classes) from objectness (boxes,) and class probabilities (boxes, classes)."""
    scores: NDArray[np.float32] = objectness[:, None] * probabilities**CLASS_EXPONENT
    return scores.astype(np.float32, copy=False)


def refine_and_classify(model: Model, pixels: Pixels, boxes: Boxes) -> tuple[Boxes, NDArray[np.float32]]:
    """Refined boxes (n, 4) in 0..1 and class probabilities (n, classes) of the boxes (n, 4) in 0..1."""
    if not len(boxes):
        return boxes, np.empty((0, len(model.description.labels)), np.float32)
    size = np.array([pixels.shape[1], pixels.shape[0]] * 2, np.float32)
    run = map if model.pool is None else model.pool.map
    results = list(run(partial(classify_crop, model.classifier, pixels), boxes * size))
    refined = np.clip(np.stack([box for box, _ in results]) / size, 0, 1)
    return refined, np.stack([probabilities for _, probabilities in results])


def classify_crop(
    classifier: onnxruntime.InferenceSession, pixels: Pixels, box: Boxes
) -> tuple[Boxes, NDArray[np.float32]]:
    """The refined box (4,) in pixels of the picture, and class probabilities (classes,), for a box (4,) in pixels.

    One crop at a time: its feature maps stay in the processor's cache, and memory is the same for any number of boxes.
    """
    crop = crop_box(pixels, box)
    inputs = {"cuts": network_input(crop.pixels)[None], "masks": crop.mask[None, None]}
    outputs = classifier.run(["shares", "edges"], inputs)
    probabilities, refined = (np.asarray(output, np.float32)[0] for output in outputs)
    return box_from_crop(refined, crop), probabilities
