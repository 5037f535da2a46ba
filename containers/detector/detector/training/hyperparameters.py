"""The training job's hyperparameters, which SageMaker hands over as strings."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from detector.errors import InputError
from detector.sample import SIZE_DIVISOR


@dataclass(frozen=True)
class Hyperparameters:
    """JumpStart's hyperparameters of its object-detection models, and three of this project's own.

    Attributes:
        epochs: passes over the training pictures.
        adam_learning_rate: base learning rate of AdamW, from which `detector.training.fit` derives each network's.
        batch_size: pictures in an optimizer step.
        train_only_top_layer: freeze the backbones.
        image_size: the network's input is about this many pixels squared in training, and
            `detector.sample.serving_image_size` of it in serving.
        seed: the same pictures, hyperparameters, machine and seed give the same model.
        labels: the names of the classes 0, 1, …; empty when the caller has not said.
    """

    epochs: int = 5
    adam_learning_rate: float = 0.001
    batch_size: int = 2
    train_only_top_layer: bool = False
    image_size: int = 256
    seed: int = 0
    labels: tuple[str, ...] = ()

    def __str__(self) -> str:
        """The log line from which the values that are used are read, by their names in CreateTrainingJob; no labels."""
        return (
            f"epochs={self.epochs} adam-learning-rate={self.adam_learning_rate:g} batch-size={self.batch_size} "
            f"train-only-top-layer={self.train_only_top_layer} image-size={self.image_size} seed={self.seed}"
        )


def parse(values: Mapping[str, object]) -> Hyperparameters:
    """Hyperparameters from names and strings as SageMaker writes them; unknown names are ignored.

    Raises:
        InputError: a value is not of its kind or not in its range.
    """
    given = {name: str(value).strip().strip('"') for name, value in values.items() if name != "labels"}
    default = Hyperparameters()
    size = parse_integer(given, "image-size", default.image_size, 96, 1024)
    if size % SIZE_DIVISOR:
        raise InputError(f"hyperparameter image-size is {size}: give a multiple of {SIZE_DIVISOR}")
    return Hyperparameters(
        epochs=parse_integer(given, "epochs", default.epochs, 1, 1000),
        adam_learning_rate=parse_rate(given, "adam-learning-rate", default.adam_learning_rate),
        batch_size=parse_integer(given, "batch-size", default.batch_size, 1, 256),
        train_only_top_layer=parse_boolean(given, "train-only-top-layer", default.train_only_top_layer),
        image_size=size,
        seed=parse_integer(given, "seed", default.seed, 0, 2**31 - 1),
        labels=parse_labels(values.get("labels", "")),
    )


def read(path: Path) -> Hyperparameters:
    """Hyperparameters from `hyperparameters.json`; a missing file means none were given.

    Raises:
        InputError: the file is no JSON object, or a value in it is wrong.
    """
    try:
        document = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        document = {}
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is not valid JSON ({error}): SageMaker writes an object of strings there") from error
    if not isinstance(document, dict):
        raise InputError(f"{path} holds a {type(document).__name__}: SageMaker writes an object of strings there")
    return parse(document)


def parse_integer(given: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    text = given.get(name, str(default))
    # `int` alone takes digits of any script, and thousands of them only with an error of its own.
    if not re.fullmatch("[+-]?[0-9]{1,18}", text):
        raise InputError(f'hyperparameter {name} is "{text[:60]}": give a whole number, {least} to {most}')
    value = int(text)
    if not least <= value <= most:
        raise InputError(f"hyperparameter {name} is {value}: give a whole number, {least} to {most}")
    return value


def parse_rate(given: Mapping[str, str], name: str, default: float) -> float:
    text = given.get(name, str(default))
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value <= 1:
        raise InputError(f'hyperparameter {name} is "{text[:60]}": give a number above 0, at most 1')
    return value


def parse_boolean(given: Mapping[str, str], name: str, default: bool) -> bool:
    text = given.get(name, str(default))
    if text.lower() not in ("true", "false"):
        raise InputError(f'hyperparameter {name} is "{text[:60]}": give True or False')
    return text.lower() == "true"


def parse_labels(value: object) -> tuple[str, ...]:
    """Label names from a list, a JSON list in a string, or a string with commas."""
    if isinstance(value, str):
        if value.strip().startswith("["):
            try:
                value = json.loads(value)
            except ValueError as error:
                raise InputError(
                    f'hyperparameter labels is not a valid JSON list ({error}): give ["cat", "dog"]'
                ) from error
        else:
            value = [name.strip() for name in value.split(",")] if value.strip() else []
    if not isinstance(value, list) or not all(isinstance(name, str) and name.strip() for name in value):
        raise InputError(f"hyperparameter labels is {value!r}: give a JSON list of names")
    if len(set(value)) < len(value):
        raise InputError(f"hyperparameter labels names a class twice: {', '.join(value)}")
    return tuple(value)
