"""How AWS answers: what is missing, and how addresses in S3 are written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

# SageMaker's words for it, where the code is ValidationException.
_MISSING = ("could not find", "not found", "no workforce", "does not exist")


def described(operation: Any, **names: str) -> Mapping[str, Any] | None:
    """The answer of a describe operation, or None when there is no such thing.

    SageMaker says so with ValidationException ("Could not find …") or ResourceNotFound, by operation.
    """
    try:
        answer: Mapping[str, Any] = operation(**names)
    except ClientError as error:
        if is_missing(error):
            return None
        raise
    return answer


def is_missing(error: ClientError) -> bool:
    """Whether an error says that the thing asked for does not exist."""
    code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
    if code in ("ResourceNotFound", "ResourceNotFoundException", "NoSuchBucket", "NoSuchKey", "404"):
        return True
    return code == "ValidationException" and any(words in message.lower() for words in _MISSING)


def bucket_and_key(uri: str) -> tuple[str, str]:
    """("bucket", "a/b") of `s3://bucket/a/b`, by text alone: a key may hold `?` and `#`.

    The key is empty for a bare bucket.
    """
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key
