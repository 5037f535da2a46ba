"""The training channel in JumpStart's format, `annotations.json` and `images/`: reading, splitting, caching it."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from threading import Lock

import cv2
import numpy as np
from numpy.typing import NDArray

from detector import picture
from detector.anchors import Boxes
from detector.errors import InputError
from detector.sample import Sample

MIN_PICTURES = 2
# Where names are not given the classes go by their numbers, so that the highest one says how many there are.
MAX_CLASSES = 10_000
# The part of the pictures held out for validation, where there are enough of them: of fewer each one counts.
VALIDATION_FRACTION, MIN_PICTURES_TO_VALIDATE = 0.1, 50
# Pictures stay decoded up to this much memory, with this many times the input's pixels for augmentation to zoom in.
CACHED_OVER_INPUT_PIXELS = 6.25
CACHE_BYTES = 2 << 30
# Where the median object is smaller than this, side over the picture's side, pictures are enlarged, up to a limit
# because the time to serve grows with the square.
USUAL_OBJECT_SIDE, MAX_SCALE = 0.12, 2.0


@dataclass(frozen=True)
class LabelledPicture:
    """One picture of the channel with its ground truth.

    Attributes:
        path: the file.
        size: width and height as the annotations say, of the upright picture.
        boxes: (n, 4), left, top, right, bottom in pixels of that size; (0, 4) for a picture of background alone.
        classes: (n,) integers from 0.
    """

    path: Path
    size: tuple[int, int]
    boxes: Boxes
    classes: NDArray[np.int64]


def read_channel(folder: Path) -> list[LabelledPicture]:
    """The pictures of a training channel, in the order of `annotations.json`.

    `bbox` is [xmin, ymin, xmax, ymax] in pixels, `category_id` an integer from 0 (JumpStart's object-detection input;
    it looks like COCO and is not).

    Raises:
        InputError: no file, no JSON, a wrong or missing value, a box outside its picture, a missing picture, or fewer
            than `MIN_PICTURES` pictures with boxes.
    """
    path = folder / "annotations.json"
    try:
        document = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path} is missing: the training channel must hold annotations.json and images/") from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is not valid JSON ({error})") from error
    try:
        images = {image["id"]: image for image in document["images"]}
        annotations = document["annotations"]
        boxes_of: dict[object, list[list[float]]] = {identifier: [] for identifier in images}
        classes_of: dict[object, list[int]] = {identifier: [] for identifier in images}
        for number, annotation in enumerate(annotations):
            image = images.get(annotation["image_id"])
            if image is None:
                raise InputError(
                    f"{path}: annotations[{number}] is of image {annotation['image_id']!r}, which is not listed"
                )
            boxes_of[image["id"]].append(parse_box(annotation["bbox"], image, f"{path}: annotations[{number}]"))
            classes_of[image["id"]].append(parse_category(annotation["category_id"], f"{path}: annotations[{number}]"))
        pictures = [
            LabelledPicture(
                picture_path(folder / "images", image["file_name"]),
                (int(image["width"]), int(image["height"])),
                np.array(boxes_of[identifier], np.float32).reshape(-1, 4),
                np.array(classes_of[identifier], np.int64),
            )
            for identifier, image in images.items()
        ]
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError) as error:
        raise InputError(f"{path} is not in JumpStart's format: {type(error).__name__} {error}") from error
    with_boxes = sum(len(item.boxes) > 0 for item in pictures)
    if with_boxes < MIN_PICTURES:
        raise InputError(f"{path} has {with_boxes} pictures with boxes: training needs at least {MIN_PICTURES}")
    return pictures


def parse_box(box: object, image: dict[str, object], where: str) -> list[float]:
    """`bbox` as left, top, right, bottom in pixels; InputError where it is none, empty or outside its image."""
    width, height = float(str(image["width"])), float(str(image["height"]))
    if not isinstance(box, list) or len(box) != 4 or not all(isinstance(n, int | float) for n in box):
        raise InputError(f"{where}: bbox is {box!r}: four numbers xmin, ymin, xmax, ymax are wanted")
    left, top, right, bottom = box
    if not (0 <= left < right <= width and 0 <= top < bottom <= height):
        raise InputError(
            f"{where}: bbox {box} is empty or not inside its picture of {width:g} x {height:g}: "
            "xmin, ymin, xmax, ymax in pixels are wanted"
        )
    return [float(number) for number in box]


def parse_category(category: object, where: str) -> int:
    """`category_id` as a class from 0, below `MAX_CLASSES`; InputError where it is none."""
    if isinstance(category, bool) or not isinstance(category, int) or not 0 <= category < MAX_CLASSES:
        raise InputError(
            f"{where}: category_id is {category!r:.60}: a whole number from 0, below {MAX_CLASSES:,}, is wanted"
        )
    return category


def picture_path(folder: Path, name: str) -> Path:
    """The file `name` below the folder; InputError where it is missing or elsewhere."""
    pure = PurePosixPath(name)
    if pure.is_absolute() or ".." in pure.parts:
        raise InputError(f"annotations.json names the file {name!r}, which is outside of images/")
    path = folder / pure
    try:
        missing = not path.is_file()
    except OSError as error:
        raise InputError(f"annotations.json names a file that cannot be ({error.strerror}): {name:.60}…") from error
    if missing:
        raise InputError(f"{path} is missing: annotations.json lists it")
    return path


def train_validation_split(
    pictures: list[LabelledPicture], seed: int
) -> tuple[list[LabelledPicture], list[LabelledPicture]]:
    """The training pictures and those held out for validation, all of which have boxes: the same ones for a seed."""
    with_boxes = [index for index, item in enumerate(pictures) if len(item.boxes)]
    if len(with_boxes) < MIN_PICTURES_TO_VALIDATE:
        return pictures, []
    order = np.random.default_rng(seed).permutation(with_boxes)
    held_out = set(order[: max(2, round(VALIDATION_FRACTION * len(with_boxes)))].tolist())
    return (
        [item for index, item in enumerate(pictures) if index not in held_out],
        [item for index, item in enumerate(pictures) if index in held_out],
    )


def picture_scale(pictures: list[LabelledPicture]) -> float:
    """The factor, 1 to `MAX_SCALE`, by which pictures with objects this small are enlarged."""
    sides = [
        math.sqrt((box[2] - box[0]) * (box[3] - box[1]) / (item.size[0] * item.size[1]))
        for item in pictures
        for box in item.boxes
    ]
    return min(max(USUAL_OBJECT_SIDE / float(np.median(sides)), 1.0), MAX_SCALE)


class PictureCache:
    """Decoded pictures, each decoded once as long as memory allows. Safe to use from several threads.

    Args:
        image_size: the network's input is about this many pixels squared.
        scale: how many times larger than that input pictures are, before training crops inputs out of them.
    """

    def __init__(self, pictures: list[LabelledPicture], image_size: int, scale: float = 1.0) -> None:
        self.pictures = pictures
        self.scale = scale
        self._pixels = round(CACHED_OVER_INPUT_PIXELS * (scale * image_size) ** 2)
        self._samples: dict[int, Sample] = {}
        self._bytes = 0
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, index: int) -> Sample:
        """The picture, reduced to the size that training needs, with its boxes.

        Raises:
            InputError: the file is no picture, or not of the size that the annotations say.
        """
        if index in self._samples:
            return self._samples[index]
        sample = self._read(self.pictures[index])
        with self._lock:
            if index not in self._samples and self._bytes + sample.pixels.nbytes <= CACHE_BYTES:
                self._samples[index] = sample
                self._bytes += sample.pixels.nbytes
        return sample

    def _read(self, item: LabelledPicture) -> Sample:
        data = item.path.read_bytes()
        try:
            stored = picture.stored_size(data)
            pixels = picture.decode(data, self._pixels)
        except InputError as error:
            raise InputError(f"{item.path}: {error}") from error
        width, height = item.size
        upright = stored if (pixels.shape[1] >= pixels.shape[0]) == (stored[0] >= stored[1]) else stored[::-1]
        if upright != item.size:
            raise InputError(
                f"{item.path} is {upright[0]} x {upright[1]} pixels, annotations.json says {width} x {height}"
            )
        surplus = (pixels.shape[0] * pixels.shape[1] / self._pixels) ** 0.5
        if surplus > 1:
            size = round(pixels.shape[1] / surplus), round(pixels.shape[0] / surplus)
            pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
        factor = np.array([pixels.shape[1] / width, pixels.shape[0] / height] * 2, np.float32)
        return Sample(pixels, item.boxes * factor, item.classes)
