"""Which pictures there are, which plugs each shows, and how they are taken."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True)
class Picture:
    """`number` seeds everything random in the picture; no two pictures share one."""

    split: str
    number: int
    plugs: tuple[str, ...]

    @property
    def file_name(self) -> str:
        return f"plugs-{self.number:03}.jpg"


@dataclass(frozen=True)
class PictureSet:
    """Pictures taken in one way; what is given as several numbers is drawn among them for each picture.

    Attributes:
        folder: where the pictures go unless told.
        classes: the kinds of plugs, in the order of their COCO categories.
        counts: of each split, how many pictures have 0, 1, 2 … plugs.
        first: of each split, the number of its first picture.
        width: pixels, as `height` is.
        scale: pixels a centimetre of desk in the middle of a picture, from … to, when it shows one plug.
        crowding: pixels a centimetre less for each more plug.
        elevations: degrees that the camera stands above the desk, from … to.
        sheets: how many things lie flat.
        things: how many things stand on the desk.
        cord: centimetres of a cable, from … to.
        longer_side: pixels of a plug's box, from … to.
        shorter_side: pixels of a plug's box, from.
        metal: pixels of a plug's metal end that show, from.
        around: what counts as a whole plug, see `find_boxes`.
        samples: light paths a pixel.
    """

    folder: str
    classes: tuple[str, ...]
    counts: Mapping[str, tuple[int, ...]]
    first: Mapping[str, int]
    width: int
    height: int
    scale: tuple[float, float]
    crowding: float
    elevations: tuple[tuple[float, float], ...]
    sheets: tuple[int, ...]
    things: tuple[int, ...]
    cord: tuple[float, float]
    longer_side: tuple[float, float]
    shorter_side: int
    metal: int
    around: float | None
    samples: int

    def pictures(self, split: str) -> list[Picture]:
        """Every picture of "train" or "held_out"; plugs of the classes in equal numbers, give or take one."""
        rng = Random(f"plan of {split}")
        counts = [plugs for plugs, many in enumerate(self.counts[split]) for _ in range(many)]
        rng.shuffle(counts)
        deck = [self.classes[i % len(self.classes)] for i in range(sum(counts))]
        rng.shuffle(deck)
        made = []
        for offset, count in enumerate(counts):
            made.append(Picture(split, self.first[split] + offset, tuple(deck[:count])))
            deck = deck[count:]
        return made


SETS = {
    # The sample pictures: plugs from near.
    "near": PictureSet(
        folder="samples/plugs",
        classes=("usb-a", "usb-c", "lightning"),
        counts={"train": (2, 8, 9, 7, 5, 2, 2), "held_out": (5, 15, 16, 13, 9, 4, 3)},
        first={"train": 1, "held_out": 36},
        width=640,
        height=480,
        scale=(41, 54),
        crowding=3.0,
        elevations=((38, 60), (50, 75), (72, 89)),
        sheets=(0, 0, 1, 1, 2),
        things=(1, 2, 3, 3, 4, 5),
        cord=(26, 45),
        longer_side=(50, math.inf),
        shorter_side=14,
        metal=160,
        around=2.0,
        samples=10,
    ),
    # Half a desk, and plugs that are small in it.
    "far": PictureSet(
        folder="runs/far",
        classes=("usb-a", "usb-c"),
        counts=dict.fromkeys(("train", "held_out", "more"), (0, 4, 4, 4, 4, 4)),
        first={"train": 101, "held_out": 121, "more": 141},
        width=1500,
        height=1100,
        scale=(23, 29),
        crowding=0.0,
        elevations=((50, 70), (60, 80), (72, 89)),
        sheets=(2, 3, 3, 4),
        things=(10, 12, 14, 16, 18),
        cord=(60, 110),
        longer_side=(60, 120),
        shorter_side=12,
        metal=80,
        around=None,
        samples=1,  # the denoiser makes do with it
    ),
}
