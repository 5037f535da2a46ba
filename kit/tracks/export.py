"""`kit export`: a run's model as a folder that works without the kit."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

from kit.errors import InputError
from kit.language import _
from kit.local_cloud.own_model import ATTRIBUTION, CARD, CLASSIFIER, DESCRIPTION, DETECTOR, LICENCE, unpack_own
from kit.repository import ROOT
from kit.run.trained_model import TrainedModel

LABELS, EXAMPLE, NEEDS = "labels.txt", "detect.py", "requirements.txt"
# What the example needs; any version of these three years will do.
_NEEDED = ("numpy", "onnxruntime", "opencv-python-headless")
_DETECTOR = ROOT / "containers" / "detector"
_PRETRAINED = _DETECTOR / "detector" / "pretrained"
_HOW_WELL = "## How well it does"


def export(model: TrainedModel, out: Path, *, overwrite: bool) -> tuple[str, ...]:
    """Writes the networks, the names of the classes, card, licence and an example program into a folder.

    Args:
        overwrite: whether files of these names that are there may be replaced.

    Returns:
        The names of the files.

    Raises:
        InputError: the model is not the kit's own, or something is in the way.
    """
    if out.exists() and not out.is_dir():
        raise InputError(_("{target}: is a file; name a folder").format(target=out))
    if not out.absolute().parent.is_dir():
        raise InputError(_("{target}: there is no folder {folder}").format(target=out, folder=out.parent))
    with tempfile.TemporaryDirectory(prefix=".kit-export-", dir=out.absolute().parent) as scratch:
        made = Path(scratch) / "made"
        _write(model, Path(scratch) / "model", made)
        names = tuple(sorted(path.name for path in made.iterdir()))
        taken = next((name for name in names if (out / name).exists()), None)
        if taken is not None and not overwrite:
            raise InputError(
                _("{target}: is there already; name another, or add --force to replace it").format(target=out / taken)
            )
        out.mkdir(exist_ok=True)
        for name in names:
            (made / name).replace(out / name)
    return names


def _write(model: TrainedModel, unpacked: Path, made: Path) -> None:
    unpack_own(model.artifact, unpacked)
    made.mkdir()
    for name in (DETECTOR, CLASSIFIER):
        shutil.copyfile(unpacked / name, made / name)
    description: dict[str, Any] = json.loads((unpacked / DESCRIPTION).read_text(encoding="utf-8"))
    # A model of an older kit calls its classes by their ids.
    described = {**description, "labels": list(model.labels)}
    (made / DESCRIPTION).write_text(json.dumps(described, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    (made / LABELS).write_text("".join(f"{label}\n" for label in model.labels), encoding="utf-8")
    for name in (LICENCE, ATTRIBUTION):
        shutil.copyfile(unpacked / name if (unpacked / name).is_file() else _PRETRAINED / name, made / name)
    card = unpacked / CARD
    text = card.read_text(encoding="utf-8") if card.is_file() else f"# Model card\n\n{_HOW_WELL}\n"
    (made / CARD).write_text(with_scores(text, model), encoding="utf-8")
    shutil.copyfile(_DETECTOR / "example" / EXAMPLE, made / EXAMPLE)
    (made / NEEDS).write_text("".join(f"{needed}\n" for needed in _NEEDED), encoding="utf-8")


def with_scores(card: str, model: TrainedModel) -> str:
    """The card with what its run knows of how well the model does, in English as the rest of it."""
    text = re.sub(rf"{_HOW_WELL}\n.*?(?=\n## |\Z)", lambda _found: f"{_HOW_WELL}\n\n{_told(model)}", card, flags=re.S)
    return text.rstrip() + "\n"


def _told(model: TrainedModel) -> str:
    scores = model.scores
    if scores.map50 is None or scores.map is None:
        return "Nobody knows: there were no labelled pictures to score it on.\n"
    rows = []
    for each in scores.classes:
        values = ["" if value is None else f"{value:.3f}" for value in (each.ap50, each.ap)]
        label = " ".join(each.label.split()).replace("|", "\\|")
        rows.append(f"| {label} | {each.boxes} | {' | '.join(values)} |")
    return "\n".join(
        [
            f"On {scores.pictures} pictures that it did not learn from, with {scores.boxes} boxes:",
            f"mAP@0.5 {scores.map50:.3f}, mAP@[.5:.95] {scores.map:.3f} (COCO's evaluation, by pycocotools).",
            "",
            "| class | boxes | AP@0.5 | AP@[.5:.95] |",
            "|---|---:|---:|---:|",
            *rows,
            "",
            f"The run drew detections from score {model.threshold:.2f} up.",
            "",
        ]
    )
