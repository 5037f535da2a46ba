"""The time of each part of an answer, and the settings between which the endpoint has chosen.

    .venvs/detector/bin/python bench/serve_parts.py MODEL PICTURE... [--runs 130]

Prints tables in Markdown. What stands in one table was measured in turn, picture by picture.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import onnx
import onnxruntime
from detector import picture
from detector.anchors import decode_boxes, generate_anchors, non_maximum_suppression
from detector.crops import crop_box
from detector.sample import network_input
from detector.serving import inference
from detector.serving.contract import AcceptOptions, response
from detector.serving.inference import FULL, MAX_PROPOSALS, MIN_OBJECTNESS, NMS_IOU, Model
from detector.serving.server import DECODING_RESERVE
from numpy.typing import NDArray
from serve_bare import CORES, Ready, answer, classify, loop, ready

Way = Callable[[Ready], object]
MEGAPIXELS_12 = (4000, 3000)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("pictures", type=Path, nargs="+")
    parser.add_argument("--runs", type=int, default=130)
    wanted = parser.parse_args()
    one, every = (inference.load(wanted.model, threads) for threads in (1, CORES))
    items = [ready(one, path.read_bytes()) for path in wanted.pictures]
    objects = statistics.mean(len(item.boxes) for item in items)
    cv2.setNumThreads(1)
    table(f"Part of an answer, one core ({objects:.1f} objects a picture)", parts(one, items), items, wanted.runs)
    table("Non-maximum suppression, one core", suppressions(), items, wanted.runs)
    table("A JPEG of 12 megapixels, one core", reduced(one, items), items[:10], min(wanted.runs, 20))
    cv2.setNumThreads(CORES)
    table("Threads", threads(wanted.model, one, every), items, wanted.runs)
    print("| Side by side | threads each | pictures/s |\n|---|---:|---:|")
    for callers, model, count in ((1, every, CORES), (CORES, one, 1), (CORES, every, CORES)):
        _, seconds = loop(lambda item, model=model: answer(model, item.body), items, wanted.runs, callers)  # type: ignore[misc]
        print(f"| {callers} | {count} | {wanted.runs / seconds:.1f} |")


def table(heading: str, ways: dict[str, Way], items: list[Ready], runs: int) -> None:
    """A row for each way: the median of its milliseconds, the ways taken in turn."""
    milliseconds: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(-1, runs):
        item = items[number % len(items)]
        for name, work in ways.items():
            began = time.perf_counter()
            work(item)
            if number >= 0:  # the first time warms up
                milliseconds[name].append((time.perf_counter() - began) * 1000)
    print(f"| {heading} | ms |\n|---|---:|")
    for name, values in milliseconds.items():
        print(f"| {name} | {statistics.median(values):.2f} |")
    print(flush=True)


def parts(one: Model, items: list[Ready]) -> dict[str, Way]:
    found = {item.body: inference.detect(one, item.pixels) for item in items}
    return {
        "decode": lambda item: picture.decode(item.body, pixels_wanted(one)),
        "resizing, planes of -1..1, for each pass": lambda item: [
            inference.detector_input(item.pixels, round(scale * one.description.image_size), flipped)
            for scale, flipped in FULL.passes[: len(item.inputs)]
        ],
        "detector, a `session.run` for each pass": lambda item: every_pass(one, item),
        "boxes from anchors, suppression, box voting": lambda item: inference.merge_proposals(proposals(item)),
        "crops, masks, planes": lambda item: [network_input(crop_box(item.pixels, box).pixels) for box in item.boxes],
        "classifier, a `session.run` for each crop": lambda item: classify(one, item),
        "(in place of it: one for all crops)": lambda item: in_one_run(one.classifier, item),
        "JSON": lambda item: json.dumps(response(found[item.body], AcceptOptions(True), one.description.labels)),
    }


def every_pass(model: Model, item: Ready) -> None:
    for planes in item.inputs:
        model.detector.run(None, {"picture": planes})


def pixels_wanted(model: Model) -> int:
    return DECODING_RESERVE * model.description.image_size**2


def proposals(item: Ready) -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """The proposals of each pass of test-time augmentation."""
    return [
        inference.decode_proposals(scores, offsets, planes.shape[3], planes.shape[2])
        for planes, (scores, offsets) in zip(item.inputs, item.outputs, strict=True)
    ]


def size(item: Ready) -> tuple[int, int]:
    """Width and height of the detector's input in the first pass, whose boxes every way to suppress is given."""
    return item.inputs[0].shape[3], item.inputs[0].shape[2]


