"""What the files beside YOLO's labels say of them: data.yaml, classes.txt, obj.names."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from kit.annotations.labels import distinct
from kit.annotations.picture_files import SUFFIXES
from kit.annotations.problems import MalformedError
from kit.errors import InputError
from kit.language import _

YAML_SUFFIXES = (".yaml", ".yml")
_NAMES = ("classes.txt", "obj.names", "labels.txt", "labels/classes.txt", "data/obj.names")
# Text files that people have beside, of no picture unless there are boxes in them.
_BESIDE = frozenset(
    f"{stem}.txt"
    for stem in ("classes", "labels", "readme", "readme.roboflow", "readme.dataset", "train", "val", "valid", "test")
) | {"notes.txt", "requirements.txt"}
_LARGEST = 1_000_000
_LONGEST = 1_000_000
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
_SPLITS = ("train", "val", "valid", "validation", "test")


def is_label_file(file: Path) -> bool:
    """Whether a text file is of a picture, rather than a list of classes or of pictures, or something to read."""
    beside = file.name.lower() in _BESIDE
    try:
        with file.open("rb") as opened:
            first = next((line for line in iter(lambda: opened.readline(_LONGEST), b"") if line.split()), b"")
    except OSError:
        return not beside
    if not first:
        return not beside
    words = first.decode("utf-8", "replace").split()
    if beside:
        return len(words) >= 5 and all(_NUMBER.fullmatch(word) for word in words)
    return not first.decode("utf-8", "replace").strip().lower().endswith(SUFFIXES)


def root_of(path: Path) -> Path:
    """The folder of a data set: that of its data.yaml, one that this file leads to, or the one with `labels` in it."""
    if path.is_dir():
        return path.absolute().parent if path.name.lower() == "labels" else path
    document = _yaml(path)
    given = document.get("path")
    root = path.parent / given if isinstance(given, str) and given else path.parent
    # A path that was right on another machine: what is beside the file is meant.
    return root if root.is_dir() and root.resolve().is_relative_to(path.parent.resolve()) else path.parent


def classes_of(path: Path) -> tuple[str, ...] | None:
    """The classes in the order of their ids, as the files say; None where none does.

    Raises:
        InputError: such a file is not what it should be.
    """
    file = _yaml_for(path)
    if file is not None and (names := _yaml(file).get("names")) is not None:
        if isinstance(names, dict):
            highest = max((key for key in names if isinstance(key, int)), default=-1)
            if highest > _LARGEST:
                raise InputError(_("{path}: the class id {highest} is too large").format(path=file, highest=highest))
            names = [names.get(class_id, f"class {class_id}") for class_id in range(highest + 1)]
        return _distinct(file, [str(name) for name in names] if isinstance(names, list) else names)
    for name in _NAMES:
        listed = next((each / name for each in _places(path) if (each / name).is_file()), root_of(path) / name)
        if listed.is_file():
            lines = _text(listed).splitlines()
            return _distinct(listed, [line.strip() for line in lines if line.strip()])
    return None


def keypoints_of(path: Path) -> int:
    """How many numbers the points of a pose take, by data.yaml's `kpt_shape`; 0 for a data set without."""
    file = _yaml_for(path)
    match _yaml(file).get("kpt_shape") if file is not None else None:
        case [int(points), int(numbers)]:
            return points * numbers
    return 0


def _places(path: Path) -> list[Path]:
    """Where the classes of a folder may be said: in it, and beside it where it is one of a data set's parts."""
    root = root_of(path)
    return [root, root.absolute().parent] if root.name.lower() in _SPLITS else [root]


def _yaml_for(path: Path) -> Path | None:
    if not path.is_dir():
        return path
    return next((file for each in _places(path) if (file := yaml_of(each)) is not None), None)


def yaml_of(path: Path) -> Path | None:
    """The data.yaml of a data set: the file itself, or the only one of the folder that names classes."""
    if not path.is_dir():
        return path
    files = sorted(file for file in path.iterdir() if file.suffix.lower() in YAML_SUFFIXES and file.is_file())
    named = [file for file in files if file.name in ("data.yaml", "data.yml", "dataset.yaml")]
    return next(iter(named or [file for file in files if "names" in _yaml(file)]), None)


def _distinct(file: Path, names: Any) -> tuple[str, ...]:
    try:
        if not isinstance(names, list):
            raise MalformedError(_("names is no list"))
        return distinct(names)
    except MalformedError as error:
        raise InputError(f"{file}: {error}") from error


def _yaml(file: Path) -> dict[str, Any]:
    try:
        document = yaml.safe_load(_text(file))
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise InputError(_("{path}: not valid YAML ({reason})").format(path=file, reason=error)) from error
    return document if isinstance(document, dict) else {}


def _text(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            content = opened.read(_LARGEST + 1)
        if len(content) > _LARGEST:
            raise InputError(_("{path}: too large for what it should be").format(path=file))
        return content.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(_("{path}: cannot be read: {reason}").format(path=file, reason=error)) from error
