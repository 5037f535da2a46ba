"""`python -m kit.aws_double`: the double on a port of 127.0.0.1, until it is stopped."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import threading
from pathlib import Path

from kit import stopping
from kit.aws_double.delays import Delays
from kit.aws_double.double import Programs, open_double
from kit.aws_double.front import Front
from kit.errors import KitError
from kit.run.picture_set import SAMPLES

_LONG_SECONDS = 3600.0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m kit.aws_double", description="A double of AWS for rehearsals.")
    parser.add_argument("--folder", type=Path, required=True, help="for its logs and records")
    parser.add_argument("--port", type=int, required=True)
    for field in dataclasses.fields(Delays):
        text = f"seconds; see kit.aws_double.delays ({field.default:g})"
        parser.add_argument(f"--{field.name}-seconds", type=float, default=field.default, help=text)
    parser.add_argument("--train", type=json.loads, help="JSON list: a program in place of the detector's training")
    parser.add_argument("--serve", type=json.loads, help="JSON list: a program in place of the detector's serving")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    programs = Programs(
        **{name: given for name in ("train", "serve") if (given := getattr(arguments, name)) is not None}
    )
    delays = Delays(*(getattr(arguments, f"{field.name}_seconds") for field in dataclasses.fields(Delays)))
    truth = SAMPLES / "train.coco.json"
    stopping.listen()
    try:
        with (
            stopping.at_safe_places(),
            open_double(arguments.folder.resolve(), programs, truth=truth, delays=delays) as double,
        ):
            serve_until_stopped(Front(arguments.port, double))
    except KitError as error:
        print(f"Error: {error}", file=sys.stderr)
        return error.exit_status
    except stopping.Stopped:
        print("Stopped.", file=sys.stderr)
    return 0


def serve_until_stopped(front: Front) -> None:
    thread = threading.Thread(target=front.serve_forever)
    thread.start()
    try:
        while True:
            stopping.pause(_LONG_SECONDS)
    finally:
        front.shutdown()
        thread.join()
        front.server_close()


if __name__ == "__main__":
    sys.exit(main())
