"""The inputs of a labeling job in S3: input manifest, label categories and worker template.

Sources: https://docs.aws.amazon.com/sagemaker/latest/dg/sms-input-data-input-manifest.html and
https://docs.aws.amazon.com/sagemaker/latest/dg/sms-label-cat-config-attributes.html.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
from botocore.exceptions import ClientError

from kit.annotations.formats import ground_truth
from kit.annotations.labels import distinct
from kit.annotations.model import AnnotatedPicture, LabelState
from kit.annotations.problems import MalformedError
from kit.local_cloud.service_model import client_error
from kit.s3_uri import bucket_and_key, is_s3_uri, s3_uri

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_OPERATION = "CreateLabelingJob"
_LAMBDAS = {"PreHumanTaskLambdaArn": "PRE-", "AnnotationConsolidationLambdaArn": "ACS-"}
# The task types: boxes to draw, and boxes to correct.
ADJUSTMENT = "AdjustmentBoundingBox"
_FUNCTIONS = ("BoundingBox", ADJUSTMENT)


def refused(problem: str) -> ClientError:
    """The error of CreateLabelingJob for a request of the right form that cannot be carried out."""
    return client_error(_OPERATION, "ValidationException", problem)


def refuse_unsuitable(request: Mapping[str, Any]) -> None:
    """Refuses what Ground Truth refuses beyond the form of a request, and what this machine's stand-in cannot do.

    Raises:
        ClientError: code ValidationException.
    """
    attribute = request["LabelAttributeName"]
    if attribute.endswith(("-metadata", "-ref")):
        raise refused(f"LabelAttributeName {attribute!r} must not end with -metadata or -ref for bounding boxes.")
    if "LabelCategoryConfigS3Uri" not in request:
        raise refused("LabelCategoryConfigS3Uri is required for bounding boxes.")
    task = request["HumanTaskConfig"]
    named = {**task, **task.get("AnnotationConsolidationConfig", {})}
    found = []
    for member, prefix in _LAMBDAS.items():
        name = str(named.get(member, "")).rpartition(f":function:{prefix}")[2]
        if name not in _FUNCTIONS:
            raise refused(
                f"{member} must name {' or '.join(prefix + each for each in _FUNCTIONS)}: the local cloud labels "
                "bounding boxes only."
            )
        found.append(name)
    if len(set(found)) > 1:
        raise refused(f"{' and '.join(_LAMBDAS)} must be of one task type, and are of {' and '.join(found)}.")
    if "S3DataSource" not in request["InputConfig"]["DataSource"]:
        raise refused("InputConfig.DataSource must be an S3DataSource: the local cloud has no streaming jobs.")
    if "UiTemplateS3Uri" not in task["UiConfig"]:
        raise refused("HumanTaskConfig.UiConfig must have UiTemplateS3Uri for bounding boxes.")
    if task["NumberOfHumanWorkersPerDataObject"] != 1:
        raise refused("NumberOfHumanWorkersPerDataObject must be 1: the local cloud has one worker.")
    if "LabelingJobAlgorithmsConfig" in request:
        raise refused("LabelingJobAlgorithmsConfig: the local cloud has no automated labeling.")


def split_s3_uri(uri: str) -> tuple[str, str] | None:
    """Bucket and key of `s3://bucket/key`, or None when it is no such URI."""
    bucket, key = bucket_and_key(uri)
    return (bucket, key) if is_s3_uri(uri) and bucket and key else None


def read_object(s3: S3Client, uri: str, member: str) -> bytes:
    """The object that `member` of the request names.

    Raises:
        ClientError: code ValidationException when it is no S3 URI or cannot be read.
    """
    place = split_s3_uri(uri)
    if place is None:
        raise refused(f"{member} {uri!r} is not an S3 URI of an object, s3://bucket/key.")
    try:
        return s3.get_object(Bucket=place[0], Key=place[1])["Body"].read()
    except ClientError as error:
        raise refused(f"{member} {uri} cannot be read: {error.response['Error']['Message']}") from error


def refuse_unwritable(s3: S3Client, uri: str) -> None:
    """Refuses an output path whose bucket is not there, before anybody labels in vain.

    Raises:
        ClientError: code ValidationException.
    """
    place = split_s3_uri(f"{uri.rstrip('/')}/")
    if place is None:
        raise refused(f"OutputConfig.S3OutputPath {uri!r} is not an S3 URI, s3://bucket/prefix.")
    try:
        s3.head_bucket(Bucket=place[0])
    except ClientError as error:
        raise refused(f"The bucket of OutputConfig.S3OutputPath {uri} cannot be reached: {error}") from error


def read_label_categories(s3: S3Client, uri: str) -> tuple[str, ...]:
    """The labels of a label category file, in the order of their class ids.

    Raises:
        ClientError: code ValidationException when it cannot be read, or is none.
    """
    try:
        entries = orjson.loads(read_object(s3, uri, "LabelCategoryConfigS3Uri"))["labels"]
        return distinct(entry["label"] for entry in entries)
    except (orjson.JSONDecodeError, KeyError, TypeError, MalformedError) as error:
        raise refused(
            f"LabelCategoryConfigS3Uri {uri} is not a label category file ({error}); "
            'it should read {"labels": [{"label": "usb-a"}, …]}.'
        ) from error


@dataclass(frozen=True)
class ManifestLine:
    """A line of an input manifest: as it is in the file without its end, parsed, and the picture's S3 URI."""

    raw: bytes
    record: dict[str, Any]
    source: str


