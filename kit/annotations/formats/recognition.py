"""Which format a file is in, told by its content."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from msgspec import Raw

from kit.annotations.formats.not_read import CREATE_ML, LABELME, TABLES, VIA, not_read, title_of
from kit.annotations.formats.yolo_names import YAML_SUFFIXES, is_label_file, yaml_of
from kit.annotations.problems import MalformedError
from kit.annotations.streaming.folder_files import files_below
from kit.annotations.streaming.json_stream import ROOT, elements, first_keys, open_document
from kit.annotations.streaming.json_values import parsed
from kit.annotations.streaming.xml_stream import root_name
from kit.errors import InputError
from kit.language import _

GROUND_TRUTH, LABEL_STUDIO, JUMPSTART, COCO = "ground-truth", "label-studio", "jumpstart", "coco"
YOLO, VOC, CVAT = "yolo", "voc", "cvat"

_HEAD = 256 * 1024
# Of a task, or of a record of the JSON-MIN export.
_TASK_KEYS = {"data", "annotations", "completions", "predictions", "annotation_id", "annotator", "image"}
# Formats that are not read, by keys of their documents that may stand anywhere.
_NOT_READ = {"shapes": LABELME, "imagePath": LABELME, "_via_settings": VIA, "_via_img_metadata": VIA}
_ZIP = b"PK\x03\x04"
# Of an element of COCO's list of results, which is what a detector found and nobody labelled.
_RESULT_KEYS = {"image_id", "category_id", "bbox", "score"}


def name_of_format(path: Path) -> str:
    """The name of a file's format.

    A list is Label Studio's, or a manifest whose lines are its elements. An object with `source-ref` or a label
    attribute's metadata is the first line of a manifest; one with `images` is COCO when it has `categories`, and
    JumpStart's when not. XML is CVAT's or Pascal VOC's by its root. A folder is YOLO's by its data.yaml or text files,
    and VOC's by its XML files; a YAML file is YOLO's.

    Raises:
        InputError: it cannot be read, or is of none of the formats.
    """
    if path.is_dir():
        return _of_folder(path)
    if path.suffix.lower() in YAML_SUFFIXES:
        return YOLO
    with open_document(path) as file:
        head = file.read(_HEAD).lstrip()
    if not head:
        raise InputError(_("{path}: the file is empty").format(path=path))
    if head.startswith(_ZIP):
        raise InputError(_("{path}: a ZIP archive; unpack it, and give the folder or the file in it").format(path=path))
    found = None
    if head.startswith(b"["):
        found = _of_list(path)
    elif head.startswith(b"{"):
        found = _of_object(path)
    elif head.startswith(b"<"):
        found = {"annotations": CVAT, "annotation": VOC}.get(root_name(path))
    if found is None and b'"source-ref"' in head:
        found = GROUND_TRUTH
    if (found is None or (found in (COCO, JUMPSTART) and b'"images"' not in head)) and (title := title_of(path, head)):
        raise not_read(path, title)
    if found is None:
        raise InputError(
            _(
                "{path}: not an annotation file of a known format (Ground Truth manifest, Label Studio JSON export, "
                "JumpStart annotations.json, COCO, CVAT for images, Pascal VOC, YOLO)"
            ).format(path=path)
        )
    return found


def _of_folder(path: Path) -> str:
    try:
        if yaml_of(path) is not None:
            return YOLO
        first = next(files_below(path, (".xml",)), None)
        if first is not None and root_name(Path(first)) == "annotation":
            return VOC
        if any(is_label_file(Path(file)) for file in files_below(path, (".txt",))):
            return YOLO
        if (document := next(files_below(path, (".json", ".jsonl", ".ndjson", *TABLES)), None)) is not None:
            with open_document(Path(document)) as file:
                title = title_of(Path(document), file.read(_HEAD))
            if title is not None:
                raise not_read(path, title)
    except OSError as error:
        raise InputError(_("{path}: cannot be read: {reason}").format(path=path, reason=error.strerror)) from error
    raise InputError(
        _(
            "{path}: a folder without annotations of a known format (JumpStart annotations.json, YOLO, Pascal VOC, "
            "CVAT annotations.xml); name the annotation file"
        ).format(path=path)
    )


def _of_list(path: Path) -> str | None:
    first = next((element for _list, _line, element in elements(path, {ROOT: Raw})), None)
    try:
        entry = {} if first is None else parsed(first)
    except MalformedError:
        return LABEL_STUDIO  # whose reader says what is wrong
    if not isinstance(entry, dict):
        return None
    if _is_line_of_manifest(entry):
        return GROUND_TRUTH
    if entry.keys() >= _RESULT_KEYS:
        raise InputError(
            _(
                "{path}: COCO's list of results, which a detector found: it has no sizes and no classes; give the file "
                "with images, annotations and categories"
            ).format(path=path)
        )
    if "imagefilename" in entry or ("image" in entry and any(map(_is_of_create_ml, _listed(entry, "annotations")))):
        raise not_read(path, CREATE_ML)
    return LABEL_STUDIO if not entry or entry.keys() & _TASK_KEYS else None


def _listed(entry: Mapping[str, Any], key: str) -> list[Any]:
    value = entry.get(key)
    return value if isinstance(value, list) else []


def _is_of_create_ml(annotation: Any) -> bool:
    return isinstance(annotation, dict) and "coordinates" in annotation


def _of_object(path: Path) -> str | None:
    """COCO's other keys may stand before or after those that decide, so all are looked at until one does."""
    known = None
    seen: list[str] = []
    for key, first in first_keys(path):
        seen.append(key)
        if key == "categories" and first in "[{":
            return COCO
        if known is None and _is_line_of_manifest(seen):
            return GROUND_TRUTH
        if known is None and key in _NOT_READ:
            raise not_read(path, _NOT_READ[key])
        if key in ("images", "annotations") and first == "[":
            known = JUMPSTART
    if known == JUMPSTART and "images" not in seen and "data" in seen:
        raise InputError(
            _("{path}: tasks of Label Studio's, but no list of them; export them as JSON").format(path=path)
        )
    return known


def _is_line_of_manifest(keys: Iterable[str]) -> bool:
    return any(key == "source-ref" or key.endswith("-metadata") for key in keys)
