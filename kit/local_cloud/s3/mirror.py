"""Keeps the objects of a run's S3 on disk, because LocalStack forgets them when it stops.

`<folder>/<bucket>/<key>` holds each object, `<folder>/%index.json` what was saved last: the truth about which file
is which object. Objects are written beside their place and moved into it, the index after them, and what is no longer
wanted is removed last; so a kill or a loss of power at any moment leaves an index whose objects are all there and
whole. Bucket settings (policies, CORS, versions) are not kept.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from botocore.exceptions import ClientError

from kit.atomic_file import make_durable, naming, sync_folder, write_atomically
from kit.errors import ServiceError
from kit.language import _

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# Entry of an object: path (relative to the bucket's folder), etag, size, type, metadata.
_Index = dict[str, dict[str, dict[str, Any]]]

# No bucket and no plain path contains a percent sign.
_INDEX = "%index.json"
_UNFINISHED = "%unfinished"
_ODD_KEYS = "%odd-keys"
_ODD = re.compile(r'[%\\:*?"<>|]')
_LONGEST_NAME_BYTES = 200


def save(s3: S3Client, folder: Path) -> int:
    """Brings the folder up to date with every bucket.

    Returns:
        How many objects were fetched: those that are new or whose ETag or size changed.

    Raises:
        OSError: the disk is full or not writable; what was saved before is still whole.
    """
    folder.mkdir(parents=True, exist_ok=True)
    before = _read_index(folder)
    after: _Index = {}
    fetched = 0
    for bucket in [description["Name"] for description in s3.list_buckets()["Buckets"]]:
        known = before.get(bucket, {})
        after[bucket] = {}
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
            for item in page.get("Contents", []):
                key = item["Key"]
                entry = known.get(key)
                if entry is None or (entry["etag"], entry["size"]) != (item["ETag"], item["Size"]):
                    entry = _fetch(s3, bucket, key, folder, known.get(key))
                    fetched += 1
                if entry is not None:
                    after[bucket][key] = entry
    # Before the index that says they are there: which files the folders have.
    for path in {path.parent for path in _files_of(folder, after)} if fetched else ():
        sync_folder(path)
    _write_index(folder, after)
    _remove_all_but(folder, after)
    return fetched


def restore(s3: S3Client, folder: Path) -> int:
    """Puts every saved bucket and object into an S3 that does not have them.

    Returns:
        How many objects were put.

    Raises:
        ServiceError: a saved file is missing or was cut short, or the index is damaged; nothing was put then.
    """
    index = _read_index(folder)
    for bucket, entries in index.items():
        for key, entry in entries.items():
            _require_whole(folder / bucket / entry["path"], entry["size"], f"s3://{bucket}/{key}")
    for bucket, entries in index.items():
        s3.create_bucket(Bucket=bucket)
        for key, entry in entries.items():
            with (folder / bucket / entry["path"]).open("rb") as body:
                answer = s3.put_object(
                    Bucket=bucket, Key=key, Body=body, ContentType=entry["type"], Metadata=entry["metadata"]
                )
            # An object that was uploaded in parts has another ETag now.
            entry["etag"] = answer["ETag"]
    if index:
        _write_index(folder, index)
    return sum(len(entries) for entries in index.values())


def _require_whole(file: Path, size: int, uri: str) -> None:
    try:
        there = file.stat().st_size
    except FileNotFoundError as error:
        raise ServiceError(
            _("{uri} was saved as {file}, which is gone; {todo}.").format(uri=uri, file=file, todo=_start_anew())
        ) from error
    if there != size:
        raise ServiceError(
            _("{uri} was saved as {file}, which has {there} bytes where {size} were saved; {todo}.").format(
                uri=uri, file=file, there=there, size=size, todo=_start_anew()
            )
        )


def _start_anew() -> str:
    return _("put the file back, or start anew after `make clean RUN=<name>` with this run's name")


def _fetch(s3: S3Client, bucket: str, key: str, folder: Path, known: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Saves one object and returns its entry; None when it was deleted since it was listed."""
    try:
        answer = s3.get_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchKey":
            return None
        raise
    unfinished = folder / _UNFINISHED
    with naming(unfinished), unfinished.open("wb") as file:
        shutil.copyfileobj(answer["Body"], file)
        make_durable(file)
    path = known["path"] if known else _path_of(key)
    try:
        (folder / bucket / path).parent.mkdir(parents=True, exist_ok=True)
        unfinished.replace(folder / bucket / path)
    except (FileExistsError, NotADirectoryError, IsADirectoryError):
        # S3 can hold both `a` and `a/b`; a file system cannot.
        path = _odd_path_of(key)
        (folder / bucket / path).parent.mkdir(exist_ok=True)
        unfinished.replace(folder / bucket / path)
    return {
        "path": path,
        "etag": answer["ETag"],
        "size": answer["ContentLength"],
        "type": answer["ContentType"],
        "metadata": answer["Metadata"],
    }


def _path_of(key: str) -> str:
    """The key itself where every part of it is a plain file name, else one made from its hash."""
    for name in key.split("/"):
        if name in ("", ".", "..") or _ODD.search(name) or not name.isprintable():
            return _odd_path_of(key)
        if len(name.encode()) > _LONGEST_NAME_BYTES:
            return _odd_path_of(key)
    return key


def _odd_path_of(key: str) -> str:
    return f"{_ODD_KEYS}/{hashlib.sha256(key.encode()).hexdigest()}"


def _files_of(folder: Path, index: _Index) -> set[Path]:
    return {folder / bucket / entry["path"] for bucket, entries in index.items() for entry in entries.values()}


def _remove_all_but(folder: Path, index: _Index) -> None:
    kept = {*_files_of(folder, index), folder / _INDEX}
    # Children come after their folder, so in reverse an emptied folder can go as well.
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir():
            if not any(path.iterdir()):
                path.rmdir()
        elif path not in kept:
            path.unlink()


def _read_index(folder: Path) -> _Index:
    path = folder / _INDEX
    if not path.exists():
        return {}
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Index)
    except msgspec.MsgspecError as error:
        raise ServiceError(
            _("{file} is damaged ({error}); {todo}.").format(file=path, error=error, todo=_start_anew())
        ) from error


def _write_index(folder: Path, index: _Index) -> None:
    write_atomically(folder / _INDEX, json.dumps(index, ensure_ascii=False).encode())
