"""Boxes that Ground Truth's workers begin from: an adjustment job in place of one that begins with bare pictures.

The run's `proposals.manifest` has a line for each picture of the job, with the boxes under an attribute of their own:
the template shows those, and the job writes its answer beside them. Pictures without such an attribute would fail, so
where nothing is proposed it says that there is nothing. Sources: https://docs.aws.amazon.com/sagemaker/latest/dg/
sms-data-verify-start-api.html and sms-data-verify-cautions.html (the job), sms-ui-template-crowd-bounding-box.html
(`initial-value` in the template), sms-data-verify-manifest.html (`adjustment-status`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import orjson
from msgspec.structs import replace

from kit.annotations.formats import ground_truth
from kit.annotations.formats.ground_truth_record import METADATA
from kit.annotations.model import AnnotatedPicture, AnnotationStream
from kit.annotations.streaming.writing import replacing
from kit.language import _
from kit.run import names
from kit.run.context import IMAGES, Context
from kit.run.folder import RunFolder
from kit.run.run_picture import RunPicture
from kit.s3_uri import s3_uri
from kit.stages import known_labels

# The label attribute of the boxes to begin from, which the templates name too.
ATTRIBUTE = "proposals"
STATUS = "adjustment-status"


def write(folder: RunFolder, pictures: Iterable[AnnotatedPicture], labels: tuple[str, ...], *, by_people: bool) -> None:
    """Writes what the workers of a run begin from.

    Args:
        pictures: those to ask about, in order, by their names in the bucket; boxes in pixels inside the picture.
        by_people: whether people drew the boxes, or a model.
    """
    folder.results.mkdir(exist_ok=True)
    bucket = names.bucket(folder.run_id)
    in_bucket = (replace(each, source=s3_uri(bucket, IMAGES + each.source), name="") for each in pictures)
    ground_truth.write(folder.proposals, AnnotationStream(labels, in_bucket), attribute=ATTRIBUTE, by_people=by_people)


def is_wanted(context: Context) -> bool:
    """Whether the workers of this run begin from boxes."""
    return context.folder.proposals.exists()


def asked(context: Context) -> list[RunPicture]:
    """The pictures of the job, in its order: those that workers begin on and have not answered in an earlier job."""
    by_name = {picture.name: picture for picture in context.pictures.pictures}
    given = context.pictures.given
    before = {each.source: each.boxes for each in given.pictures} if given is not None else {}
    answered = {name for name, label in known_labels.kept(context).items() if before.get(name) != label.boxes}
    return [by_name[name] for name in _lines(context) if name in by_name and name not in answered]


def input_manifest(context: Context, pictures: Iterable[RunPicture]) -> bytes:
    """The input manifest of an adjustment job over some of the pictures."""
    lines = _lines(context)
    return b"".join(lines[picture.name] for picture in pictures)


def keep_answers(manifest: Path) -> Counter[str]:
    """Takes the boxes that workers began from out of a manifest of the job, so that nobody takes them for labels.

    Returns:
        how many pictures were `adjusted`, and how many `unadjusted`.
    """
    counts: Counter[str] = Counter()
    with manifest.open("rb") as lines, replacing(manifest) as file:
        for line in lines:
            try:
                record = orjson.loads(line)
            except orjson.JSONDecodeError:
                # Whoever reads the manifest says what is wrong with the line.
                file.write(line)
                continue
            for key in (ATTRIBUTE, ATTRIBUTE + METADATA):
                record.pop(key, None)
            counts.update(each[STATUS] for each in record.values() if isinstance(each, dict) and STATUS in each)
            file.write(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE))
    return counts


def tell(context: Context, counts: Counter[str]) -> None:
    context.console.say(
        _("  Proposals: pictures where they were left as they are: {unadjusted}; corrected: {adjusted}.").format(
            unadjusted=counts["unadjusted"], adjusted=counts["adjusted"]
        )
    )


def _lines(context: Context) -> dict[str, bytes]:
    """By the picture's name in the bucket."""
    lines = {}
    for line in context.folder.proposals.read_bytes().splitlines(keepends=True):
        lines[orjson.loads(line)["source-ref"].rpartition("/")[2]] = line
    return lines
