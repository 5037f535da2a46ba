"""Adjustment jobs: people correct boxes that the input manifest has already, under another attribute than the job's.

Sources: https://docs.aws.amazon.com/sagemaker/latest/dg/sms-data-verify-start-api.html (functions, template, another
label attribute), https://docs.aws.amazon.com/sagemaker/latest/dg/sms-data-verify-cautions.html (what has no labels
fails, and the job goes on), https://docs.aws.amazon.com/sagemaker/latest/dg/sms-ui-template-crowd-bounding-box.html
(`initial-value`), https://docs.aws.amazon.com/sagemaker/latest/dg/sms-data-verify-manifest.html
(`adjustment-status`). Pictures with boxes of classes that are not the job's fail too: AWS's sample notebook
ground_truth_labeling_jobs/labeling_adjustment_job_adaptation. In which words they fail is a guess, and so is that a
template without the old boxes is refused when the job is created.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

from kit.annotations.formats.ground_truth_record import picture_of_record
from kit.annotations.model import AnnotatedPicture, LabelState
from kit.annotations.problems import MalformedError
from kit.local_cloud.labelling.request import ADJUSTMENT, ManifestLine, refused

_OLD_BOXES = re.compile(r"\bin\s+task\.input\.manifestLine\.([\w-]+)\.annotations\b")


@dataclass(frozen=True)
class OldBoxes:
    """What the lines of an input manifest have to be adjusted.

    Attributes:
        pictures: with their boxes, none where nothing was found on them; by S3 URI.
        failures: why others fail, by S3 URI.
    """

    pictures: Mapping[str, AnnotatedPicture]
    failures: Mapping[str, str]


def adjusted_attribute(request: Mapping[str, Any], template: str) -> str | None:
    """The label attribute whose boxes the worker template shows; None for a job that is no adjustment job.

    Raises:
        ClientError: code ValidationException when the template shows no old boxes, or those of the job's own attribute.
    """
    if not request["HumanTaskConfig"]["PreHumanTaskLambdaArn"].endswith(ADJUSTMENT):
        return None
    reader = _TemplateReader()
    reader.feed(template)
    reader.close()
    shown = _OLD_BOXES.search(reader.initial_value)
    if shown is None:
        raise refused(
            "The worker template of an adjustment job must show the boxes to adjust: initial-value of "
            "crowd-bounding-box, from task.input.manifestLine.<label attribute>.annotations."
        )
    if shown[1] == request["LabelAttributeName"]:
        raise refused(f"LabelAttributeName {shown[1]} must be another one than that of the labels to adjust.")
    return shown[1]


def old_boxes(lines: Iterable[ManifestLine], attribute: str, labels: Sequence[str]) -> OldBoxes:
    """The boxes under `attribute` on each line, as a worker begins with them.

    Args:
        labels: the classes of the job.
    """
    pictures, failures = dict[str, AnnotatedPicture](), dict[str, str]()
    for line in lines:
        try:
            picture = picture_of_record(line.record, labels=labels, wanted=[attribute])
        except MalformedError as error:
            failures[line.source] = f"The labels of {attribute} cannot be read: {error}."
            continue
        unknown = {box.label for box in picture.boxes}.difference(labels)
        if picture.state is not LabelState.LABELLED:
            failures[line.source] = f"The picture has no labels of {attribute} to adjust."
        elif unknown:
            failures[line.source] = f"Labels that are not of this job: {', '.join(sorted(unknown))}."
        else:
            pictures[line.source] = picture
    return OldBoxes(pictures, failures)


def status(answer: AnnotatedPicture, before: AnnotatedPicture) -> str:
    """`adjustment-status` of a picture's answer, given its boxes before."""
    return "unadjusted" if answer.boxes == before.boxes else "adjusted"


class _TemplateReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.initial_value = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "crowd-bounding-box":
            self.initial_value = dict(attrs).get("initial-value") or ""
