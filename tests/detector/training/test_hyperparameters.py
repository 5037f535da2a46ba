"""Hyperparameters arrive as strings and are refused in one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
from detector.errors import InputError
from detector.training.hyperparameters import Hyperparameters, parse, read


def test_jumpstarts_names_and_strings() -> None:
    given = {"epochs": "30", "adam-learning-rate": "0.0005", "batch-size": "4", "train-only-top-layer": "True"}
    assert parse(given) == Hyperparameters(
        epochs=30, adam_learning_rate=0.0005, batch_size=4, train_only_top_layer=True
    )


def test_defaults_are_jumpstarts() -> None:
    settings = parse({})
    assert (settings.epochs, settings.adam_learning_rate, settings.batch_size) == (5, 0.001, 2)


def test_the_sdks_json_strings_and_own_entries_are_taken() -> None:
    given = {"epochs": '"3"', "sagemaker_submit_directory": '"s3://…"', "sagemaker_program": "transfer_learning.py"}
    assert parse(given).epochs == 3


@pytest.mark.parametrize("text", ['["usb-a", "ライトニング"]', "usb-a, ライトニング"])
def test_labels(text: str) -> None:
    assert parse({"labels": text}).labels == ("usb-a", "ライトニング")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("epochs", "0"),
        ("epochs", "1001"),
        ("epochs", "ten"),
        ("epochs", "2.5"),
        ("epochs", "9" * 5000),
        ("epochs", "٣"),
        ("batch-size", "-1"),
        ("adam-learning-rate", "0"),
        ("adam-learning-rate", "nan"),
        ("adam-learning-rate", "fast"),
        ("train-only-top-layer", "yes please"),
        ("image-size", "300"),  # not a multiple of 32
        ("image-size", "64"),
        ("seed", "-1"),
        ("labels", "[1, 2]"),
        ("labels", '["cat", "cat"]'),
        ("labels", '["cat"'),
    ],
)
def test_a_wrong_value_is_named_with_what_to_give(name: str, value: str) -> None:
    with pytest.raises(InputError, match=rf"^hyperparameter {name} .*"):
        parse({name: value})


def test_no_file_means_defaults(tmp_path: Path) -> None:
    assert read(tmp_path / "hyperparameters.json") == Hyperparameters()


@pytest.mark.parametrize("text", ['{"epochs": ', "[]"])
def test_a_broken_file_is_told(tmp_path: Path, text: str) -> None:
    path = tmp_path / "hyperparameters.json"
    path.write_text(text)
    with pytest.raises(InputError, match=r"hyperparameters.json .*SageMaker writes an object of strings there"):
        read(path)
