"""S3 URIs, `s3://bucket/key`, by text alone: a key may hold `?` and `#`."""

from __future__ import annotations

_SCHEME = "s3://"


def is_s3_uri(text: str) -> bool:
    return text.startswith(_SCHEME)


def s3_uri(bucket: str, key: str) -> str:
    return f"{_SCHEME}{bucket}/{key}"


def bucket_and_key(uri: str) -> tuple[str, str]:
    """("bucket", "a/b") of `s3://bucket/a/b`; the key is empty for a bare bucket."""
    bucket, _, key = uri.removeprefix(_SCHEME).partition("/")
    return bucket, key
