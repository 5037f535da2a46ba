"""Hard negatives: what the detector takes for an object and is none."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import torch
from detector.anchors import generate_anchors, intersection_over_union
from detector.training.dataset import LabelledPicture, PictureCache
from detector.training.hard_negatives import MAX_PER_PICTURE, mine_hard_negatives
from torch import Tensor, nn

CPU = torch.device("cpu")


class FindsRed(nn.Module):
    """Takes an anchor for an object that is as red as its middle; boxes are the anchors."""

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        _, _, height, width = pictures.shape
        grid = generate_anchors(height, width)
        middles = ((grid[:, :2] + grid[:, 2:]) / 2).astype(int)
        x, y = np.clip(middles[:, 0], 0, width - 1), np.clip(middles[:, 1], 0, height - 1)
        red = pictures[0, 0, y, x] - pictures[0, 1, y, x]
        return 8 * red[None] - 8, torch.zeros(1, len(grid), 4)


def channel(folder: Path, *pictures: tuple[list[list[int]], list[list[int]]]) -> PictureCache:
    """Grey pictures of 640 x 480 with red things, each at `boxes` that are labelled and at others that are not."""
    made = []
    for number, (labelled, unlabelled) in enumerate(pictures):
        picture = np.full((480, 640, 3), 128, np.uint8)
        for left, top, right, bottom in labelled + unlabelled:
            picture[top:bottom, left:right] = (0, 0, 255)
        path = folder / f"{number}.png"
        cv2.imwrite(str(path), picture)
        boxes = np.array(labelled, np.float32).reshape(-1, 4)
        made.append(LabelledPicture(path, (640, 480), boxes, np.zeros(len(boxes), np.int64)))
    return PictureCache(made, 96)


def mined(cache: PictureCache, threads: int = 2) -> list[np.ndarray]:
    with ThreadPoolExecutor(threads) as pool:
        return mine_hard_negatives(FindsRed(), cache, 96, CPU, pool)  # type: ignore[arg-type]


PLUG, PENCIL = [80, 80, 180, 160], [400, 300, 500, 380]


def test_what_is_found_and_not_labelled_is_a_negative(tmp_path: Path) -> None:
    cache = channel(tmp_path, ([PLUG], [PENCIL]), ([PLUG], []), ([], [PENCIL]), ([], []))
    with_both, plug_alone, empty, blank = mined(cache)
    assert len(blank) == 0
    for number, found in ((0, with_both), (2, empty)):
        pixels = cache[number].pixels
        found = found * np.array([640 / pixels.shape[1], 480 / pixels.shape[0]] * 2, np.float32)
        middles = (found[:, :2] + found[:, 2:]) / 2
        near_pencil = (middles > (390, 290)) & (middles < (510, 390))
        assert near_pencil.all(1).any()
    for number, found in ((0, with_both), (1, plug_alone)):
        assert (intersection_over_union(found, cache[number].boxes) < 0.3).all()


def test_a_few_of_each_picture_the_likeliest(tmp_path: Path) -> None:
    things = [[x, y, x + 60, y + 50] for x in range(20, 600, 100) for y in range(20, 440, 100)]
    (found,) = mined(channel(tmp_path, ([], things)))
    assert len(found) == MAX_PER_PICTURE


def test_the_pools_threads_change_nothing(tmp_path: Path) -> None:
    cache = channel(tmp_path, ([PLUG], [PENCIL]), ([], [PENCIL, PLUG]))
    alone, side_by_side = mined(cache, threads=1), mined(cache, threads=2)
    assert [found.tolist() for found in alone] == [found.tolist() for found in side_by_side]
