"""`make bench-convert`, with few pictures: the real programs, whose results agree, and tables that say all of it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
# Globox and supervision; without them the kit and label-studio-sdk are measured.
CONVERTERS = ROOT / ".venvs" / "converters"


def boxes(path: Path) -> dict[str, list[tuple[str, list[int]]]]:
    """Of a COCO file: class, and whole x, y, width and height, by file name."""
    document = json.loads(path.read_bytes())
    names = {category["id"]: category["name"] for category in document["categories"]}
    images = {image["id"]: image["file_name"].rpartition("/")[2] for image in document["images"]}
    found: dict[str, list[tuple[str, list[int]]]] = {name: [] for name in images.values()}
    for each in document["annotations"]:
        found[images[each["image_id"]]].append((names[each["category_id"]], [round(side) for side in each["bbox"]]))
    return found


def test_all_programs_convert_the_same_and_are_measured(tmp_path: Path) -> None:
    few = ["--sizes", "5", "20", "--rounds", "1", "--folder", str(tmp_path)]
    done = subprocess.run(
        [sys.executable, "bench/convert.py", *few], cwd=ROOT, capture_output=True, text=True, timeout=230, check=False
    )
    assert done.returncode == 0, done.stderr
    peers = ["export-label_studio_sdk.json/result.json"]
    if CONVERTERS.is_dir():
        peers += ["coco-globox.json", "coco-supervision.json"]
        peers += ["output-globox_by_hand.json", "output-supervision_by_hand.json"]
    results = [boxes(tmp_path / name) for name in ("export-kit.json", "output-kit.json", "coco-kit.json", *peers)]
    assert len(results[0]) == 20
    assert [result for result in results if result != results[0]] == []
    assert len((tmp_path / "export-kit.manifest").read_bytes().splitlines()) == 20
    assert len(json.loads((tmp_path / "output-kit" / "training" / "annotations.json").read_bytes())["images"]) == 20

    rates = re.findall(r"^\| .* → .* \| .+ \| (?:5|20) \| [\d,]+ \| \d+% \| \d+ \|$", done.stdout, re.MULTILINE)
    assert len(rates) == 2 * (11 + (8 if CONVERTERS.is_dir() else 2))
    assert len(re.findall(r"^\| .* \| \d+ \| \d+ \| -?\d+ \|$", done.stdout, re.MULTILINE)) == 11
