"""Other programs read what the kit writes, and the kit what they write: counts and corners, number by number.

Programs that take seconds to load are imported in the tests: all workers collect all tests.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import globox
import pytest
from pycocotools.coco import COCO

from kit.annotations.convert import convert
from kit.annotations.formats import coco
from kit.annotations.formats import registry as formats
from kit.annotations.formats.registry import Format
from kit.annotations.model import AnnotatedPicture, AnnotationStream, BoundingBox
from tests.unit.annotations.pictures import picture_file

LABELS = ("cat", "dog")
# Label, left, top, right and bottom of the boxes of each picture.
Found = dict[str, list[tuple[str, float, float, float, float]]]
TRUTH: Found = {
    "a.jpg": [("cat", 10, 8, 30, 24), ("dog", 50.5, 40.25, 60, 50)],
    "b.jpg": [("dog", 0, 0, 64, 48)],
    "c.jpg": [],
}
SIZES = {"a.jpg": (100, 80), "b.jpg": (64, 48), "c.jpg": (32, 32)}
CONFIGURATION = (
    '<View><Image name="image" value="$image"/><RectangleLabels name="label" toName="image">'
    '<Label value="cat"/><Label value="dog"/></RectangleLabels></View>'
)
pytestmark = pytest.mark.filterwarnings("ignore")  # of these programs' own making


@pytest.fixture
def images(tmp_path: Path) -> Path:
    for name, size in SIZES.items():
        picture_file(tmp_path / "images" / name, *size)
    return tmp_path / "images"


@pytest.fixture
def ours(tmp_path: Path, images: Path) -> Path:
    """A folder with the data set in every format that the kit writes, under the formats' names."""
    pictures = (
        AnnotatedPicture(name, *SIZES[name], tuple(BoundingBox(*box) for box in boxes), line=line)
        for line, (name, boxes) in enumerate(TRUTH.items(), start=1)
    )
    coco.write(tmp_path / "coco.json", AnnotationStream(LABELS, pictures))
    folder = tmp_path / "ours"
    folder.mkdir()
    for to in (Format.COCO, Format.YOLO, Format.VOC, Format.LABEL_STUDIO):
        name = "coco.json" if to is Format.COCO else to.value
        convert(tmp_path / "coco.json", folder / name, to=to, images=images)
    return folder


def read_by_us(path: Path, **options: Any) -> Found:
    return {
        Path(picture.source).name: [(box.label, box.left, box.top, box.right, box.bottom) for box in picture.boxes]
        for picture in formats.read(path, **options).pictures
    }


def same(found: Found, truth: Found = TRUTH, within: float = 1e-5, *, without_empty: bool = False) -> None:
    """Asserts that both have the same boxes, in whatever order."""
    expected = {name: boxes for name, boxes in truth.items() if boxes or not without_empty}
    assert found.keys() == expected.keys()
    for name, boxes in expected.items():
        assert [box[0] for box in sorted(found[name])] == [box[0] for box in sorted(boxes)]
        for mine, theirs in zip(sorted(found[name]), sorted(boxes), strict=True):
            assert mine[1:] == pytest.approx(theirs[1:], abs=within)


def of_supervision(data: Any) -> Found:
    return {
        Path(path).name: [
            (data.classes[class_id], *map(float, box)) for box, class_id in zip(each.xyxy, each.class_id, strict=True)
        ]
        for path, each in data.annotations.items()
    }


def of_globox(data: Iterable[Any], names: dict[str, str] | None = None) -> Found:
    return {
        each.image_id: [
            ((names or {}).get(box.label, box.label), box.xmin, box.ymin, box.xmax, box.ymax) for box in each.boxes
        ]
        for each in data
    }


def moved(truth: Found, by: float) -> Found:
    """With left and top that much larger: between edges, and pixels that are counted from 1 with the last one in."""
    return {
        name: [(label, left + by, top + by, right, bottom) for label, left, top, right, bottom in boxes]
        for name, boxes in truth.items()
    }


def test_pycocotools_reads_our_coco(ours: Path) -> None:
    theirs = COCO(str(ours / "coco.json"))
    found: Found = {image["file_name"]: [] for image in theirs.imgs.values()}
    for each in theirs.anns.values():
        x, y, width, height = each["bbox"]
        label = theirs.cats[each["category_id"]]["name"]
        found[theirs.imgs[each["image_id"]]["file_name"]].append((label, x, y, x + width, y + height))
        assert each["area"] == pytest.approx(width * height)
    same(found)


