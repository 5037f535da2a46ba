"""The answer of DescribeLabelingJob, from the record of a job."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kit.local_cloud.records import Record

# The states of a job that has ended; the output is there in the first two.
WITH_OUTPUT = ("Completed", "Stopped")
ENDED = (*WITH_OUTPUT, "Failed")


@dataclass(frozen=True)
class LabelCounts:
    """Lines of a manifest by what became of their pictures."""

    labelled: int = 0
    failed: int = 0
    unlabelled: int = 0


def description(record: Record) -> dict[str, Any]:
    """The members of DescribeLabelingJob's answer.

    Args:
        record: a record of `LabelingJobs` with `counts`.
    """
    counts = LabelCounts(**record["counts"])
    answer = {
        **record["request"],
        "LabelingJobArn": record["arn"],
        "LabelingJobStatus": record["status"],
        "JobReferenceCode": record["reference"],
        "CreationTime": record["created"],
        "LastModifiedTime": record["modified"],
        "LabelCounters": {
            "TotalLabeled": counts.labelled,
            "HumanLabeled": counts.labelled,
            "MachineLabeled": 0,
            "FailedNonRetryableError": counts.failed,
            "Unlabeled": counts.unlabelled,
        },
    }
    if record["status"] == "Failed":
        answer["FailureReason"] = record["failure_reason"]
    if record["status"] in WITH_OUTPUT:
        answer["LabelingJobOutput"] = {"OutputDatasetS3Uri": output_uri(record)}
    return answer


def output_uri(record: Record) -> str:
    """Where Ground Truth puts the output manifest of the job."""
    folder = record["request"]["OutputConfig"]["S3OutputPath"].rstrip("/")
    return f"{folder}/{record['name']}/manifests/output/output.manifest"
