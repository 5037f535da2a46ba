"""The pictures and boxes of one task of Label Studio's, whatever is in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from kit.annotations.account import NO_LABEL, NO_SHAPE, POINTS, Account
from kit.annotations.formats.label_studio_addresses import IMAGE, picture_fields, source_behind, source_of
from kit.annotations.formats.label_studio_shapes import edges_of_shape, has_shape
from kit.annotations.model import AnnotatedPicture, BoundingBox, LabelState
from kit.annotations.problems import MalformedError
from kit.annotations.streaming.json_values import mapping, pixels, sequence, text
from kit.language import _, marked

OTHER_ANNOTATIONS = marked(
    "boxes of further annotations of tasks that several people labelled, of which one counts, left out: {count}"
)
DRAFTS = marked("boxes in drafts that nobody submitted, left out: {count}; submit them in Label Studio")
SKIPPED = marked("boxes in annotations that were skipped, left out: {count}")
PREDICTIONS = marked("boxes that were only predicted, left out: {count}; submit them in Label Studio")

# The width and height of a picture by its source.
SizeOf = Callable[[str], tuple[int, int]]
# What messages call parts of an export that have no name of their own.
TASK = marked("the task")
_ANNOTATION, _RESULT, _LABEL = marked("an annotation"), marked("a result"), marked("a label")
# What says something about a shape, or about the whole picture, and is none itself.
_SIZE = ("original_width", "original_height")


def picture_of_task(task: Mapping[str, Any], line: int = 0, *, image_field: str | None = None) -> AnnotatedPicture:
    """The picture and boxes of a task that shows one picture; see `pictures_of_task`.

    Raises:
        MalformedError: the task is not what Label Studio exports, or shows several pictures.
    """
    (picture,) = pictures_of_task(task, line, image_field=image_field)
    return picture


def pictures_of_task(
    task: Mapping[str, Any],
    line: int = 0,
    *,
    image_field: str | None = None,
    account: Account | None = None,
    size_of: SizeOf | None = None,
) -> list[AnnotatedPicture]:
    """The pictures and boxes of one task; boxes in whole pixels, clipped to the picture.

    A box with nothing inside the picture is kept as it is, for `check` to report and writers to drop.
    The size is 0 when nobody drew a box: Label Studio notes it with the boxes only.

    Args:
        image_field: the key of `data` that holds the picture; by default `image`, else the one that names a picture.
            Where several do, a box is on the one that its `to_name` says, and on the page that its `item_index` says.
        account: told of what is taken as something else, or left out.
        size_of: the size of a picture by its source, for boxes that come without it, as other programs write them.

    Raises:
        MalformedError: the task is not what Label Studio exports.
        InputError: `size_of` does not find a picture.
    """
    account = account or Account()
    data = mapping(task.get("data"), "data")
    given = task.get("annotations", task.get("completions"))
    if given is None and task.get("predictions"):
        given = []
    annotations = [mapping(each, _ANNOTATION) for each in sequence(given, "annotations")]
    submitted = [each for each in annotations if not each.get("was_cancelled")]
    _count(task.get("drafts"), DRAFTS, line, account)
    _count([each for each in annotations if each.get("was_cancelled")], SKIPPED, line, account)
    if not submitted:
        state = LabelState.SKIPPED if annotations else LabelState.UNLABELLED
        if not annotations:
            _count(task.get("predictions"), PREDICTIONS, line, account)
        return [AnnotatedPicture(source, 0, 0, (), state, "", line) for source in _all_sources(data, image_field)]
    chosen = max(submitted, key=_precedence)
    _count([each for each in submitted if each is not chosen], OTHER_ANNOTATIONS, line, account)
    results = [mapping(entry, _RESULT) for entry in sequence(chosen.get("result"), "result")]
    by_picture = _by_picture(data, results, image_field)
    return [_picture(source, own, line, account, size_of) for source, own in by_picture.items()]


def _count(annotations: Any, sentence: str, line: int, account: Account) -> None:
    """The shapes in answers that do not count."""
    for annotation in annotations if isinstance(annotations, list) else ():
        results = annotation.get("result") if isinstance(annotation, dict) else None
        count = sum(isinstance(each, dict) and has_shape(each) for each in results or ())
        if count:
            account.lose(sentence, line, count)


def _all_sources(data: Mapping[str, Any], image_field: str | None) -> list[str]:
    fields = picture_fields(data, image_field)
    field = IMAGE if IMAGE in fields else next(iter(fields), "")
    if len(fields) == 1 or field == IMAGE:
        return [source_behind(page, field) for page in fields[field]]
    return [source_of(data, image_field)]  # which says what is wrong


def _by_picture(
    data: Mapping[str, Any], results: Sequence[dict[str, Any]], image_field: str | None
) -> dict[str, list[dict[str, Any]]]:
    """Each result with the picture that it is about."""
    fields = picture_fields(data, image_field)
    found: dict[str, list[dict[str, Any]]] = {}
    named = {str(result.get("to_name")) for result in results if has_shape(result)}
    if len(fields) <= 1 or not named or (IMAGE in fields and len(named) == 1 and not named & fields.keys()):
        found = {source: [] for source in _all_sources(data, image_field)}
        if len(found) == 1:
            return {source: list(results) for source in found}
    only = IMAGE if IMAGE in fields else next(iter(fields))
    for result in results:
        name = str(result.get("to_name"))
        if name not in fields:
            if has_shape(result) and len(fields) > 1 and not found:
                raise MalformedError(
                    _(
                        "its data names several pictures ({fields}), and a box is on {name}; call the Image tags of "
                        "the labelling configuration as the fields are called"
                    ).format(fields=", ".join(fields), name=name)
                )
            name = only
        found.setdefault(_page(fields[name], result.get("item_index"), name), []).append(result)
    return found


def _page(pages: Sequence[Any], index: Any, field: str) -> str:
    place = 0 if index is None else index
    if type(place) is not int or not 0 <= place < len(pages):
        raise MalformedError(
            _("item_index is {index}, and {field} has {count} pictures").format(
                index=place, field=field, count=len(pages)
            )
        )
    return source_behind(pages[place], field)


def _picture(
    source: str, results: Sequence[dict[str, Any]], line: int, account: Account, size_of: SizeOf | None
) -> AnnotatedPicture:
    picture = AnnotatedPicture(source, 0, 0, line=line)
    boxes: list[BoundingBox] = []
    for region in _regions(results):
        shape = next((result for result in region if has_shape(result)), None)
        if shape is None:
            for result in region:
                kind = str(result.get("type", ""))
                account.lose(NO_SHAPE, line, kind=POINTS if kind.startswith("keypoint") else kind)
            continue
        if shape.get("image_rotation"):
            reason = marked("it was labelled while turned in Label Studio; turn it back there and label it again")
            return replace(picture, state=LabelState.FAILED, reason=reason)
        width, height = (pixels(shape.get(name), name) for name in _SIZE)
        if not (width and height) and size_of is not None:
            width, height = size_of(source)
        if not (width and height):
            raise MalformedError(
                _("a box has no original_width and original_height; name the folder of the pictures (--images)")
            )
        if (picture.width or width, picture.height or height) != (width, height):
            raise MalformedError(_("its boxes disagree on the size of the picture"))
        picture = replace(picture, width=width, height=height)
        labels = dict.fromkeys(label for result in region for label in _labels(result))
        if not labels:
            account.lose(NO_LABEL, line)
            continue
        found = edges_of_shape(shape, width, height, line, account)
        boxes += [BoundingBox(label, *found) for label in labels]
    return replace(picture, boxes=tuple(boxes))


def _regions(results: Sequence[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Results about one region share its id: `<Rectangle>` draws it, `<Labels>` names it, others describe it."""
    regions: dict[Any, list[dict[str, Any]]] = {}
    for place, result in enumerate(results):
        identity = result.get("id")
        regions.setdefault(identity if isinstance(identity, str) else place, []).append(result)
    for region in regions.values():
        # What the editor itself never does, and converters do: shapes that all have the same id.
        shapes = [result for result in region if _names_itself(result)]
        if len(shapes) > 1:
            yield from ([shape] for shape in shapes)
        else:
            yield region


