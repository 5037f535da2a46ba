"""The input manifest of a job as it was when the job was created, which it goes on from, as on AWS."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kit.annotations.model import AnnotatedPicture
from kit.local_cloud.labelling.adjustment import OldBoxes, old_boxes
from kit.local_cloud.labelling.request import ManifestLine, labels_of_lines, manifest_lines
from kit.local_cloud.records import Record


def manifest_uri(request: Mapping[str, Any]) -> str:
    """Where the manifest of a job is in S3."""
    return str(request["InputConfig"]["DataSource"]["S3DataSource"]["ManifestS3Uri"])


@dataclass(frozen=True)
class InputManifest:
    """The manifest of one job.

    Attributes:
        copy: the file.
        record: of the job, as `LabelingJobs` keeps it.
    """

    copy: Path
    record: Record

    @property
    def uri(self) -> str:
        return manifest_uri(self.record["request"])

    def lines(self) -> Iterator[ManifestLine]:
        """As `manifest_lines`."""
        return manifest_lines(self.copy, self.uri)

    def labels(self) -> dict[str, AnnotatedPicture]:
        """As `labels_of_lines`: what the job began with, by S3 URI."""
        attribute = self.record["request"]["LabelAttributeName"]
        return labels_of_lines(self.copy, self.uri, attribute, self.record["labels"])

    def old_boxes(self) -> OldBoxes:
        """What people begin from, where it is an adjustment job."""
        attribute = self.record.get("adjusts")
        return old_boxes(self.lines(), attribute, self.record["labels"]) if attribute else OldBoxes({}, {})
