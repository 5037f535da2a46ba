"""A disk that is full, or may not be written to."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.contract.training import request_for
from tests.end_to_end import command as command_line

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from kit.local_cloud.s3.localstack import LocalStack

ROOT = Path(__file__).parents[2]

CAN_MOUNT = shutil.which("unshare") and subprocess.run(["unshare", "-rm", "true"], check=False).returncode == 0


pytestmark = pytest.mark.skipif(not CAN_MOUNT, reason="a small disk of its own takes Linux user namespaces")
# Fills its disk, so that not even the reason can be written, and fails.
FILLS_THE_DISK = """
import sys
with open("model/large", "wb") as file:
    try:
        while True:
            file.write(bytes(4096))
            file.flush()
    except OSError:
        sys.exit(1)
"""


@pytest.mark.parametrize(("phase", "bytes_of_data"), [("downloading", 3_000_000), ("training", 3)])
def test_a_full_disk_is_told(
    localstack: LocalStack, s3: S3Client, bucket: str, tmp_path: Path, phase: str, bytes_of_data: int
) -> None:
    s3.put_object(Bucket=bucket, Key="training/large", Body=os.urandom(bytes_of_data))
    driver = textwrap.dedent("""
        import json, sys, time
        from pathlib import Path
        from kit.local_cloud.s3.localstack import s3_client
        from kit.local_cloud.training.jobs import TrainingJobs
        jobs = TrainingJobs(s3_client(sys.argv[1]), Path(sys.argv[2]), command=[sys.executable, "-c", sys.argv[4]])
        request = json.loads(sys.argv[3])
        jobs.create_training_job(**request)
        while True:
            job = jobs.describe_training_job(TrainingJobName=request["TrainingJobName"])
            if job["TrainingJobStatus"] != "InProgress":
                break
            time.sleep(0.1)
        print(job["FailureReason"])
    """)
    command = [sys.executable, "-c", driver, localstack.url, tmp_path, json.dumps(request_for(bucket)), FILLS_THE_DISK]
    done = on_a_disk_of_its_own(tmp_path, "size=2m", *command)
    assert re.match(rf"ClientError: No space left on this machine's disk while {phase}.*free some", done.stdout)


def on_a_disk_of_its_own(folder: Path, options: str, *command: object) -> subprocess.CompletedProcess[str]:
    """Runs a command for which `folder` is a disk in memory."""
    mount = f'mount -t tmpfs -o {options} tmpfs "$0" && exec "$@"'
    return subprocess.run(
        ["unshare", "-rm", "sh", "-c", mount, folder, *map(str, command)],
        cwd=ROOT,
        env=command_line.environment(folder, {}),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("size=1m", r"The disk of .*/runs is full: \d+ MB are free"),
        ("ro", r"Error: /\S+ may not be written to; give yourself the right to it, or set RUNS"),
    ],
    ids=["full", "read-only"],
)
def test_a_disk_that_cannot_take_a_run_is_told_before_there_is_one(tmp_path: Path, options: str, said: str) -> None:
    done = on_a_disk_of_its_own(tmp_path, options, command_line.KIT, "local")
    assert done.returncode == 3
    assert re.search(said, done.stderr), done.stderr