def _names_itself(result: Mapping[str, Any]) -> bool:
    kind = result.get("type")
    return has_shape(result) and isinstance(kind, str) and kind != "labels" and kind.endswith("labels")


def _labels(result: Mapping[str, Any]) -> Iterator[str]:
    value = result.get("value")
    for key, given in value.items() if isinstance(value, dict) else ():
        if key.endswith("labels") and given is not None:
            for label in sequence(given, key):
                yield text(label, _LABEL)


def _precedence(annotation: Mapping[str, Any]) -> tuple[bool, str, int]:
    """Times are ISO 8601 in UTC, so that text order is time order."""
    when = str(annotation.get("updated_at") or annotation.get("created_at") or "")
    identity = annotation.get("id")
    return bool(annotation.get("ground_truth")), when, identity if isinstance(identity, int) else 0


def task_of_min(record: Mapping[str, Any]) -> dict[str, Any]:
    """A task as the JSON export has it, from a record of the JSON-MIN export, which has one annotation.

    Raises:
        MalformedError: it has boxes, and several pictures.
    """
    results = []
    for value in record.values():
        for entry in value if isinstance(value, list) else ():
            if isinstance(entry, dict) and "original_width" in entry:
                kind = next((key for key in entry if key.endswith("labels")), "rectangle")
                sizes = {name: entry.get(name) for name in _SIZE}
                results.append({"type": kind, "value": entry, **sizes})
    data = {key: value for key, value in record.items() if isinstance(value, str)}
    if results and len(picture_fields(data)) > 1:
        raise MalformedError(
            _("several pictures, and the JSON-MIN export does not say on which a box is; export it as JSON")
        )
    return {"data": data, "annotations": [{"result": results}]}