def in_one_run(classifier: onnxruntime.InferenceSession, item: Ready) -> None:
    if len(item.crops):
        classifier.run(None, {"cuts": item.crops, "masks": item.masks})


def suppressions() -> dict[str, Way]:
    """NumPy's as it serves; OpenCV's; ONNX's operator, which would stand in the graph and so see every anchor's box."""
    boxes = onnx.helper.make_tensor_value_info("boxes", onnx.TensorProto.FLOAT, [1, None, 4])
    scores = onnx.helper.make_tensor_value_info("scores", onnx.TensorProto.FLOAT, [1, 1, None])
    kept = onnx.helper.make_tensor_value_info("kept", onnx.TensorProto.INT64, [None, 3])
    limits = [
        onnx.numpy_helper.from_array(np.array([MAX_PROPOSALS], np.int64), "most"),
        onnx.numpy_helper.from_array(np.array([NMS_IOU], np.float32), "iou"),
        onnx.numpy_helper.from_array(np.array([MIN_OBJECTNESS], np.float32), "least"),
    ]
    node = onnx.helper.make_node("NonMaxSuppression", ["boxes", "scores", "most", "iou", "least"], ["kept"])
    graph = onnx.helper.make_graph([node], "suppression", [boxes, scores], [kept], limits)
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])

    def every_box(item: Ready) -> NDArray[np.float32]:
        width, height = size(item)
        return decode_boxes(item.outputs[0][1], generate_anchors(height, width))

    def in_numpy(item: Ready) -> None:
        rows = np.flatnonzero(item.outputs[0][0] >= MIN_OBJECTNESS)
        width, height = size(item)
        boxes = decode_boxes(item.outputs[0][1][rows], generate_anchors(height, width)[rows])
        non_maximum_suppression(boxes, item.outputs[0][0][rows], NMS_IOU, MAX_PROPOSALS)

    def in_opencv(item: Ready) -> None:
        rows = np.flatnonzero(item.outputs[0][0] >= MIN_OBJECTNESS)
        width, height = size(item)
        boxes = decode_boxes(item.outputs[0][1][rows], generate_anchors(height, width)[rows])
        boxes[:, 2:] -= boxes[:, :2]
        cv2.dnn.NMSBoxes(boxes.astype(np.float64), item.outputs[0][0][rows], MIN_OBJECTNESS, NMS_IOU)  # type: ignore[arg-type]

    def in_a_graph(item: Ready) -> None:
        session.run(None, {"boxes": every_box(item)[None], "scores": item.outputs[0][0][None, None]})

    return {
        "NumPy": in_numpy,
        "OpenCV's `NMSBoxes`": in_opencv,
        "ONNX's `NonMaxSuppression`, all anchors": in_a_graph,
        "(of that, all anchors' boxes)": every_box,
    }


def reduced(one: Model, items: list[Ready]) -> dict[str, Way]:
    large = {
        item.body: cv2.imencode(".jpg", cv2.resize(item.pixels, MEGAPIXELS_12))[1].tobytes() for item in items[:10]
    }
    return {
        "decoded whole": lambda item: picture.decode(large[item.body]),
        "decoded at a reduced scale": lambda item: picture.decode(large[item.body], pixels_wanted(one)),
    }


def threads(folder: Path, one: Model, every: Model) -> dict[str, Way]:
    """Ways to spend the cores on a picture that comes alone."""
    batch = inference.session(folder / inference.CLASSIFIER_FILE, CORES)
    waiting = inference.session(folder / inference.DETECTOR_FILE, CORES, spin=False)
    variants = {
        "whole, threads spin while the network runs": every,
        "whole, threads spin on": dataclasses.replace(every, detector=spinning_on(folder)),
        "whole, threads never spin": dataclasses.replace(every, detector=waiting),
    }
    return {
        "detector, each pass, 1 thread": lambda item: every_pass(one, item),
        f"detector, each pass, {CORES} threads": lambda item: every_pass(every, item),
        "crops one by one, 1 thread": lambda item: classify(one, item),
        f"crops side by side, {CORES} threads": lambda item: classify(every, item),
        f"crops in one run, {CORES} threads": lambda item: in_one_run(batch, item),
        "whole, 1 thread": lambda item: answer(one, item.body),
        **{name: (lambda item, model=model: answer(model, item.body)) for name, model in variants.items()},
    }


def spinning_on(folder: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = CORES
    file = folder / inference.DETECTOR_FILE
    return onnxruntime.InferenceSession(file.read_bytes(), options, providers=["CPUExecutionProvider"])


if __name__ == "__main__":
    main()
