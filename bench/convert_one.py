"""One conversion by one program, in a process of its own: `convert_one.py PROGRAM SOURCE TARGET [FORMAT]`.

Prints as JSON the seconds that the conversion took, those of them that were the processor's, and the peak of resident
memory in MB. Importing the program's libraries is not in the seconds, but is in the memory. Runs in the environment of
the program that it measures.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

CLASSES = ["usb-a", "usb-c", "lightning"]
LABEL_CONFIG = (
    '<View><Image name="image" value="$image"/><RectangleLabels name="label" toName="image">'
    + "".join(f'<Label value="{label}"/>' for label in CLASSES)
    + "</RectangleLabels></View>"
)

Conversion = Callable[[Path, Path], object]


def kit(to: str | None = None) -> Conversion:
    """Any leg; the format to write is that of the target's name unless one is named."""
    from kit.annotations.convert import convert
    from kit.annotations.formats.registry import Format

    chosen = None if to is None else Format(to)
    return lambda source, target: convert(source, target, to=chosen, labels=CLASSES)


def label_studio_sdk() -> Conversion:
    """Label Studio to COCO; the result is a folder. Without `upload_dir` it looks for one anew for each picture."""
    from label_studio_sdk.converter import Converter

    converter = Converter(LABEL_CONFIG, project_dir=None, upload_dir="uploads", download_resources=False)
    return lambda source, target: converter.convert(str(source), str(target), "COCO", is_dir=False)


def globox() -> Conversion:
    """COCO to COCO."""
    from globox import AnnotationSet

    return lambda source, target: AnnotationSet.from_coco(source).save_coco(target)


def globox_by_hand() -> Conversion:
    """Ground Truth to COCO: globox's boxes and writer, and a loop to read the manifest, which globox does not know."""
    from globox import Annotation, AnnotationSet, BoundingBox

    def picture(line: str) -> Annotation:
        name, size, boxes = ground_truth(line)
        return Annotation(
            name,
            size,
            [
                BoundingBox(label=CLASSES[class_id], xmin=left, ymin=top, xmax=left + width, ymax=top + height)
                for class_id, left, top, width, height in boxes
            ],
        )

    def converted(source: Path, target: Path) -> None:
        with source.open() as file:
            AnnotationSet(map(picture, file)).save_coco(target, auto_ids=True)

    return converted


def supervision() -> Conversion:
    """COCO to COCO. The sizes of the pictures are read from their files, in `images` beside the source."""
    from supervision import DetectionDataset

    def converted(source: Path, target: Path) -> None:
        images = source.parent / "images"
        DetectionDataset.from_coco(str(images), str(source)).as_coco(annotations_path=str(target))

    return converted


def supervision_by_hand() -> Conversion:
    """Ground Truth to COCO: supervision's boxes and writer, and a loop to read the manifest."""
    import numpy as np
    from supervision import DetectionDataset, Detections

    def converted(source: Path, target: Path) -> None:
        detections = {}
        with source.open() as file:
            for line in file:
                name, _, boxes = ground_truth(line)
                corners = [(left, top, left + width, top + height) for _, left, top, width, height in boxes]
                detections[str(source.parent / "images" / name)] = Detections(
                    xyxy=np.array(corners, np.float32), class_id=np.array([box[0] for box in boxes])
                )
        DetectionDataset(CLASSES, list(detections), detections).as_coco(annotations_path=str(target))

    return converted


def ground_truth(line: str) -> tuple[str, tuple[int, int], list[list[int]]]:
    """File name, size, and class, left, top, width and height of the boxes: the quickest way, nothing is checked."""
    record: dict[str, Any] = json.loads(line)
    answer = record["plugs"]
    size = answer["image_size"][0]
    boxes = [[box[key] for key in ("class_id", "left", "top", "width", "height")] for box in answer["annotations"]]
    return record["source-ref"].rpartition("/")[2], (size["width"], size["height"]), boxes


PROGRAMS: dict[str, Callable[..., Conversion]] = {
    program.__name__: program
    for program in (kit, label_studio_sdk, globox, globox_by_hand, supervision, supervision_by_hand)
}


def peak_mb() -> float:
    """As the kernel counts it for this program alone; `getrusage` begins with the peak of whoever started it."""
    (peak,) = re.findall(r"^VmHWM:\s+(\d+) kB$", Path("/proc/self/status").read_text(), re.MULTILINE)
    return int(peak) / 1024


def main() -> None:
    program, source, target, *to = sys.argv[1:]
    convert = PROGRAMS[program](*to)
    began, processor = time.perf_counter(), time.process_time()
    convert(Path(source), Path(target))
    seconds, processor = time.perf_counter() - began, time.process_time() - processor
    print(json.dumps({"seconds": seconds, "processor": processor, "peak_mb": peak_mb()}))


if __name__ == "__main__":
    main()
