"""`python -m detector train` and `python -m detector serve`: what SageMaker runs in the two containers."""

from __future__ import annotations

import argparse
import errno
import gc
import os
import signal
import sys
from types import FrameType

from detector.errors import DetectorError
from detector.paths import Paths


def main() -> int:
    parser = argparse.ArgumentParser(prog="detector", description=__doc__)
    parser.add_argument("command", choices=("train", "serve"))
    command = parser.parse_args().command
    paths = Paths.from_environment()
    # Process 1 of a container gets SIGTERM only if it asks for it; else SageMaker waits two minutes to stop a job.
    signal.signal(signal.SIGTERM, stop)
    try:
        run(command, paths)
    except DetectorError as error:
        return fail(paths, str(error))
    except OSError as error:
        if error.errno != errno.ENOSPC:
            write_failure_reason(paths, f"{type(error).__name__}: {error}")
            raise
        return fail(paths, f"the disk of {paths.base} is full: free some space and start again")
    except Exception as error:
        write_failure_reason(paths, f"a bug in the detector, see the log: {type(error).__name__}: {error}")
        raise
    return 0


def stop(number: int, _frame: FrameType | None) -> None:
    # No exception, which would come in the middle of somebody's lock: nothing here has to be put in order.
    os._exit(128 + number)


def run(command: str, paths: Paths) -> None:
    # Serving must not wait for PyTorch, nor training for the server.
    if command == "train":
        from detector.training import inputs

        given = inputs.read(paths)
        # Threads that spin while they wait for each other are three times slower where other programs want the cores.
        os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
        # PyTorch loads in four fifths of the time if Python does not look for garbage meanwhile, and the export is done
        # sooner if what was loaded is not searched again and again.
        gc.disable()
        from detector.training.job import train

        gc.freeze()
        gc.enable()
        train(paths, given)
    else:
        from detector.serving.server import ServerSettings, serve

        serve(paths, ServerSettings.from_environment())


def fail(paths: Paths, reason: str) -> int:
    print(f"detector: {reason}", file=sys.stderr, flush=True)
    write_failure_reason(paths, reason)
    return 1


def write_failure_reason(paths: Paths, reason: str) -> None:
    """Write the file that SageMaker takes a job's FailureReason from; it keeps 1024 characters."""
    try:
        paths.failure.parent.mkdir(parents=True, exist_ok=True)
        paths.failure.write_text(reason, "utf-8")
    except OSError as error:
        print(f"detector: {paths.failure} cannot be written ({error})", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
