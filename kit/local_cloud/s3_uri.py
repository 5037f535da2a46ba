"""s3:// addresses taken apart, by text alone: a key may hold `?` and `#`."""

from __future__ import annotations


def bucket_and_key(uri: str) -> tuple[str, str]:
    """("bucket", "a/b") of `s3://bucket/a/b`; the key is empty for a bare bucket."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key
