"""Pascal VOC: an XML file a picture, `<annotation>` with `<object>`s, in a folder.

Source: the VOC2012 development kit, and what labelImg, Roboflow, CVAT and globox write: `bndbox` is xmin, ymin, xmax,
ymax in pixels. Those four and this one write edges; the kit of 2012 and supervision count pixels from 1, the last one
in, so that their left and top are a pixel more. No file says which; a pixel is less than people draw by.
An object without `bndbox` has the box around its `polygon`, or around its turned box (`robndbox`, roLabelImg's). Files
of LabelMe on the web are of the same kind, with `imagesize`, and with objects that are marked as deleted.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePath
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from kit.annotations.account import NO_LABEL, POLYGONS, ROTATED, TAKEN, Account
from kit.annotations.formats.outlines import Edges, around, turned
from kit.annotations.labels import labels_beside
from kit.annotations.model import AnnotatedPicture, AnnotationStream, BoundingBox
from kit.annotations.picture_files import SUFFIXES
from kit.annotations.problems import MalformedError, OnUnreadable, refuse
from kit.annotations.selection import Selection, Written
from kit.annotations.streaming.folder_files import sorted_files
from kit.annotations.streaming.label_files import LabelFiles
from kit.annotations.streaming.xml_stream import xml_elements
from kit.language import _, marked

ANNOTATIONS = "Annotations"
_PARTS = marked("boxes of parts of objects (part), left out: {count}; the objects are taken")
_DELETED = marked("objects marked as deleted, left out: {count}")
_OTHERWISE_CALLED = marked(
    "files that are not called as the picture they name (filename), which is taken: {count}; was either renamed?"
)
_ROOT = "annotation"


def read(path: Path, *, labels: Sequence[str] | None = None, on_unreadable: OnUnreadable = refuse) -> AnnotationStream:
    """Read a folder of such files, its subfolders too, or one file.

    Args:
        labels: the classes in the order of their ids. Otherwise those of `label_categories.json` in the folder or the
            one above; otherwise those used, alphabetically: the files do not say their order.
        on_unreadable: told of each file that cannot be used; the default raises.

    Raises:
        InputError: the folder cannot be read; while iterating: a file is not valid, or lacks what is promised.
    """
    found = tuple(labels) if labels is not None else labels_beside(path / ANNOTATIONS if path.is_dir() else path)
    if found is None:
        used = {box.label for picture in _pictures(path, Account(), _ignore) for box in picture.boxes}
        found = tuple(sorted(used))
    account = Account()
    return AnnotationStream(found, _pictures(path, account, on_unreadable), account)


def write(path: Path, data: AnnotationStream) -> Written:
    """Write the labelled pictures of known size into `path`/Annotations, those without a box too; the rest is counted.

    Raises:
        InputError: two pictures would have one file; a box has a label that is not in `data.labels`.
        SetupError: the disk is full.
    """
    selection = Selection(data.labels)
    files = LabelFiles(path / ANNOTATIONS, ".xml")
    for batch in selection.to_train_on(data, need_box=False):
        for picture in batch.pictures:
            files.new(picture, _document(picture, selection))
        for _number, picture in batch.more:
            content = files.content(picture).replace(_END, _objects(picture, selection) + _END)
            files.replace(picture, content)
    return selection.result()


_END = b"</annotation>"


def _document(picture: AnnotatedPicture, selection: Selection) -> bytes:
    root = Element(_ROOT)
    SubElement(root, "folder").text = "images"
    SubElement(root, "filename").text = picture.file_name
    size = SubElement(root, "size")
    for name, value in (("width", picture.width), ("height", picture.height), ("depth", 3)):
        SubElement(size, name).text = str(value)
    SubElement(root, "segmented").text = "0"
    indent(root)
    whole: bytes = tostring(root, "utf-8")
    return whole.replace(_END, _objects(picture, selection) + _END) + b"\n"


def _objects(picture: AnnotatedPicture, selection: Selection) -> bytes:
    texts = []
    for box in picture.boxes:
        if box.label not in selection.class_ids:
            raise selection.unknown_class(picture, box.label)
        entry = Element("object")
        SubElement(entry, "name").text = box.label
        for name, text in (("pose", "Unspecified"), ("truncated", "0"), ("difficult", "0")):
            SubElement(entry, name).text = text
        edges = SubElement(entry, "bndbox")
        for name, value in (("xmin", box.left), ("ymin", box.top), ("xmax", box.right), ("ymax", box.bottom)):
            SubElement(edges, name).text = repr(int(value) if value == int(value) else value)
        indent(entry, level=1)
        texts.append(b"  " + tostring(entry, "utf-8").rstrip() + b"\n")
    return b"".join(texts)


def _ignore(_file: Path, _line: int, _text: str) -> None:
    """For a first look at files that are read again."""


def _pictures(path: Path, account: Account, on_unreadable: OnUnreadable) -> Iterator[AnnotatedPicture]:
    files = sorted_files(path, (".xml",)) if path.is_dir() else iter([path])
    for number, file in enumerate(files, start=1):
        try:
            for _line, root in xml_elements(file, 0):
                if root.tag == _ROOT:
                    picture = _picture(root, number, account)
                    if _stem(picture.file_name) != file.stem.removesuffix(PurePath(picture.file_name).suffix):
                        account.lose(_OTHERWISE_CALLED, number)
                    yield picture
                else:
                    raise MalformedError(_("its root is {name}, not annotation").format(name=root.tag))
        except MalformedError as error:
            on_unreadable(file, 0, str(error))


def _picture(root: Element, number: int, account: Account) -> AnnotatedPicture:
    name = (root.findtext("filename") or root.findtext("path") or "").strip()
    if not name:
        raise MalformedError(_("{name} is missing").format(name="filename"))
    boxes = []
    for entry in root.iterfind("object"):
        label = (entry.findtext("name") or "").strip()
        if (entry.findtext("deleted") or "").strip() == "1":
            account.note(_DELETED, number)
        elif not label:
            account.lose(NO_LABEL, number)
        else:
            boxes += [BoundingBox(label, *edges) for edges in _edges(entry, number, account)]
        if parts := len(entry.findall("part/bndbox")):
            account.lose(_PARTS, number, parts)
    return AnnotatedPicture(name, *_size(root), tuple(boxes), line=number)


def _size(root: Element) -> tuple[int, int]:
    """Width and height, 0 where the file does not say."""
    for width, height in (("size/width", "size/height"), ("imagesize/ncols", "imagesize/nrows")):
        if root.find(width) is not None:
            return max(0, round(_number(root, width, absent=0))), max(0, round(_number(root, height, absent=0)))
    return 0, 0


def _stem(name: str) -> str:
    """A picture's name without its suffix, which labelImg left out as well."""
    path = PurePath(name)
    return path.stem if path.suffix.lower() in SUFFIXES else name


