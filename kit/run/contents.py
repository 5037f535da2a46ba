"""What a run works on, file by file, so that a picture or label that has changed since is noticed.

A file whose size and time are those that were noted is taken for the same; of any other the content decides.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
from msgspec.structs import replace

from kit.annotations.model import AnnotatedPicture, BoundingBox
from kit.annotations.picture_files import SUFFIXES
from kit.atomic_file import write_atomically
from kit.errors import InputError
from kit.language import _
from kit.run.picture_set import PictureSet

_CHUNK_BYTES = 1 << 20
# Between two views of one picture (`RunPicture.view`), in steps of grey of 255: what another size or compression makes
# of it stays far below, what is moved or exchanged in it does not.
_MOST_ON_AVERAGE = 1.5
_MOST_ANYWHERE = 8
# So many are named in one sentence.
_MOST_NAMED = 5


@dataclass(frozen=True)
class KnownFile:
    """The state of a file: bytes, nanoseconds since 1970, hash of the content."""

    size: int
    modified_ns: int
    sha256: str


@dataclass(frozen=True)
class KnownPicture:
    """A picture: its file, and `RunPicture`'s size in pixels and view."""

    file: KnownFile
    width: int
    height: int
    view: str

    def shows_the_same_as(self, other: KnownPicture) -> bool:
        """Whether it is certain that boxes of the one are right on the other, in another size at most.

        That two photographs look alike is no certainty where their shapes differ, or where there is no view of them.
        """
        if self.file.sha256 == other.file.sha256:
            return True
        if not (self.view and other.view) or abs(self.width * other.height - self.height * other.width) > max(
            self.width, self.height, other.width, other.height
        ):
            return False
        steps = [abs(a - b) for a, b in zip(bytes.fromhex(self.view), bytes.fromhex(other.view), strict=True)]
        return sum(steps) <= _MOST_ON_AVERAGE * len(steps) and max(steps) <= _MOST_ANYWHERE


@dataclass(frozen=True)
class Contents:
    """All that a run was given besides its settings.

    Attributes:
        pictures: by name in the bucket.
        left_out: the pictures that cannot be used.
        classes: in class-id order.
        labels: the files that the labels are in, by path.
    """

    pictures: dict[str, KnownPicture]
    left_out: list[str]
    classes: list[str]
    labels: dict[str, KnownFile]


@dataclass(frozen=True)
class Difference:
    """What has changed from one state to another: names of pictures, and whether labels that were given have."""

    changed: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    labels: bool = False

    @property
    def pictures(self) -> bool:
        return bool(self.changed or self.new or self.gone)

    def __bool__(self) -> bool:
        return self.pictures or self.labels

    def __str__(self) -> str:
        kinds = ((_("changed"), self.changed), (_("new"), self.new), (_("gone"), self.gone))
        told = [f"{kind}: {_named(names)}" for kind, names in kinds if names]
        return "; ".join([*told, *([_("the labels that were given")] if self.labels else [])])


def look(collected: PictureSet, before: Contents | None = None) -> Contents:
    """The state of the files as they are now.

    Args:
        before: spares reading those whose size and time have not changed since.
    """
    known = before or Contents({}, [], [], {})
    pictures = {}
    for picture in collected.pictures:
        earlier = known.pictures.get(picture.name)
        file = _known(picture.path, earlier.file if earlier else None)
        pictures[picture.name] = KnownPicture(file, picture.width, picture.height, picture.view)
    labels = {
        str(path): _known(path, known.labels.get(str(path)))
        for path in (_files_of(collected.given.file) if collected.given else ())
    }
    return Contents(pictures, [remark.picture for remark in collected.left_out], list(collected.labels), labels)


def difference(before: Contents, now: Contents) -> Difference:
    """What has changed; that a file was merely written again does not count."""
    both = before.pictures.keys() & now.pictures.keys()
    changed = {name for name in both if before.pictures[name].file.sha256 != now.pictures[name].file.sha256}
    new, gone = (now.pictures.keys() - both), (before.pictures.keys() - both)
    gone |= set(before.left_out) - set(now.left_out) - now.pictures.keys()
    labels = before.classes != now.classes or _hashes(before.labels) != _hashes(now.labels)
    return Difference(tuple(sorted(changed)), tuple(sorted(new)), tuple(sorted(gone)), labels)


def fitting(labelled: Iterable[AnnotatedPicture], before: Contents, now: Contents) -> Iterator[AnnotatedPicture]:
    """Those of the labels, by the names of their pictures, that are certain to be right for what these show now; at the
    size that these have now, the very same object where that is the size before."""
    for label in labelled:
        then, today = before.pictures.get(label.file_name), now.pictures.get(label.file_name)
        if then is not None and today is not None and today.shows_the_same_as(then):
            yield _at_size(label, today.width, today.height)


def _at_size(label: AnnotatedPicture, width: int, height: int) -> AnnotatedPicture:
    # Of the samples nobody has looked at the size.
    if (label.width, label.height) == (width, height) or not (width and label.width):
        return label
    x, y = width / label.width, height / label.height
    boxes = tuple(BoundingBox(b.label, b.left * x, b.top * y, b.right * x, b.bottom * y) for b in label.boxes)
    return replace(label, width=width, height=height, boxes=boxes)


def since(file: Path, collected: PictureSet) -> Difference:
    """What has changed since `write` wrote that file; nothing where it is not there.

    Raises:
        InputError: it is damaged.
    """
    before = read(file)
    return Difference() if before is None else difference(before, look(collected, before))


def read(file: Path) -> Contents | None:
    """What `write` wrote, where there is such a file. Raises InputError when it is damaged."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=Contents)
    except FileNotFoundError:
        return None
    except msgspec.MsgspecError as error:
        raise InputError(
            _("{file} is damaged ({error}); remove it: the pictures then count as unchanged.").format(
                file=file, error=error
            )
        ) from error


def write(file: Path, contents: Contents) -> None:
    write_atomically(file, msgspec.json.encode(contents))


def _known(path: Path, earlier: KnownFile | None) -> KnownFile:
    status = path.stat()
    if earlier is not None and (status.st_size, status.st_mtime_ns) == (earlier.size, earlier.modified_ns):
        return earlier
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            digest.update(chunk)
    return KnownFile(status.st_size, status.st_mtime_ns, digest.hexdigest())


def _files_of(labels: Path) -> list[Path]:
    if labels.is_file():
        return [labels]
    return sorted(path for path in labels.rglob("*") if path.is_file() and path.suffix.lower() not in SUFFIXES)


def _hashes(files: dict[str, KnownFile]) -> dict[str, str]:
    return {name: file.sha256 for name, file in files.items()}


def _named(names: Iterable[str]) -> str:
    first, *others = [list(names)[:_MOST_NAMED], *list(names)[_MOST_NAMED:]]
    return ", ".join([*first, *([_("and {count} more").format(count=len(others))] if others else [])])
