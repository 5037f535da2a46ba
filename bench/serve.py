"""The endpoint against the bare loop and GluonCV's network: `make bench-serve`.

    .venvs/kit/bin/python bench/serve.py [--rounds 6] [--requests 65] [--memory-requests 10000] [--model FOLDER]

Trains on the sample pictures as `make local` does (or takes the model in FOLDER), serves it in the process that
`make local RUNTIME=process` starts, and takes the held-out pictures. In each round the bare loop, the endpoint with 1,
4 and 16 clients and GluonCV's network have their turn, so that ratios are of neighbours in time. Then come as many
requests as wanted, with pictures of many sizes and a crowd, while the server's memory is watched; at last
`serve_parts.py`. Prints Markdown.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
from machine import run
from serve_report import Leg, Memory, Round, report
from training_job import fill_channel, train

from kit.errors import KitError, ServiceError
from kit.local_cloud import environments
from kit.local_cloud.process import child_environment, choose_port
from kit.run.picture_set import SAMPLES

BENCH = Path(__file__).resolve().parent
DETECTOR_PYTHON = environments.DETECTOR / "bin" / "python"
GLUONCV_PYTHON = environments.DETECTOR.parent / "gluoncv" / "bin" / "python"
CLIENTS = (1, 4, 16)
# A memory that has warmed up is told from one that grows by readings on the way.
READINGS = 10
# Sizes that phones and scanners make, and some that nobody does.
SIZES = ((1500, 1100), (3000, 4000), (4000, 3000), (500, 1400), (1400, 500), (90, 60), (2000, 2000))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, help="a folder with detector.onnx, classifier.onnx and model.json")
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--requests", type=int, default=65, help="of each leg in a round")
    parser.add_argument("--memory-requests", type=int, default=10_000)
    wanted = parser.parse_args()
    pictures = sorted((SAMPLES / "held_out").glob("*.jpg"))[: wanted.requests]
    try:
        with tempfile.TemporaryDirectory(prefix="bench-serve-") as name:
            folder = Path(name)
            if wanted.model:
                (folder / "model").symlink_to(wanted.model.resolve())
            else:
                progress(f"training, {wanted.epochs} epochs")
                fill_channel(folder)
                train(folder, {"epochs": wanted.epochs})
            with endpoint(folder) as (port, process):
                rounds = []
                for number in range(1, wanted.rounds + 1):
                    progress(f"round {number} of {wanted.rounds}")
                    rounds.append(measure(folder / "model", port, pictures, wanted.requests))
                progress(f"memory over {wanted.memory_requests} requests")
                memory = watch(port, process, [*odd_pictures(pictures, folder), *pictures], wanted.memory_requests)
            print(report(rounds, memory))
            progress("parts")
            command = [DETECTOR_PYTHON, BENCH / "serve_parts.py", folder / "model", *pictures]
            print(run([*command, "--runs", wanted.requests]))
    except KitError as error:
        print(f"Error: {error}", file=sys.stderr)
        return error.exit_status
    return 0


def progress(text: str) -> None:
    print(f"… {text}", file=sys.stderr, flush=True)


@contextmanager
def endpoint(base: Path) -> Iterator[tuple[int, int]]:
    """The port and the process id of a server of `base`/model."""
    port = choose_port(None, setting="SAGEMAKER_BIND_TO_PORT")
    settings = {"SAGEMAKER_BASE_DIR": str(base), "SAGEMAKER_BIND_TO_PORT": str(port), "DETECTOR_HOST": "127.0.0.1"}
    with (base / "serve.log").open("wb") as log:
        server = subprocess.Popen(environments.SERVE, env=child_environment(settings), stdout=log, stderr=log)
        try:
            while not answers(port):
                if server.poll() is not None:
                    said = (base / "serve.log").read_text(encoding="utf-8").strip().splitlines()[-1:]
                    raise ServiceError(f"The server ended with status {server.returncode}: {' '.join(said)}")
                time.sleep(0.1)
            yield port, server.pid
        finally:
            server.terminate()
            server.wait()


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/ping", timeout=2):
            return True
    except (urllib.error.URLError, TimeoutError):
        return False


def measure(model: Path, port: int, pictures: list[Path], requests: int) -> Round:
    lines = run([DETECTOR_PYTHON, BENCH / "serve_bare.py", model, *pictures, "--runs", requests]).splitlines()
    loops: dict[str, list[Leg]] = {}
    for line in map(json.loads, lines):
        loops.setdefault(line["leg"], []).append(leg(line["way"], line))
    bare, inside = loops.values()
    legs, busy = [], []
    for clients in CLIENTS:
        load(port, pictures, clients, len(pictures))
        measured = load(port, pictures, clients, requests)
        legs.append(leg(f"{clients} client{'s' if clients > 1 else ''}", measured))
        busy.append(measured["cpu_seconds"] / measured["seconds"] / len(os.sched_getaffinity(0)))
    return Round(tuple(bare), tuple(inside), tuple(legs), tuple(busy), tuple(peer(pictures, requests)))


def leg(name: str, measured: dict[str, Any]) -> Leg:
    milliseconds = tuple(measured["milliseconds"])
    return Leg(name, milliseconds, len(milliseconds) / measured["seconds"])


def load(port: int, pictures: list[Path], clients: int, requests: int) -> dict[str, Any]:
    """The measurements of `serve_load.py`; raises ServiceError where a request was not answered."""
    program = [sys.executable, BENCH / "serve_load.py", port, *pictures]
    measured: dict[str, Any] = json.loads(run([*program, "--clients", clients, "--requests", requests]))
    if measured["statuses"] != {"200": requests}:
        raise ServiceError(f"The endpoint answered {clients} clients with other than 200: {measured['statuses']}.")
    return measured


def peer(pictures: list[Path], requests: int) -> Iterator[Leg]:
    """GluonCV's network on one of the pictures: it resizes each to 512 x 512, so that they all cost the same.

    Nothing where it is not installed: MXNet has no wheels for Python 3.12 and newer.
    """
    if not GLUONCV_PYTHON.exists():
        return
    program = [GLUONCV_PYTHON, BENCH / "gluoncv_peer.py", "forward", pictures[0], "--runs", requests]
    for line in map(json.loads, run(program).splitlines()):
        yield Leg(line["leg"], (line["p50_ms"],), line["pictures_per_second"])


def watch(port: int, process: int, pictures: list[Path], requests: int) -> Memory:
    """The server's resident memory while it answers 16 clients."""
    readings = [(0, resident_mb(process))]
    for number in range(1, READINGS + 1):
        load(port, pictures, CLIENTS[-1], max(1, requests // READINGS))
        readings.append((number * max(1, requests // READINGS), resident_mb(process)))
    return Memory(tuple(readings), len(pictures))


def resident_mb(process: int) -> float:
    pages = int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGESIZE") / 1e6


def odd_pictures(pictures: list[Path], folder: Path) -> list[Path]:
    """Pictures of many sizes, and one that shows what a crowd of pictures shows."""
    images = [cv2.resize(picture_of(pictures[0]), size) for size in SIZES]
    crowd = [cv2.resize(picture_of(pictures[n % len(pictures)]), (480, 360)) for n in range(16)]
    images.append(cv2.vconcat([cv2.hconcat(crowd[row : row + 4]) for row in range(0, 16, 4)]))
    files = [folder / f"odd-{number}.jpg" for number in range(len(images))]
    for file, image in zip(files, images, strict=True):
        cv2.imwrite(str(file), image)
    return files


def picture_of(file: Path) -> cv2.typing.MatLike:
    image = cv2.imread(os.fspath(file))
    if image is None:
        raise ServiceError(f"{file} is no picture.")
    return image


if __name__ == "__main__":
    sys.exit(main())
