"""`make cloud-rehearsal`: the cloud track, unchanged, against the double of AWS on this machine."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import urllib3

from kit.console import Console
from kit.errors import InputError
from kit.language import _, marked
from kit.local_cloud import environments
from kit.local_cloud.account import REGION
from kit.local_cloud.process import (
    GuardedProcess,
    child_environment,
    choose_port,
    wait_for_predecessor,
    wait_until_ready,
)
from kit.settings import GROUND_TRUTH, RehearsalSettings, ResolvedSettings
from kit.tracks import cloud as cloud_track

# Below the runs, beside them: what the double keeps, and its logs.
FOLDER = "aws-double"
_START_TIMEOUT_SECONDS = 120.0
_WORKER = "worker@example.org"
_NAME = marked("The double of AWS")
_LOG = "double.log"


def run(resolved: ResolvedSettings[RehearsalSettings], console: Console) -> None:
    """Runs the cloud track to its end and its clean-up; nothing leaves this machine.

    Raises:
        KitError: what the cloud track raises, or the double does not come up.
    """
    settings = resolved.settings
    # On a terminal the questions of the real day are asked.
    yes = settings.yes or not console.is_interactive
    workers = settings.workers or ((_WORKER,) if settings.labeler == GROUND_TRUTH else ())
    chosen = dataclasses.replace(settings, yes=yes, region=REGION, workers=workers, poll_seconds=0.5)
    if settings.images is not None and settings.annotations is None and settings.labeler == GROUND_TRUTH:
        raise InputError(
            _(
                "The worker of the rehearsal is a program that knows the sample pictures only: for your own "
                "pictures add ANNOTATIONS=… (labels that exist) or LABELER=label-studio (you label them)."
            )
        )
    if settings.images is not None and settings.prelabel is not None:
        raise InputError(
            _(
                "The worker of the rehearsal is a program that knows the sample pictures only and corrects no boxes on "
                "your own: leave PRELABEL out, or IMAGES."
            )
        )
    # Here, where it can be seen; the double itself is given a minute or two to come up.
    environments.require(*environments.OF_THE_AWS_DOUBLE)
    folder = settings.runs / FOLDER
    wait_for_predecessor(_(_NAME), folder / _LOG)
    # The double forgets what it was asked to keep; its records of an earlier rehearsal would only lead astray.
    shutil.rmtree(folder, ignore_errors=True)
    with running_double(folder) as url, _pointing_to(url):
        console.say(
            _(
                "In place of AWS: {url} on this machine; no account, no cost. The worker invited to label is a program."
            ).format(url=url)
        )
        for fault in settings.fault:
            operation, code = fault.split("=")
            tell(url, "faults", {"operation": operation, "code": code, "times": 1})
        cloud_track.run(dataclasses.replace(resolved, settings=chosen), console)


@contextlib.contextmanager
def running_double(folder: Path, *options: str) -> Iterator[str]:
    """The double as a process of its own; its address.

    Args:
        options: further arguments of `python -m kit.aws_double`.

    Raises:
        ServiceError: it does not come up; with the end of its log.
    """
    port = choose_port(None, setting="a port")
    url = f"http://127.0.0.1:{port}"
    process = GuardedProcess(
        _(_NAME),
        [sys.executable, "-m", "kit.aws_double", "--folder", folder, "--port", str(port), *options],
        environment=child_environment({}),
        log=folder / _LOG,
        grace_seconds=30.0,
    )
    try:
        wait_until_ready(process, lambda: _answers(url), timeout=_START_TIMEOUT_SECONDS)
        yield url
    finally:
        process.stop()


def tell(url: str, what: str, content: object) -> None:
    """Posts to the double's own address `/_double/<what>`."""
    urllib3.request("POST", f"{url}/_double/{what}", body=json.dumps(content).encode())


def environment_for(url: str) -> dict[str, str]:
    """Environment variables that make boto3 speak to the double and to nothing else."""
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "of-the-double",
        "AWS_SECRET_ACCESS_KEY": "of-the-double",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "127.0.0.1",
    }


@contextlib.contextmanager
def _pointing_to(url: str) -> Iterator[None]:
    """This process's environment without the user's AWS settings while the block runs."""
    before = dict(os.environ)
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(environment_for(url))
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _answers(url: str) -> bool:
    try:
        return urllib3.request("GET", f"{url}/_double/calls", retries=False, timeout=2).status == 200
    except urllib3.exceptions.HTTPError:
        return False
