"""Objects as files of a run."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

from kit.stages.download import download

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from kit.local_cloud.s3.localstack import LocalStack

ROOT = Path(__file__).parents[2]


def test_what_a_kill_leaves_of_a_download_goes_with_the_next_one(
    localstack: LocalStack, s3: S3Client, bucket: str, tmp_path: Path
) -> None:
    s3.put_object(Bucket=bucket, Key="model", Body=b"model")
    target = tmp_path / "model.tar.gz"
    # Killed when its bytes are on disk and it is about to get its name.
    killed = textwrap.dedent("""
        import os, signal, sys
        from pathlib import Path
        import s3transfer.utils
        from kit.local_cloud.s3.localstack import s3_client
        from kit.stages.download import download
        s3transfer.utils.OSUtils.rename_file = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
        download(s3_client(sys.argv[1]), sys.argv[2], "model", Path(sys.argv[3]))
    """)
    done = subprocess.run([sys.executable, "-c", killed, localstack.url, bucket, target], cwd=ROOT, check=False)
    assert done.returncode == -signal.SIGKILL
    assert [path.name.startswith("model.tar.gz.part.") for path in tmp_path.iterdir()] == [True]
    download(s3, bucket, "model", target)
    assert [path.name for path in tmp_path.iterdir()] == ["model.tar.gz"]
    assert target.read_bytes() == b"model"
