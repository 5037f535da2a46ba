"""The card of a trained model, and its licence: what whoever gets `model.tar.gz` has to know of it.

After "Model Cards for Model Reporting" (Mitchell et al., arXiv:1810.03993). No times and no names of machines: the same
training gives the same bytes.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import numpy as np

from detector.serving.inference import (
    CLASSIFIER_FILE,
    DESCRIPTION_FILE,
    DETECTOR_FILE,
    MAX_DETECTIONS,
    MIN_SCORE,
    Description,
)
from detector.training.dataset import LabelledPicture
from detector.training.hyperparameters import Hyperparameters

CARD_FILE = "MODEL_CARD.md"
LICENCE_FILES = ("LICENSE", "ATTRIBUTION.md")

TEXT = """\
# Model card

An object detector, fine-tuned on somebody's pictures. It takes a photograph and gives boxes, each with a class and a
score in 0..1, at most {most} a picture.

| file | |
|---|---|
| `{detector}` | proposes boxes: an SSD on MobileNetV2 that knows no classes |
| `{classifier}` | names each proposal and places its box: a classifier on EfficientNet-Lite0 |
| `{description}` | the names of the classes, in the order of their ids, and the size of the input |

## What it learned from

{pictures} pictures with {boxes} boxes{held_out}. An object's side was {small:.0%} to {large:.0%} of the picture's
(a tenth of the objects was smaller, a tenth larger).

| id | class | pictures | boxes |
|---:|---|---:|---:|
{classes}

Hyperparameters: {hyperparameters}. Trained on: {device}.

It started from weights that others had trained on photographs of everyday things (`ATTRIBUTION.md`).

## How well it does

The training itself has no score. It is taken on pictures that were not trained on: the run's report has it, and
`kit export` enters it here.

## Its limits

- It knows the classes above and nothing else: what looks like one of them may be called one.
- It was made for pictures like those it learned from. Other cameras, light, backgrounds or sizes of objects: try first.
- A class with few boxes above is known less well than the others.
- A score tells which detections to trust more than others. It is no probability; below {least} nothing is reported.
  What is good enough depends on what an error costs: choose the threshold on pictures of your own.
- It is not made for decisions on people, nor where an error can hurt somebody.

## Licence

Apache-2.0 for the networks and the weights that they started from (`LICENSE`, `ATTRIBUTION.md`). The pictures that it
learned from have a licence of their own.
"""


def write(
    folder: Path,
    description: Description,
    settings: Hyperparameters,
    pictures: list[LabelledPicture],
    *,
    held_out: int,
) -> None:
    """Write the card, and beside it the licence of the weights that the training started from.

    Args:
        pictures: those trained on.
        held_out: how many others chose the best epoch.
    """
    low, high = np.percentile([side for item in pictures for side in sides(item)], (10, 90))
    text = TEXT.format(
        most=MAX_DETECTIONS,
        least=MIN_SCORE,
        detector=DETECTOR_FILE,
        classifier=CLASSIFIER_FILE,
        description=DESCRIPTION_FILE,
        pictures=len(pictures),
        boxes=sum(len(item.boxes) for item in pictures),
        held_out=f"; {held_out} more pictures chose the best epoch" if held_out else "",
        small=low,
        large=high,
        classes="\n".join(class_rows(description.labels, pictures)),
        hyperparameters=", ".join(
            [
                f"epochs {settings.epochs}",
                f"adam-learning-rate {settings.adam_learning_rate:g}",
                f"batch-size {settings.batch_size}",
                f"image-size {settings.image_size}",
                f"train-only-top-layer {settings.train_only_top_layer}",
                f"seed {settings.seed}",
            ]
        ),
        device=description.device,
    )
    (folder / CARD_FILE).write_text(text, "utf-8")
    for name in LICENCE_FILES:
        (folder / name).write_bytes((resources.files("detector") / "pretrained" / name).read_bytes())


def class_rows(labels: tuple[str, ...], pictures: list[LabelledPicture]) -> list[str]:
    rows = []
    for number, label in enumerate(labels):
        counts = [int((item.classes == number).sum()) for item in pictures]
        cell = " ".join(label.split()).replace("|", "\\|")
        rows.append(f"| {number} | {cell} | {sum(count > 0 for count in counts)} | {sum(counts)} |")
    return rows


def sides(item: LabelledPicture) -> list[float]:
    """The sides of the objects over the picture's: square roots of the areas."""
    width, height = item.size
    areas = (item.boxes[:, 2] - item.boxes[:, 0]) * (item.boxes[:, 3] - item.boxes[:, 1])
    found: list[float] = np.sqrt(areas / (width * height)).tolist()
    return found