def test_supervision_reads_ours(ours: Path, images: Path) -> None:
    from supervision import DetectionDataset

    same(of_supervision(DetectionDataset.from_coco(str(images), str(ours / "coco.json"))))
    yolo = ours / "yolo"
    same(of_supervision(DetectionDataset.from_yolo(str(images), str(yolo / "labels"), str(yolo / "data.yaml"))))
    # It takes Pascal VOC's numbers for pixels counted from 1.
    theirs = of_supervision(DetectionDataset.from_pascal_voc(str(images), str(ours / "voc" / "Annotations")))
    same(theirs, moved(TRUTH, -1))


def test_we_read_what_supervision_writes(ours: Path, images: Path, tmp_path: Path) -> None:
    from supervision import DetectionDataset

    data = DetectionDataset.from_coco(str(images), str(ours / "coco.json"))
    data.as_coco(annotations_path=str(tmp_path / "sv.json"))
    same(read_by_us(tmp_path / "sv.json"))
    yolo = tmp_path / "sv"
    data.as_yolo(annotations_directory_path=str(yolo / "labels"), data_yaml_path=str(yolo / "data.yaml"))
    same(read_by_us(yolo, images=images), within=1e-3)  # it writes five decimals
    data.as_pascal_voc(annotations_directory_path=str(tmp_path / "voc"))
    # Its Pascal VOC has whole pixels counted from 1: at most one and a half away.
    same(read_by_us(tmp_path / "voc"), moved(TRUTH, 1), within=0.51)


def test_globox_reads_ours(ours: Path, images: Path) -> None:
    same(of_globox(globox.AnnotationSet.from_coco(ours / "coco.json")))
    same(of_globox(globox.AnnotationSet.from_pascal_voc(ours / "voc" / "Annotations")))
    by_number = dict(enumerate(LABELS))
    theirs = globox.AnnotationSet.from_yolo_v5(ours / "yolo" / "labels", image_folder=images)
    same(of_globox(theirs, {str(number): label for number, label in by_number.items()}))


def test_we_read_what_globox_writes(ours: Path, images: Path, tmp_path: Path) -> None:
    data, ids = globox.AnnotationSet.from_coco(ours / "coco.json"), {label: n for n, label in enumerate(LABELS)}
    data.save_coco(tmp_path / "globox.json", auto_ids=True)
    same(read_by_us(tmp_path / "globox.json"))
    data.save_pascal_voc(tmp_path / "voc")
    same(read_by_us(tmp_path / "voc"))
    data.save_cvat(tmp_path / "cvat.xml")
    assert formats.recognise(tmp_path / "cvat.xml") is Format.CVAT
    same(read_by_us(tmp_path / "cvat.xml"))
    for name, save in (("v5", data.save_yolo_v5), ("v7", data.save_yolo_v7), ("darknet", data.save_yolo_darknet)):
        folder = tmp_path / name
        folder.mkdir()
        save(folder / "labels", label_to_id=ids)
        same(read_by_us(folder, images=images, labels=LABELS))


def test_label_studios_converter_reads_our_tasks_and_we_what_it_writes(
    ours: Path, images: Path, tmp_path: Path
) -> None:
    """Into COCO, YOLO, Pascal VOC and JSON-MIN. It may leave out pictures without a box, and adds to names."""
    from label_studio_sdk.converter import Converter

    tasks, converter = str(ours / "label-studio"), Converter(CONFIGURATION, str(tmp_path), download_resources=False)
    found = {}
    converter.convert_to_coco(tasks, str(tmp_path / "coco"), is_dir=False)
    found["coco"] = read_by_us(tmp_path / "coco" / "result.json")
    converter.convert_to_yolo(tasks, str(tmp_path / "yolo"), is_dir=False)
    found["yolo"] = read_by_us(tmp_path / "yolo", images=images)
    converter.convert_to_json_min(tasks, str(tmp_path / "min"), is_dir=False)
    found["min"] = read_by_us(tmp_path / "min" / "result.json")
    # As numbers of pixels without their fraction.
    converter.convert_to_voc(tasks, str(tmp_path / "voc"), output_image_dir=str(images), is_dir=False)
    found["voc"] = read_by_us(tmp_path / "voc" / "Annotations")
    for name, each in found.items():
        plain = {file.rpartition("__")[2]: boxes for file, boxes in each.items()}
        same(plain, without_empty="c.jpg" not in plain, within=1.01 if name in ("voc", "min") else 0.01)
