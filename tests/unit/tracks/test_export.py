"""`kit export`: what the folder holds, also of a model from before there were cards and names in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kit.errors import InputError
from kit.local_cloud.model_archive import pack
from kit.run.trained_model import model_of
from kit.tracks.export import export, with_scores
from tests.unit.runs import finished

CARD = """# Model card

## What it learned from

35 pictures.

## How well it does

`kit export` enters it here.

## Its limits

- Some.
"""


def run_with(folder: Path, **files: str) -> Path:
    """The folder of the runs with one whose model holds these files."""
    run = finished(folder, "r1")
    made = folder / "made"
    made.mkdir()
    for name, content in files.items():
        (made / name.replace("__", ".")).write_text(content, encoding="utf-8")
    run.results.mkdir()
    pack(made, run.model_artifact)
    return folder / "runs"


NETWORKS = {"detector__onnx": "one", "classifier__onnx": "two"}
OLD = {**NETWORKS, "model__json": json.dumps({"labels": ["0"], "image_size": 400})}


def test_a_model_of_an_older_kit_gets_the_names_of_its_run_a_card_and_the_licence(tmp_path: Path) -> None:
    out = tmp_path / "out"
    names = export(model_of(run_with(tmp_path, **OLD), "r1"), out, overwrite=False)
    assert sorted(path.name for path in out.iterdir()) == list(names)
    assert (out / "detector.onnx").read_text() == "one"
    assert json.loads((out / "model.json").read_text()) == {"labels": ["usb-a"], "image_size": 400}
    assert (out / "labels.txt").read_text() == "usb-a\n"
    assert "mAP@0.5 0.500, mAP@[.5:.95] 0.250" in (out / "MODEL_CARD.md").read_text()
    assert "Apache License" in (out / "LICENSE").read_text()
    assert "objectron" in (out / "ATTRIBUTION.md").read_text()


def test_a_models_own_card_is_kept_and_completed(tmp_path: Path) -> None:
    runs = run_with(tmp_path, **OLD, MODEL_CARD__md=CARD, LICENSE="its own", ATTRIBUTION__md="its own")
    export(model_of(runs, None), tmp_path / "out", overwrite=False)
    card = (tmp_path / "out" / "MODEL_CARD.md").read_text()
    assert [line for line in card.splitlines() if line.startswith("## ")] == [
        "## What it learned from",
        "## How well it does",
        "## Its limits",
    ]
    assert "35 pictures." in card
    assert "| usb-a | 160 | 0.500 | 0.250 |" in card
    assert "enters it here" not in card
    assert (tmp_path / "out" / "LICENSE").read_text() == "its own"


def test_nothing_is_replaced_without_a_word(tmp_path: Path) -> None:
    model, out = model_of(run_with(tmp_path, **OLD), "r1"), tmp_path / "out"
    out.mkdir()
    (out / "labels.txt").write_text("mine")
    with pytest.raises(InputError, match=r"labels.txt: is there already"):
        export(model, out, overwrite=False)
    assert [path.name for path in out.iterdir()] == ["labels.txt"]
    assert (out / "labels.txt").read_text() == "mine"
    export(model, out, overwrite=True)
    assert (out / "labels.txt").read_text() == "usb-a\n"


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"model-0000__params": "MXNet"}, "is not a model of the kit's own detector"),
        ({**NETWORKS, "model__json": "{"}, "model.json in it is damaged"),
        ({**NETWORKS, "model__json": "{}"}, "model.json in it is damaged"),
    ],
    ids=["JumpStart's", "no JSON", "no labels"],
)
def test_what_is_no_model_of_the_kits_is_refused(tmp_path: Path, files: dict[str, str], said: str) -> None:
    model = model_of(run_with(tmp_path, **files), "r1")
    with pytest.raises(InputError, match=said):
        export(model, tmp_path / "out", overwrite=False)
    assert not (tmp_path / "out").exists()


def test_a_card_says_so_when_there_was_nothing_to_score_on(tmp_path: Path) -> None:
    model = model_of(run_with(tmp_path, **OLD), "r1")
    unscored = model.__class__(**{**vars(model), "scores": model.scores.__class__(None, None)})
    assert "there were no labelled pictures to score it on" in with_scores(CARD, unscored)