def _edges(entry: Element, number: int, account: Account) -> list[Edges]:
    """The box of an object; all of them where it has several."""
    if given := entry.findall("bndbox"):
        return [
            (_number(each, "xmin"), _number(each, "ymin"), _number(each, "xmax"), _number(each, "ymax"))
            for each in given
        ]
    if (polygon := entry.find("polygon")) is not None:
        account.note(TAKEN, number, kind=POLYGONS)
        points = _points(polygon)
        if not points:
            raise MalformedError(_("a polygon has no points"))
        return [around(points)]
    if entry.find("robndbox") is not None:
        account.note(TAKEN, number, kind=ROTATED)
        x, y, w, h, angle = (_number(entry, f"robndbox/{part}") for part in ("cx", "cy", "w", "h", "angle"))
        return [turned((x - w / 2, y - h / 2, x + w / 2, y + h / 2), math.degrees(angle))]
    raise MalformedError(_("an object has no bndbox"))


def _points(polygon: Element) -> list[tuple[float, float]]:
    """As `<pt><x/><y/></pt>`, or as Roboflow's `<x1/><y1/><x2/><y2/>…`."""
    points = [(_number(each, "x"), _number(each, "y")) for each in polygon.iterfind("pt")]
    place = 1
    while polygon.find(f"x{place}") is not None:
        points.append((_number(polygon, f"x{place}"), _number(polygon, f"y{place}")))
        place += 1
    return points


def _number(element: Element, name: str, absent: float | None = None) -> float:
    text = (element.findtext(name) or "").strip()
    if not text and absent is not None:
        return absent
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not abs(value) <= 2**53:
        raise MalformedError(_("{name} is {value}, not a number").format(name=name, value=repr(text[:40])))
    return value
