"""CVAT for images 1.1, with each shape that CVAT's documentation lists."""

from __future__ import annotations

from pathlib import Path

import pytest

from kit.annotations.formats import registry as formats
from kit.annotations.formats.registry import Format
from kit.errors import InputError
from tests.unit.annotations.test_cases import converted, edges, told

META = """<?xml version="1.0" encoding="utf-8"?>
<annotations><version>1.1</version><meta><task><id>4</id><labels>
<label><name>dog</name><color>#c06060</color><attributes></attributes></label><label><name>cat</name></label>
</labels></task></meta>
"""
SHAPES = """
<image id="0" name="a/x.jpg" width="100" height="80">
  <box label="cat" source="manual" occluded="0" xtl="10.5" ytl="20" xbr="30" ybr="40" z_order="0">
    <attribute name="color">red</attribute></box>
  <box label="cat" xtl="30" ytl="30" xbr="70" ybr="50" rotation="90.0"/>
  <polygon label="dog" points="10,10;30,12;20,40" z_order="0"/>
  <polyline label="dog" points="1,2;3,40"/>
  <ellipse label="dog" cx="50" cy="40" rx="10" ry="20" rotation="90"/>
  <mask label="dog" rle="3, 4, 5" left="5" top="6" width="4" height="3"/>
  <points label="cat" points="5,5;6,6"/>
  <tag label="cat"/>
  <box label="" xtl="1" ytl="1" xbr="3" ybr="4"/>
</image>
<image id="1" name="b.jpg" width="100" height="80"></image>
</annotations>
"""


def document(folder: Path, content: str) -> Path:
    path = folder / "annotations.xml"
    path.write_text(content, encoding="utf-8")
    return path


def test_every_shape_has_its_box_or_is_counted(tmp_path: Path) -> None:
    path = document(tmp_path, META + SHAPES)
    assert formats.recognise(path) is Format.CVAT
    stream = formats.read(tmp_path)  # the folder of an unpacked export
    assert stream.labels == ("dog", "cat")
    one, two = stream.pictures
    assert (one.source, one.width, one.height, one.line) == ("a/x.jpg", 100, 80, 6)
    assert two.boxes == ()
    assert [(label, *(round(each, 6) for each in box)) for label, *box in edges(one)] == [
        ("cat", 10.5, 20, 30, 40),
        ("cat", 40, 20, 60, 60),
        ("dog", 10, 10, 30, 40),
        ("dog", 1, 2, 3, 40),
        ("dog", 30, 30, 70, 50),
        ("dog", 5, 6, 9, 9),
    ]
    kinds = ("rotated boxes", "polygons", "polylines", "ellipses", "masks")
    remarks = [
        *(f"{kind}, taken as their bounding boxes: 1" for kind in kinds),
        "answers of the kind points, which have no box, left out: 1",
        "answers of the kind tag, which have no box, left out: 1",
        "shapes without a label, left out: 1; give them a label, or delete them",
    ]
    assert told(path)[::2] == ({"dog": 4, "cat": 2}, remarks)
    assert converted(path, tmp_path / "out.json") == ({"dog": 4, "cat": 2}, remarks)


def test_the_tracks_of_a_video_are_counted(tmp_path: Path) -> None:
    """CVAT for video, which people take for this."""
    box = '<box frame="0" xtl="1" ytl="1" xbr="3" ybr="4" outside="0"/>'
    path = document(tmp_path, META + f'<track id="0" label="cat">{box}{box}</track></annotations>')
    with pytest.raises(InputError, match="tracks of a video, which have no box, left out: 2"):
        converted(path, tmp_path / "out.json")
    assert told(path)[1] == ["no picture has a box to learn from"]


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        (META + SHAPES.replace('xtl="10.5"', 'xtl="left"'), ":6", "xtl is 'left', not a number"),
        (META + SHAPES.replace("30,12", "30;12"), ":6", "points is '10,10;30;12;20,40', not x,y;x,y"),
        (META + SHAPES.replace('name="a/x.jpg"', ""), ":6", "name is missing"),
        (META + SHAPES[:-20], "", "not valid XML"),
        (META.replace("<annotations>", '<!DOCTYPE a [<!ENTITY b "c">]><annotations>') + SHAPES, "", "the entity b"),
    ],
)
def test_what_is_broken_is_named(tmp_path: Path, content: str, line: str, message: str) -> None:
    path = document(tmp_path, content)
    with pytest.raises(InputError, match=message) as caught:
        list(formats.read(path, labels=("dog", "cat"), known=Format.CVAT).pictures)
    assert str(caught.value).startswith(f"{path}{line}: ")


def test_an_old_export_without_a_list_of_labels_names_those_used(tmp_path: Path) -> None:
    path = document(tmp_path, "<annotations>" + SHAPES)
    assert formats.read(path).labels == ("cat", "dog")