def manifest_lines(manifest: Path, uri: str) -> Iterator[ManifestLine]:
    """The lines of an input manifest, empty ones left out.

    Args:
        manifest: a copy of the file.
        uri: where it came from, for messages.

    Raises:
        MalformedError: a line is no JSON object with an S3 URI as `source-ref`, or names a picture a second time.
    """
    first: dict[str, int] = {}
    with manifest.open("rb") as file:
        for number, line in enumerate(file, start=1):
            raw = line.strip()
            if not raw:
                continue
            where = f"{uri} line {number}"
            try:
                record = orjson.loads(raw)
            except orjson.JSONDecodeError as error:
                raise MalformedError(f"{where} is not JSON ({error.msg}).") from error
            source = record.get("source-ref") if isinstance(record, dict) else None
            if not isinstance(source, str) or split_s3_uri(source) is None:
                raise MalformedError(f"{where} has no source-ref that is an S3 URI, s3://bucket/key.")
            if source in first:
                raise MalformedError(f"{where} names {source} again, after line {first[source]}.")
            first[source] = number
            yield ManifestLine(raw, record, source)
    if not first:
        raise MalformedError(f"{uri} names no picture.")


def labels_of_lines(manifest: Path, uri: str, attribute: str, labels: Sequence[str]) -> dict[str, AnnotatedPicture]:
    """The labels that lines of an input manifest have already under the attribute of the job, by S3 URI.

    So a job goes on with what another has left (https://docs.aws.amazon.com/sagemaker/latest/dg/sms-reusing-data.html);
    lines that failed there are labelled anew.

    Raises:
        MalformedError: a label cannot be read, or is of no class of the job.
    """

    def refuse(_path: Path, line: int, problem: str) -> None:
        # Of no line: that none has this attribute, but others.
        if line:
            raise MalformedError(f"{uri} line {line}: {problem}")

    found = {}
    for picture in ground_truth.read(manifest, labels=labels, attribute=attribute, on_unreadable=refuse).pictures:
        unknown = {box.label for box in picture.boxes}.difference(labels)
        if unknown:
            refuse(manifest, picture.line, f"labels that are not of this job: {', '.join(sorted(unknown))}.")
        if picture.state is LabelState.LABELLED:
            found[picture.source] = picture
    return found


def missing_objects(s3: S3Client, uris: Iterable[str]) -> set[str]:
    """Which of the objects are not there. A listing answers for a thousand of them at a time."""
    keys: defaultdict[str, set[str]] = defaultdict(set)
    for uri in uris:
        place = split_s3_uri(uri)
        if place is not None:
            keys[place[0]].add(place[1])
    missing: set[str] = set()
    for bucket, wanted in keys.items():
        # By character, as prefixes of S3 are.
        prefix = os.path.commonprefix(list(wanted))  # noqa: RUF071
        found = _keys_of(s3, bucket, prefix)
        missing.update(s3_uri(bucket, key) for key in wanted.difference(found))
    return missing


def _keys_of(s3: S3Client, bucket: str, prefix: str) -> Iterator[str]:
    try:
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for entry in page.get("Contents", []):
                yield entry["Key"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchBucket":
            raise
