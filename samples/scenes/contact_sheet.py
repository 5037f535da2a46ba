"""Draw pictures with their boxes on one sheet: `python -m samples.scenes.contact_sheet TRUTH PICTURES SHEET`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from PIL import Image, ImageDraw

_COLOURS = {1: "#e6194b", 2: "#3cb44b", 3: "#00b7eb"}


def contact_sheet(truth: Path, pictures: Path, columns: int = 7, width: int = 256) -> Image.Image:
    """Every picture of a COCO truth file, `width` pixels wide, its boxes in its classes' colours."""
    read = json.loads(truth.read_text())
    height = width * read["images"][0]["height"] // read["images"][0]["width"]
    sheet = Image.new("RGB", (columns * width, -(-len(read["images"]) // columns) * height))
    for place, image in enumerate(read["images"]):
        with Image.open(pictures / image["file_name"]) as opened:
            small = opened.resize((width, height), Image.Resampling.LANCZOS)
        scale, draw = width / image["width"], ImageDraw.Draw(small)
        for annotation in read["annotations"]:
            if annotation["image_id"] == image["id"]:
                x, y, w, h = (value * scale for value in annotation["bbox"])
                draw.rectangle((x, y, x + w, y + h), outline=_COLOURS[annotation["category_id"]], width=2)
        sheet.paste(small, (place % columns * width, place // columns * height))
    return sheet


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("truth", type=Path)
    parser.add_argument("pictures", type=Path)
    parser.add_argument("sheet", type=Path)
    options = parser.parse_args()
    contact_sheet(options.truth, options.pictures).save(options.sheet, quality=82)


if __name__ == "__main__":
    main()
