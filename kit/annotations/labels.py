"""The list of classes. Its order is the class ids, from 0, in every format."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import orjson
from msgspec.structs import replace

from kit.annotations.model import AnnotationStream
from kit.annotations.problems import MalformedError
from kit.errors import InputError
from kit.language import _

LABEL_CATEGORIES = "label_categories.json"
_EXAMPLE = '{"labels": [{"label": "usb-a"}, …]}'


def parse_labels(given: str) -> tuple[str, ...]:
    """Labels as a person gives them: `usb-a,usb-c,lightning`, or the path of a label category file.

    An entry `old=new` renames a class; see `renames_in`.

    Raises:
        InputError: an empty or repeated label, or a file that is no label category file.
    """
    if given.endswith(".json"):
        return read_label_categories(Path(given))
    try:
        return distinct(label.strip() for label in given.split(","))
    except MalformedError as error:
        raise InputError(
            _("labels {given!r}: {error}; give them as usb-a,usb-c,lightning").format(given=given, error=error)
        ) from error


def renames_in(labels: Sequence[str] | None) -> tuple[tuple[str, ...] | None, dict[str, str]]:
    """The labels without the entries that rename, None where there are no others, and the new names by the old.

    Raises:
        InputError: a name is missing on either side.
    """
    renames: dict[str, str] = {}
    named = []
    for label in labels or ():
        old, equals, new = (part.strip() for part in label.partition("="))
        if not equals:
            named.append(label)
        elif not old or not new:
            raise InputError(_("labels: {label!r} renames nothing; write old=new").format(label=label))
        else:
            renames[old] = new
    return tuple(named) or None, renames


def renamed(data: AnnotationStream, renames: Mapping[str, str]) -> AnnotationStream:
    """The same data set with classes called otherwise; of two that are then called the same, one class."""
    if not renames:
        return data
    labels = tuple(dict.fromkeys(renames.get(label, label) for label in data.labels))
    pictures = (
        replace(picture, boxes=tuple([replace(box, label=renames.get(box.label, box.label)) for box in picture.boxes]))
        for picture in data.pictures
    )
    return AnnotationStream(labels, pictures, data.account)


def read_label_categories(path: Path) -> tuple[str, ...]:
    """The classes of a Ground Truth label category file, `{"labels": [{"label": "usb-a"}, …]}`.

    Source: https://docs.aws.amazon.com/sagemaker/latest/dg/sms-label-cat-config-attributes.html

    Raises:
        InputError: it cannot be read, or is none.
    """
    try:
        entries = orjson.loads(path.read_bytes())["labels"]
        return distinct(entry["label"] for entry in entries)
    except OSError as error:
        raise InputError(_("{path}: cannot be read: {reason}").format(path=path, reason=error.strerror)) from error
    except (orjson.JSONDecodeError, KeyError, TypeError, MalformedError) as error:
        raise InputError(
            _("{path}: not a label category file ({error}); it should read {example}").format(
                path=path, error=error, example=_EXAMPLE
            )
        ) from error


def label_categories(labels: Sequence[str]) -> bytes:
    """The label category file of `labels`. Without `document-version`: results came back empty with it once."""
    return orjson.dumps({"labels": [{"label": label} for label in labels]}, option=orjson.OPT_INDENT_2) + b"\n"


def labels_beside(path: Path) -> tuple[str, ...] | None:
    """The classes of the label category file in the folder of `path` or the folder above, where this kit keeps it.

    Raises:
        InputError: there is a file of that name, and it is no label category file.
    """
    for folder in (path.parent, path.parent.parent):
        if (folder / LABEL_CATEGORIES).is_file():
            return read_label_categories(folder / LABEL_CATEGORIES)
    return None


def distinct(labels: Iterable[object]) -> tuple[str, ...]:
    """The labels as a tuple.

    Raises:
        MalformedError: there is none, or one is empty, no text, or there twice.
    """
    kept: dict[str, None] = {}
    for label in labels:
        if not isinstance(label, str) or not label:
            raise MalformedError(_("{label!r} is no label").format(label=label))
        if label in kept:
            raise MalformedError(_("{label!r} is there twice").format(label=label))
        kept[label] = None
    if not kept:
        raise MalformedError(_("there is no label"))
    return tuple(kept)
