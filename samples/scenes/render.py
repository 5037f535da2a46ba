"""Render the sample pictures and write their truth: `python -m samples.scenes.render --help`."""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from itertools import takewhile
from pathlib import Path
from random import Random
from typing import Any

import bpy
import numpy as np

from samples.scenes.boxes import Seen, find_boxes
from samples.scenes.develop import Light, develop
from samples.scenes.plan import SETS, Picture, PictureSet
from samples.scenes.scene import CrowdedError, build

ATTEMPTS = 500
ROOT = Path(__file__).parents[2]
Box = tuple[int, int, int, int]


def settle(wanted: PictureSet, samples: int, threads: int) -> None:
    """Set Cycles up for a CPU."""
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.render.resolution_x, scene.render.resolution_y = wanted.width, wanted.height
    scene.render.resolution_percentage = 100
    scene.render.threads_mode, scene.render.threads = "FIXED", threads
    scene.view_settings.view_transform, scene.display_settings.display_device = "Raw", "sRGB"
    cycles = scene.cycles
    cycles.device, cycles.samples, cycles.use_adaptive_sampling = "CPU", samples, True
    cycles.adaptive_threshold, cycles.use_denoising, cycles.denoiser = 0.03, True, "OPENIMAGEDENOISE"
    cycles.denoising_prefilter, cycles.denoising_quality = "FAST", "BALANCED"
    cycles.max_bounces, cycles.diffuse_bounces, cycles.glossy_bounces = 3, 2, 2
    cycles.transmission_bounces, cycles.caustics_reflective, cycles.caustics_refractive = 1, False, False
    cycles.sample_clamp_indirect = 6.0


def fit_to_label(seen: Seen, wanted: PictureSet) -> bool:
    """Whether a person would draw a box round the plug and know its class.

    Enough of it shows, its metal end above all, and its box is neither a speck nor a sliver; nor is it larger than
    the set wants it.
    """
    width, height = seen.bbox[2:]
    return (
        seen.shown >= 0.35
        and seen.metal_shown >= 0.55
        and seen.metal_pixels >= wanted.metal
        and wanted.longer_side[0] <= max(width, height) <= wanted.longer_side[1]
        and min(width, height) >= wanted.shorter_side
    )


def shoot() -> Light:
    """Render the scene; (height, width, 3) linear RGB."""
    scene = bpy.context.scene
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "light.exr"
        scene.render.image_settings.file_format, scene.render.image_settings.color_depth = "OPEN_EXR", "16"
        scene.render.filepath = str(path)
        bpy.ops.render.render(write_still=True)
        image = bpy.data.images.load(str(path))
        width, height = image.size
        values = np.empty(width * height * 4, np.float32)
        image.pixels.foreach_get(values)
    return values.reshape(height, width, 4)[::-1, :, :3]


def render(wanted: PictureSet, picture: Picture, folder: Path, samples: int, threads: int) -> list[Seen]:
    """Render one picture into `folder`; returns the boxes in the order of the picture's plugs.

    Arrangements are drawn until one shows every plug well enough to be labelled.
    """
    for attempt in range(ATTEMPTS):
        rng = Random(f"picture {picture.number}, attempt {attempt}")
        try:
            marked = build(wanted, picture.plugs, rng)
        except CrowdedError:
            continue
        settle(wanted, samples, threads)
        seen = list(takewhile(partial(fit_to_label, wanted=wanted), find_boxes(marked, wanted.around)))
        if len(seen) == len(marked):
            bpy.context.scene.cycles.seed = picture.number
            develop(shoot(), folder / picture.file_name, rng)
            return seen
    raise SystemExit(f"{picture.file_name}: no arrangement of {picture.plugs} showed them all in {ATTEMPTS} attempts")


def coco(wanted: PictureSet, done: Sequence[tuple[Picture, Sequence[Box]]]) -> dict[str, Any]:
    """COCO truth (cocodataset.org/#format-data): bbox is left, top, width, height in pixels; ids from 1."""
    boxes = [(picture, kind, box) for picture, found in done for kind, box in zip(picture.plugs, found, strict=True)]
    return {
        "info": {"description": "Rendered plugs of cables on desks", "version": "1.0"},
        "licenses": [{"id": 1, "name": "CC0-1.0", "url": "https://creativecommons.org/publicdomain/zero/1.0/"}],
        "images": [
            {"id": p.number, "file_name": p.file_name, "width": wanted.width, "height": wanted.height, "license": 1}
            for p, _ in done
        ],
        "annotations": [
            {
                "id": number,
                "image_id": picture.number,
                "category_id": wanted.classes.index(kind) + 1,
                "bbox": list(box),
                "area": box[2] * box[3],
                "iscrowd": 0,
            }
            for number, (picture, kind, box) in enumerate(boxes, start=1)
        ],
        "categories": [
            {"id": i, "name": name, "supercategory": "plug"} for i, name in enumerate(wanted.classes, start=1)
        ],
    }


def boxes_so_far(truth: Path, folder: Path) -> dict[int, list[Box]]:
    """The boxes of the pictures an earlier, perhaps interrupted, run left, by the pictures' numbers."""
    if not truth.exists():
        return {}
    read = json.loads(truth.read_text())
    found: dict[int, list[Box]] = {i["id"]: [] for i in read["images"] if (folder / i["file_name"]).exists()}
    for annotation in read["annotations"]:
        if annotation["image_id"] in found:
            left, top, width, height = annotation["bbox"]
            found[annotation["image_id"]].append((left, top, width, height))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--set", choices=SETS, default="near", help="which pictures; near unless told")
    parser.add_argument("--out", type=Path, help="a folder; the set's own unless told")
    parser.add_argument("--split", action="append", help="all of the set unless told; repeatable")
    parser.add_argument("--numbers", type=int, nargs="*", help="render these anew, not all that are missing")
    parser.add_argument("--samples", type=int, help="light paths a pixel; the set's own unless told")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    chosen = SETS[options.set]
    if unknown := set(options.split or ()) - chosen.counts.keys():
        parser.error(f"{options.set} has no {', '.join(sorted(unknown))}, but {', '.join(chosen.counts)}")
    out, samples = options.out or ROOT / chosen.folder, options.samples or chosen.samples
    for split in options.split or chosen.counts:
        folder, truth = out / split, out / f"{split}.coco.json"
        folder.mkdir(parents=True, exist_ok=True)
        found = boxes_so_far(truth, folder)
        for picture in chosen.pictures(split):
            missing = picture.number not in found if options.numbers is None else picture.number in options.numbers
            if not missing:
                continue
            started = time.monotonic()
            found[picture.number] = [seen.bbox for seen in render(chosen, picture, folder, samples, options.threads)]
            done = [(p, found[p.number]) for p in chosen.pictures(split) if p.number in found]
            truth.write_text(json.dumps(coco(chosen, done), indent=1) + "\n")
            print(f"{picture.file_name} {picture.plugs} {time.monotonic() - started:.1f} s", flush=True)


if __name__ == "__main__":
    main()
