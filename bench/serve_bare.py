"""The bare loop that the endpoint is held against: the same pictures in one process, without HTTP.

    .venvs/detector/bin/python bench/serve_bare.py MODEL PICTURE... [--runs 130]

MODEL is a folder with the model's files. Prints a JSON object for each way to do it, with each picture's milliseconds
and the seconds of all:

    decode + session.run    the JPEG decoded by OpenCV, then each run of both networks on inputs that lie ready: nothing
                            is resized, cropped, suppressed or written; in each way that may be the fastest
    decode + detect + JSON  the kit's own code from the JPEG's bytes to the answer's
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import onnxruntime
from detector import picture
from detector.crops import CROP_SIZE, MASK_STRIDE, crop_box
from detector.sample import network_input
from detector.serving import inference
from detector.serving.contract import AcceptOptions, response
from detector.serving.inference import FULL, Model
from detector.serving.server import DECODING_RESERVE, find
from numpy.typing import NDArray

CORES = len(os.sched_getaffinity(0))
BARE, KIT = "decode + session.run", "decode + detect + JSON"
WARM_UP_PICTURES = 10


class Ready(NamedTuple):
    """A picture with the inputs and outputs of both networks for it."""

    body: bytes
    pixels: NDArray[np.uint8]
    inputs: list[NDArray[np.float32]]
    outputs: list[tuple[NDArray[np.float32], NDArray[np.float32]]]
    boxes: NDArray[np.float32]
    crops: NDArray[np.float32]
    masks: NDArray[np.float32]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("pictures", type=Path, nargs="+")
    parser.add_argument("--runs", type=int, default=130)
    wanted = parser.parse_args()
    one, every = (inference.load(wanted.model, threads) for threads in (1, CORES))
    items = [ready(one, path.read_bytes()) for path in wanted.pictures]
    batch = inference.session(wanted.model / inference.CLASSIFIER_FILE, CORES)
    for leg, way, callers, work in (
        (BARE, "all cores, crops in one batch", 1, lambda item: in_one_batch(every, batch, item)),
        (BARE, "all cores, crops side by side", 1, lambda item: one_by_one(every, item)),
        (BARE, "a core each, crops in one batch", CORES, lambda item: in_one_batch(one, one.classifier, item)),
        (BARE, "a core each, crops one by one", CORES, lambda item: one_by_one(one, item)),
        (KIT, "all cores", 1, lambda item: answer(every, item.body)),
        (KIT, "a core each", CORES, lambda item: answer(one, item.body)),
    ):
        milliseconds, seconds = loop(work, items, wanted.runs, callers)
        line = {"leg": leg, "way": way, "callers": callers, "milliseconds": milliseconds, "seconds": seconds}
        print(json.dumps(line), flush=True)


def ready(model: Model, body: bytes) -> Ready:
    pixels = picture.decode(body, DECODING_RESERVE * model.description.image_size**2)
    looks = inference.look(model, pixels, FULL)
    inputs = [
        inference.detector_input(pixels, round(scale * model.description.image_size), flipped)
        for scale, flipped in FULL.passes[: len(looks)]
    ]
    runs = (model.detector.run(["scores", "offsets"], {"picture": planes}) for planes in inputs)
    outputs = [(np.asarray(scores)[0], np.asarray(offsets)[0]) for scores, offsets in runs]
    boxes, _ = inference.merge_proposals(looks)
    boxes *= np.array([pixels.shape[1], pixels.shape[0]] * 2, np.float32)
    cropped = [crop_box(pixels, box) for box in boxes]
    crops = np.array([network_input(crop.pixels) for crop in cropped]).reshape(-1, 3, CROP_SIZE, CROP_SIZE)
    cells = CROP_SIZE // MASK_STRIDE
    masks = np.array([crop.mask for crop in cropped]).reshape(-1, 1, cells, cells)
    return Ready(body, pixels, inputs, outputs, boxes, crops, masks)


def loop(work: Callable[[Ready], object], items: list[Ready], runs: int, callers: int) -> tuple[list[float], float]:
    """`work` on the pictures in turn by `callers` threads: the milliseconds of each, the seconds of all."""
    milliseconds: list[float] = []

    def timed(number: int) -> None:
        began = time.perf_counter()
        work(items[number % len(items)])
        milliseconds.append((time.perf_counter() - began) * 1000)

    for item in items[:WARM_UP_PICTURES]:
        work(item)
    with ThreadPoolExecutor(callers) as pool:
        began = time.perf_counter()
        list(pool.map(timed, range(runs)))
        return milliseconds, time.perf_counter() - began


def decoded_and_detected(model: Model, item: Ready) -> None:
    cv2.imdecode(np.frombuffer(item.body, np.uint8), cv2.IMREAD_COLOR)
    for planes in item.inputs:
        model.detector.run(None, {"picture": planes})


def in_one_batch(model: Model, classifier: onnxruntime.InferenceSession, item: Ready) -> None:
    decoded_and_detected(model, item)
    if len(item.crops):
        classifier.run(None, {"cuts": item.crops, "masks": item.masks})


def one_by_one(model: Model, item: Ready) -> None:
    decoded_and_detected(model, item)
    classify(model, item)


def classify(model: Model, item: Ready) -> None:
    each = map if model.pool is None else model.pool.map
    pairs = zip(item.crops[:, None], item.masks[:, None], strict=True)
    list(each(lambda pair: model.classifier.run(None, {"cuts": pair[0], "masks": pair[1]}), pairs))


def answer(model: Model, body: bytes) -> bytes:
    return json.dumps(response(find(model, body, FULL), AcceptOptions(verbose=True), model.description.labels)).encode()


if __name__ == "__main__":
    main()
