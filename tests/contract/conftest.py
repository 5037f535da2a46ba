"""Each test of the contract runs once for each implementation that this machine has."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from kit.run.folder import RunFolder
from kit.run.opening import locked
from tests.contract.runtimes import LOADED_RUNTIMES, Runtime, why_not

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@pytest.fixture(params=LOADED_RUNTIMES)
def runtime(request: pytest.FixtureRequest, s3: S3Client, bucket: str, tmp_path: Path) -> Iterator[Runtime]:
    reason = why_not(request.param)
    if reason is not None:
        pytest.skip(reason)
    # A run that nobody has locked would be taken for dead.
    with (
        locked(RunFolder(tmp_path)),
        LOADED_RUNTIMES[request.param](tmp_path, s3, f"jumpstart-rehearsal/{bucket}:test") as runtime,
    ):
        yield runtime
