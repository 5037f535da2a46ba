"""`s3` and `bucket`, over whichever `localstack` the folder's conftest has; to be imported there.

pytest keeps one value of a session's fixture: a folder with a `localstack` of its own needs its own of these too.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from kit.local_cloud.s3.localstack import S3Server


@pytest.fixture(scope="session")
def s3(localstack: S3Server) -> S3Client:
    return localstack.client()


@pytest.fixture
def bucket(s3: S3Client) -> str:
    """A bucket of the test's own."""
    name = f"jumpstart-finetune-handson-{uuid.uuid4().hex[:12]}"
    s3.create_bucket(Bucket=name)
    return name
