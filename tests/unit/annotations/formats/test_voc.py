"""Pascal VOC as its own kit, labelImg, Roboflow and roLabelImg write it."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from kit.annotations.formats import registry as formats
from kit.annotations.formats import voc
from kit.annotations.formats.registry import Format
from kit.annotations.model import AnnotatedPicture, AnnotationStream, BoundingBox
from kit.errors import InputError
from tests.unit.annotations.test_cases import edges, told

# The elements of the 2012 kit's files, with its many others.
EXAMPLE = """<annotation>
  <folder>VOC2012</folder><filename>2007_000027.jpg</filename>
  <source><database>The VOC2007 Database</database></source>
  <size><width>486</width><height>500</height><depth>3</depth></size><segmented>0</segmented>
  <object><name>person</name><pose>Unspecified</pose><truncated>0</truncated><difficult>0</difficult>
    <bndbox><xmin>174</xmin><ymin>101</ymin><xmax>349</xmax><ymax>351</ymax></bndbox>
    <part><name>head</name><bndbox><xmin>169</xmin><ymin>104</ymin><xmax>209</xmax><ymax>146</ymax></bndbox></part>
  </object>
</annotation>"""


def folder(path: Path, *documents: str) -> Path:
    path.mkdir()
    for number, document in enumerate(documents):
        (path / f"{number}.xml").write_text(document, encoding="utf-8")
    return path


def with_object(inner: str) -> str:
    return EXAMPLE.replace("</annotation>", f"<object>{inner}</object></annotation>")


def test_a_file_and_a_folder_are_recognised(tmp_path: Path) -> None:
    path = folder(tmp_path / "Annotations", EXAMPLE)
    for given in (path, tmp_path, path / "0.xml"):
        assert formats.recognise(given) is Format.VOC
        stream = formats.read(given)
        assert stream.labels == ("person",)
        assert list(stream.pictures) == [
            AnnotatedPicture("2007_000027.jpg", 486, 500, (BoundingBox("person", 174, 101, 349, 351),), line=1)
        ]


def test_outlines_and_turned_boxes_have_a_box(tmp_path: Path) -> None:
    """Roboflow's polygons beside or without a box, and roLabelImg's turned ones, in radians."""
    corners = "<x1>10</x1><y1>20</y1><x2>30</x2><y2>25</y2><x3>12</x3><y3>60</y3>"
    turned = "<cx>100</cx><cy>100</cy><w>40</w><h>20</h><angle>1.5707963267948966</angle>"
    path = folder(
        tmp_path / "a",
        with_object(f"<name>p</name><polygon>{corners}</polygon>"),
        with_object(f"<name>r</name><robndbox>{turned}</robndbox>").replace("2007_000027", "b"),
        with_object("<name></name><bndbox/>").replace("2007_000027", "c"),
    )
    one, two, _three = formats.read(path).pictures
    assert edges(one)[1] == ("p", 10, 20, 30, 60)
    assert [round(each, 6) for each in edges(two)[1][1:]] == [90, 80, 110, 120]
    assert told(path)[2] == [
        "boxes of parts of objects (part), left out: 3; the objects are taken",
        "polygons, taken as their bounding boxes: 1",
        "files that are not called as the picture they name (filename), which is taken: 3; was either renamed?",
        "rotated boxes, taken as their bounding boxes: 1",
        "shapes without a label, left out: 1; give them a label, or delete them",
    ]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (EXAMPLE[:-20], "not valid XML"),
        (EXAMPLE.replace("174", "left"), "xmin is 'left', not a number"),
        (EXAMPLE.replace("<ymax>351</ymax>", ""), "ymax is '', not a number"),
        (EXAMPLE.replace("2007_000027.jpg", ""), "filename is missing"),
        (with_object("<name>a</name>"), "an object has no bndbox"),
        (f'<!DOCTYPE a [<!ENTITY a "{"x" * 9}">]>{EXAMPLE}', "it declares the entity a"),
        (f'<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]>{EXAMPLE}', "it declares the entity a"),
        ("<annotation>" + "<a>" * 100_000, "nested too deep"),
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, document: str, message: str) -> None:
    path = folder(tmp_path / "a", EXAMPLE, document)
    with pytest.raises(InputError, match=message) as caught:
        list(voc.read(path, labels=("person",)).pictures)
    assert str(caught.value).startswith(f"{path / '1.xml'}: ")


def test_what_is_written_is_what_labelimg_writes(tmp_path: Path) -> None:
    box = BoundingBox("a<b", 1, 2, 30.5, 40)
    pictures = [
        AnnotatedPicture("s3://b/x/日 1.jpg", 100, 80, (box,), line=1),
        AnnotatedPicture("s3://b/x/none.jpg", 50, 40, line=2),
        AnnotatedPicture("s3://b/x/日 1.jpg", 100, 80, (BoundingBox("c", 5, 5, 9, 9),), line=3),
    ]
    written = voc.write(tmp_path, AnnotationStream(("a<b", "c"), iter(pictures)))
    assert (written.pictures, written.boxes, written.merged) == (2, 2, 1)
    root = ElementTree.parse(tmp_path / "Annotations" / "日 1.xml").getroot()
    assert [root.findtext(name) for name in ("filename", "size/width", "size/height")] == ["日 1.jpg", "100", "80"]
    assert [
        [each.findtext("name"), *(each.findtext(f"bndbox/{side}") for side in ("xmin", "ymin", "xmax", "ymax"))]
        for each in root.iterfind("object")
    ] == [["a<b", "1", "2", "30.5", "40"], ["c", "5", "5", "9", "9"]]


def test_two_pictures_of_one_file_are_refused(tmp_path: Path) -> None:
    pictures = [AnnotatedPicture(f"cup.{suffix}", 9, 9, line=1) for suffix in ("jpg", "png")]
    with pytest.raises(InputError, match=r"would both have the file cup\.xml"):
        voc.write(tmp_path, AnnotationStream(("a",), iter(pictures)))
