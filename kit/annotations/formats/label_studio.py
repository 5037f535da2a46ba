"""Label Studio's tasks: its JSON export (a list of tasks), or tasks as its API gives them.

Source: https://labelstud.io/guide/export.html#Label-Studio-JSON-format-of-annotated-tasks; a box has x, y, width and
height in percent of the picture and `rotation`, degrees clockwise about its (x, y) corner. The JSON-MIN export is read
as well.

Of several annotations of a task one counts: of those not skipped, the one marked as ground truth, else the one
submitted or updated last. Drafts never count. All skipped: the picture is skipped. None: it is unlabelled.
A rotated box, an ellipse, a polygon and a mask become the upright rectangle around them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, Raw, Struct

from kit.annotations.account import ROTATED, TAKEN, Account
from kit.annotations.formats.label_studio_addresses import IMAGE, source_behind
from kit.annotations.formats.label_studio_boxes import edges
from kit.annotations.formats.label_studio_tasks import TASK, SizeOf, pictures_of_task, task_of_min
from kit.annotations.labels import labels_beside
from kit.annotations.model import AnnotatedPicture, AnnotationStream, BoundingBox
from kit.annotations.picture_files import upright_size
from kit.annotations.picture_folder import PictureFolder
from kit.annotations.problems import MalformedError, OnUnreadable, Tally, refuse
from kit.annotations.streaming.json_stream import ROOT, elements
from kit.annotations.streaming.json_values import mapping, parsed
from kit.annotations.streaming.ordinary import Percent, Size, Text
from kit.errors import InputError
from kit.language import _


def read(
    path: Path,
    *,
    labels: Sequence[str] | None = None,
    image_field: str | None = None,
    images: Path | None = None,
    on_unreadable: OnUnreadable = refuse,
) -> AnnotationStream:
    """Read a JSON export.

    Args:
        labels: the classes in the order of their ids. Otherwise those of `label_categories.json` beside the file or one
            folder above; otherwise those used in the file, alphabetically: an export does not say their order.
        image_field: the key of a task's `data` that holds the picture; see `pictures_of_task`.
        images: the folder of the pictures, for the size of those whose boxes do not say it.
        on_unreadable: told of each task that cannot be used; the default raises.

    Raises:
        InputError: the file cannot be opened; while iterating: it is not valid JSON, or a task lacks what is promised.
    """
    found = tuple(labels) if labels is not None else labels_beside(path)
    folder = None if images is None else PictureFolder(images)
    size_of = None if folder is None else lambda source: upright_size(folder.find(source))
    if found is None:
        first = _pictures(path, image_field, size_of, Account(), None)
        found = tuple(sorted({box.label for picture in first for box in picture.boxes}))
    account = Account()
    return AnnotationStream(found, _pictures(path, image_field, size_of, account, on_unreadable), account)


class _Value(Struct, gc=False):
    x: Percent
    y: Percent
    width: Percent
    height: Percent
    rectanglelabels: Annotated[list[Text], Meta(min_length=1)]
    rotation: Percent | None = None


class _Result(Struct, gc=False):
    type: Literal["rectanglelabels"]
    original_width: Size
    original_height: Size
    value: _Value
    image_rotation: Literal[0] | None = None


class _Annotation(Struct, gc=False):
    result: Annotated[list[_Result], Meta(min_length=1)]
    was_cancelled: bool | None = None


class _Data(Struct, gc=False, forbid_unknown_fields=True):
    """One picture, and nothing else to choose from."""

    image: Text


class _Task(Struct, gc=False):
    """One annotation, and nothing in it but boxes: at least one, which tells the size of the picture."""

    data: _Data
    annotations: Annotated[list[_Annotation], Meta(min_length=1, max_length=1)]
    drafts: Annotated[list[Raw], Meta(max_length=0)] | None = None


def _ordinary(task: _Task, line: int, account: Account) -> AnnotatedPicture | None:
    """The picture of such a task; None where there is more to it, for `pictures_of_task` to judge.

    Raises:
        MalformedError: see `source_behind`.
    """
    (annotation,) = task.annotations
    if annotation.was_cancelled:
        return None
    results = annotation.result
    width, height = results[0].original_width, results[0].original_height
    across, down = float(width), float(height)
    boxes = []
    turned = 0
    for result in results:
        if result.original_width != width or result.original_height != height:
            return None
        value = result.value
        left, top, right, bottom = edges(value.x, value.y, value.width, value.height, value.rotation, across, down)
        if value.rotation:
            turned += value.rotation % 90 != 0
        for label in value.rectanglelabels:
            boxes.append(BoundingBox(label, left, top, right, bottom))
    source = source_behind(task.data.image, IMAGE)
    if turned:
        account.note(TAKEN, line, turned, kind=ROTATED)
    return AnnotatedPicture(source, width, height, tuple(boxes), line=line)


def _pictures(
    path: Path,
    image_field: str | None,
    size_of: SizeOf | None,
    account: Account,
    on_unreadable: OnUnreadable | None,
) -> Iterator[AnnotatedPicture]:
    kind = _Task if image_field in (None, IMAGE) else Raw
    tally, usable = Tally(path), 0
    for _list, line, element in elements(path, {ROOT: kind}, on_unreadable):
        try:
            picture = None if isinstance(element, Raw) else _ordinary(element, line, account)
            if picture is None:
                task = mapping(parsed(element), TASK)
                if "data" not in task and (isinstance(task.get(IMAGE), str) or "annotation_id" in task):
                    task = task_of_min(task)
                pictures = pictures_of_task(task, line, image_field=image_field, account=account, size_of=size_of)
        except (MalformedError, InputError) as error:
            if on_unreadable is None:
                tally.usable = usable
                tally.unusable(line, error)
            else:
                on_unreadable(path, line, _("task {line}: {error}").format(line=line, error=error))
            continue
        usable += 1
        if picture is None:
            yield from pictures
        else:
            yield picture
