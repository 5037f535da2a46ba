"""The augmented manifest that a labeling job leaves in S3.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/sms-data-output.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
from botocore.exceptions import ClientError
from msgspec.structs import replace

from kit.annotations.formats.ground_truth import output_line
from kit.annotations.model import AnnotatedPicture, LabelState
from kit.annotations.picture_files import upright_size
from kit.annotations.streaming.writing import replacing
from kit.errors import InputError
from kit.local_cloud.labelling.adjustment import status
from kit.local_cloud.labelling.description import LabelCounts
from kit.local_cloud.labelling.request import ManifestLine, split_s3_uri

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SKIPPED = "The worker skipped this picture."


@dataclass(frozen=True)
class OutputManifest:
    """The output of one job.

    Attributes:
        labels: in the order of their class ids.
        uri: where it goes in S3.
        copy: a file of this machine, from which it can be put there again.
    """

    job: str
    attribute: str
    labels: Sequence[str]
    uri: str
    copy: Path

    def write(
        self,
        lines: Iterable[ManifestLine],
        answers: Mapping[str, AnnotatedPicture],
        adjusted: Mapping[str, AnnotatedPicture],
        s3: S3Client,
    ) -> LabelCounts:
        """Writes a line for each line of the input, in its order, and puts the file into S3.

        Args:
            answers: what became of the pictures, by S3 URI; those without one are unlabelled.
            adjusted: what the pictures of an adjustment job had before, by S3 URI; nothing for any other job.
            s3: also to learn the size of pictures without boxes, which Label Studio does not tell.
        """
        labelled = failed = unlabelled = 0
        with replacing(self.copy) as file:
            for line in lines:
                picture = self._judged(answers.get(line.source), s3)
                if picture is None:
                    unlabelled += 1
                    file.write(line.raw + b"\n")
                    continue
                failed += picture.state is LabelState.FAILED
                labelled += picture.state is LabelState.LABELLED
                file.write(self._augmented(line, picture, adjusted.get(line.source)))
        self.put(s3)
        return LabelCounts(labelled, failed, unlabelled)

    def put(self, s3: S3Client) -> None:
        """Puts the written file into S3."""
        bucket, key = split_s3_uri(self.uri) or ("", "")
        with self.copy.open("rb") as file:
            s3.put_object(Bucket=bucket, Key=key, Body=file)

    def _judged(self, picture: AnnotatedPicture | None, s3: S3Client) -> AnnotatedPicture | None:
        """The picture as Ground Truth would see it, labelled or failed; None when it is unlabelled."""
        if picture is None or picture.state is LabelState.UNLABELLED:
            return None
        if picture.state is LabelState.SKIPPED:
            return _failed(picture, SKIPPED)
        unknown = {box.label for box in picture.boxes}.difference(self.labels)
        if unknown:
            return _failed(picture, f"Labels that are not of this job: {', '.join(sorted(unknown))}.")
        if picture.state is LabelState.LABELLED and not picture.width:
            try:
                # Of one name in a folder of the run: what a kill leaves of it goes when the output is written again.
                width, height = _size_in_s3(s3, picture.source, self.copy.with_suffix(".picture"))
            except (ClientError, InputError):
                return _failed(picture, "The picture cannot be read as JPEG or PNG.")
            return replace(picture, width=width, height=height)
        return picture

    def _augmented(self, line: ManifestLine, picture: AnnotatedPicture, before: AnnotatedPicture | None) -> bytes:
        created = datetime.now(timezone.utc).replace(tzinfo=None)
        added = orjson.loads(output_line(picture, self.labels, attribute=self.attribute, created=created))
        metadata = added[f"{self.attribute}-metadata"]
        metadata["job-name"] = f"labeling-job/{self.job}"
        if before is not None and picture.state is LabelState.LABELLED:
            metadata["adjustment-status"] = status(picture, before)
        return orjson.dumps({**line.record, **added}, option=orjson.OPT_APPEND_NEWLINE)


def _failed(picture: AnnotatedPicture, reason: str) -> AnnotatedPicture:
    return replace(picture, boxes=(), state=LabelState.FAILED, reason=reason)


def _size_in_s3(s3: S3Client, uri: str, copy: Path) -> tuple[int, int]:
    bucket, key = split_s3_uri(uri) or ("", "")
    try:
        s3.download_file(bucket, key, str(copy))
        return upright_size(copy)
    finally:
        copy.unlink(missing_ok=True)
