"""What a labelling job is asked for: its request, and the page that its workers see."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kit.language import _, language
from kit.run.context import INPUT_MANIFEST, INSTRUCTIONS, LABEL_CATEGORIES, LABELLING_OUTPUT, Context

# By language; Ground Truth and Label Studio show the same.
TEMPLATES = {name: Path(__file__).with_name(f"instructions.{name}.liquid") for name in ("en", "ja")}
# Of jobs that begin from boxes.
ADJUSTMENT_TEMPLATES = {name: Path(__file__).with_name(f"adjustment.{name}.liquid") for name in ("en", "ja")}
# Ten days, as the workshop has it: then Ground Truth ends the job with the labels there are.
TASKS_LAST_SECONDS = 864_000


def template(*, adjusts: bool) -> bytes:
    """The page, in the user's language."""
    return (ADJUSTMENT_TEMPLATES if adjusts else TEMPLATES)[language()].read_bytes()


def request(context: Context, name: str, *, adjusts: bool = False) -> dict[str, Any]:
    """The CreateLabelingJob request of the workshop: bounding boxes, a private team, one worker a picture.

    Args:
        adjusts: whether the workers correct boxes that are there.
    """
    api, functions = context.api, context.api.labelling_functions
    task = "AdjustmentBoundingBox" if adjusts else "BoundingBox"
    title = _("Correct boxes around objects") if adjusts else _("Draw boxes around objects")
    description = (
        _("Correct the proposed boxes: a tight one around every object of the given classes.")
        if adjusts
        else _("Draw a tight box around every object of the given classes.")
    )
    return {
        "LabelingJobName": name,
        "LabelAttributeName": name,
        "LabelCategoryConfigS3Uri": context.uri(LABEL_CATEGORIES),
        "RoleArn": api.role_arn,
        "InputConfig": {
            "DataSource": {"S3DataSource": {"ManifestS3Uri": context.uri(INPUT_MANIFEST)}},
            "DataAttributes": {"ContentClassifiers": ["FreeOfPersonallyIdentifiableInformation", "FreeOfAdultContent"]},
        },
        "OutputConfig": {"S3OutputPath": context.uri(LABELLING_OUTPUT)},
        "HumanTaskConfig": {
            "WorkteamArn": api.workteam_arn,
            "UiConfig": {"UiTemplateS3Uri": context.uri(INSTRUCTIONS)},
            "PreHumanTaskLambdaArn": f"{functions}:PRE-{task}",
            "AnnotationConsolidationConfig": {"AnnotationConsolidationLambdaArn": f"{functions}:ACS-{task}"},
            "TaskTitle": title,
            "TaskDescription": description,
            "TaskKeywords": ["bounding box", "object detection"],
            "NumberOfHumanWorkersPerDataObject": 1,
            "TaskTimeLimitInSeconds": 3600,
            "TaskAvailabilityLifetimeInSeconds": TASKS_LAST_SECONDS,
            "MaxConcurrentTaskCount": 1000,
        },
    }
