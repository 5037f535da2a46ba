"""A kit that has ten of the samples to train on and twelve that are held out, for tests in which it does not matter.

`python few_samples.py FOLDER local` is `kit local` with the samples of `few_samples(FOLDER)`.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

from kit.run import picture_set

TRAIN, HELD_OUT = 10, 12


def few_samples(folder: Path, train: int = TRAIN, held_out: int = HELD_OUT) -> Path:
    """Fills a folder like `samples/plugs`, with that many pictures; one that is there is left as it is."""
    if folder.exists():
        return folder
    for part, count in (("train", train), ("held_out", held_out)):
        truth = json.loads((picture_set.SAMPLES / f"{part}.coco.json").read_text(encoding="utf-8"))
        truth["images"] = truth["images"][:count]
        kept = {image["id"] for image in truth["images"]}
        truth["annotations"] = [each for each in truth["annotations"] if each["image_id"] in kept]
        (folder / part).mkdir(parents=True)
        for image in truth["images"]:
            shutil.copy(picture_set.SAMPLES / part / image["file_name"], folder / part)
        (folder / f"{part}.coco.json").write_text(json.dumps(truth), encoding="utf-8")
    shutil.copy(picture_set.SAMPLES / "labels.txt", folder)
    return folder


if __name__ == "__main__":
    picture_set.SAMPLES = few_samples(Path(sys.argv.pop(1)))
    from kit.cli import main

    main()
