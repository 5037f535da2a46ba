"""The peer: GluonCV's SSD-512 MobileNet 1.0, the model behind JumpStart's, in training and in answering.

    .venvs/gluoncv/bin/python bench/gluoncv_peer.py train CHANNEL [--epochs 3] [--batch-size 4] [--workers 0]
    .venvs/gluoncv/bin/python bench/gluoncv_peer.py forward PICTURE [--runs 50]

It runs in the environment that `requirements/install.py gluoncv` makes, imports nothing of the kit and fetches nothing.
Weights are drawn by chance; they cost what trained ones do (but for 2 % of `forward`: NMS has more boxes). Threads are
as many as cores, unless OMP_NUM_THREADS says otherwise. Each line on standard output is one JSON object:

    train, a line an epoch, the first of which includes MXNet's planning of its memory:
        {"epoch": 1, "pictures": 33, "seconds": 14.2, "loss": 11.3}
    forward, a line for the network alone and one that begins at the JPEG's bytes, both ending with boxes in NumPy:
        {"leg": "forward", "runs": 50, "p50_ms": 101.2, "p99_ms": 120.4, "pictures_per_second": 9.7}
        {"leg": "decode_forward", "runs": 50, "p50_ms": 108.9, "p99_ms": 126.8, "pictures_per_second": 9.0}
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

# MXNet reads it when it is imported, and counts no more than half of the cores by itself where they are hyper-threads.
os.environ.setdefault("OMP_NUM_THREADS", str(len(os.sched_getaffinity(0))))

import mxnet as mx
import numpy as np
from gluoncv.data.batchify import Stack, Tuple
from gluoncv.data.transforms.presets.ssd import SSDDefaultTrainTransform, SSDDefaultValTransform
from gluoncv.loss import SSDMultiBoxLoss
from gluoncv.model_zoo import get_model
from mxnet import autograd, gluon

SIZE = 512
CLASSES = ("usb-a", "usb-c", "lightning")
# Those of GluonCV's own script for this network.
SGD = {"learning_rate": 0.001, "wd": 0.0005, "momentum": 0.9}
NMS_OVERLAP, NMS_TOP = 0.45, 400
WARM_UP_RUNS = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    training = verbs.add_parser("train")
    training.add_argument("channel", type=Path, help="a folder with JumpStart's annotations.json and images/")
    training.add_argument("--epochs", type=int, default=3)
    training.add_argument("--batch-size", type=int, default=4)
    training.add_argument("--workers", type=int, default=0, help="processes that load and augment pictures")
    answering = verbs.add_parser("forward")
    answering.add_argument("picture", type=Path, help="a JPEG")
    answering.add_argument("--runs", type=int, default=50)
    wanted = parser.parse_args()
    if wanted.verb == "train":
        train(wanted.channel, wanted.epochs, wanted.batch_size, wanted.workers)
    else:
        forward(wanted.picture.read_bytes(), wanted.runs)


def network() -> Any:
    """The network for `CLASSES`, its weights drawn by MXNet's default."""
    net = get_model("ssd_512_mobilenet1.0_custom", classes=CLASSES, pretrained=False, pretrained_base=False)
    net.initialize()
    return net


def read_channel(channel: Path) -> list[tuple[mx.nd.NDArray, np.ndarray]]:
    """The pictures that have boxes, decoded, each with rows of left, top, right, bottom in pixels and the class."""
    document = json.loads((channel / "annotations.json").read_text(encoding="utf-8"))
    rows: dict[int, list[list[float]]] = {}
    for annotation in document["annotations"]:
        rows.setdefault(annotation["image_id"], []).append([*annotation["bbox"], annotation["category_id"]])
    return [
        (mx.image.imread(str(channel / "images" / image["file_name"])), np.array(rows[image["id"]], np.float32))
        for image in document["images"]
        if image["id"] in rows
    ]


def train(channel: Path, epochs: int, batch_size: int, workers: int) -> None:
    """The loop of GluonCV's own training script, without its logging and its validation: the losses are read once an
    epoch, so that MXNet may go on to the next batch by itself, and pictures are decoded but once."""
    net = network()
    with autograd.train_mode():
        _, _, anchors = net(mx.nd.zeros((1, 3, SIZE, SIZE)))
    net.hybridize(static_alloc=True, static_shape=True)
    loader = gluon.data.DataLoader(
        gluon.data.SimpleDataset(read_channel(channel)).transform(
            SSDDefaultTrainTransform(SIZE, SIZE, anchors), lazy=True
        ),
        batch_size,
        shuffle=True,
        batchify_fn=Tuple(Stack(), Stack(), Stack()),
        last_batch="rollover",
        num_workers=workers,
    )
    trainer = gluon.Trainer(net.collect_params(), "sgd", SGD)
    multi_box_loss = SSDMultiBoxLoss()
    for epoch in range(1, epochs + 1):
        start, pictures, losses = time.perf_counter(), 0, []
        for batch in loader:
            x, class_targets, box_targets = (part.as_in_context(mx.cpu()) for part in batch)
            with autograd.record():
                class_predictions, box_predictions, _ = net(x)
                total, _, _ = multi_box_loss(class_predictions, box_predictions, class_targets, box_targets)
                autograd.backward(total)
            # The loss is a mean over the batch already.
            trainer.step(1)
            losses.append(total[0].mean())
            pictures += len(x)
        loss = float(mx.nd.stack(*losses).mean().asscalar())
        mx.nd.waitall()
        say(epoch=epoch, pictures=pictures, seconds=round(time.perf_counter() - start, 3), loss=round(loss, 4))


def forward(jpeg: bytes, runs: int) -> None:
    """One picture at a time through the hybridised network and its NMS."""
    net, prepare = network(), SSDDefaultValTransform(SIZE, SIZE)

    def decoded() -> mx.nd.NDArray:
        picture, _ = prepare(mx.image.imdecode(jpeg), np.zeros((1, 5), np.float32))
        return picture.expand_dims(0)

    net.set_nms(nms_thresh=NMS_OVERLAP, nms_topk=NMS_TOP)
    net.hybridize(static_alloc=True, static_shape=True)

    def answered(x: mx.nd.NDArray) -> list[np.ndarray]:
        return [output.asnumpy() for output in net(x)]

    x = decoded()
    for leg, work in (("forward", partial(answered, x)), ("decode_forward", lambda: answered(decoded()))):
        seconds = timed(work, runs)
        say(
            leg=leg,
            runs=runs,
            p50_ms=round(float(np.percentile(seconds, 50)) * 1000, 2),
            p99_ms=round(float(np.percentile(seconds, 99)) * 1000, 2),
            pictures_per_second=round(runs / sum(seconds), 2),
        )


def timed(work: Callable[[], object], runs: int) -> list[float]:
    """Seconds of each run, after some that do not count."""
    for _ in range(WARM_UP_RUNS):
        work()
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return seconds


def say(**line: object) -> None:
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
