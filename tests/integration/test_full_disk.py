"""A disk that is full while a training job gets its data."""

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

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from kit.local_cloud.s3.localstack import LocalStack

ROOT = Path(__file__).parents[2]

CAN_MOUNT = shutil.which("unshare") and subprocess.run(["unshare", "-rm", "true"], check=False).returncode == 0


@pytest.mark.skipif(not CAN_MOUNT, reason="a small disk of its own takes Linux user namespaces")
def test_a_full_disk_is_told(localstack: LocalStack, s3: S3Client, bucket: str, tmp_path: Path) -> None:
    s3.put_object(Bucket=bucket, Key="training/large", Body=os.urandom(3_000_000))
    driver = textwrap.dedent("""
        import json, sys, time
        from pathlib import Path
        from kit.local_cloud.s3.localstack import s3_client
        from kit.local_cloud.training.jobs import TrainingJobs
        jobs = TrainingJobs(s3_client(sys.argv[1]), Path(sys.argv[2]), command=[sys.executable, "-c", ""])
        request = json.loads(sys.argv[3])
        jobs.create_training_job(**request)
        while True:
            job = jobs.describe_training_job(TrainingJobName=request["TrainingJobName"])
            if job["TrainingJobStatus"] != "InProgress":
                break
            time.sleep(0.1)
        print(job["FailureReason"])
    """)
    mount = 'mount -t tmpfs -o size=2m tmpfs "$0" && exec "$@"'
    command = [sys.executable, "-c", driver, localstack.url, tmp_path, json.dumps(request_for(bucket))]
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", mount, tmp_path, *command], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert re.match(r"ClientError: No space left on this machine's disk while downloading.*free some", done.stdout)
