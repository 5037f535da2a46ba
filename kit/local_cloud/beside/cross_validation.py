"""What a model finds on labelled pictures that it has not learned from: trained in folds, each without some of them."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from kit.detection import request, response
from kit.detection.response import Detection
from kit.local_cloud.beside.lone_training import Example, never, train
from kit.local_cloud.container_files import ContainerFiles
from kit.local_cloud.hosting.invoke import EndpointInvoker
from kit.local_cloud.hosting.lone_endpoint import serving_files

# The detector answers with so many at most.
_N_PREDICTIONS = 100
_ENDPOINT = "beside"
# A training needs two pictures with a box.
FEWEST = 4

Command = Sequence[str | os.PathLike[str]]


def folds(names: Iterable[str], count: int, seed: int) -> list[frozenset[str]]:
    """The names in so many parts, none more than one larger than another, drawn by the seed."""
    shuffled = sorted(names)
    random.Random(seed).shuffle(shuffled)
    return [frozenset(shuffled[number::count]) for number in range(count)]


def out_of_fold(
    examples: Sequence[Example],
    labels: Sequence[str],
    hyperparameters: Mapping[str, str],
    folder: Path,
    commands: tuple[Command, Command],
    *,
    count: int,
    seed: int = 0,
    ended: Callable[[], bool] = never,
    advance: Callable[[int], object] = lambda _done: None,
) -> dict[str, tuple[Detection, ...]]:
    """Detections on each picture by a model that was trained on the others, the best score first, by file name.

    Args:
        examples: at least `FEWEST`, with boxes, and more than `count`.
        folder: for what is made meanwhile; removed at the end.
        commands: the programs that keep SageMaker's contracts of training and of inference.
        count: of the folds.
        advance: told how many of them are done.

    Otherwise as `train`.
    """
    found: dict[str, tuple[Detection, ...]] = {}
    training, serving = commands
    try:
        for number, fold in enumerate(folds((each.picture.file_name for each in examples), count, seed)):
            others = [each for each in examples if each.picture.file_name not in fold]
            own = folder / f"fold-{number}"
            files = train(others, labels, hyperparameters, own, training, ended=ended)
            asked = [each for each in examples if each.picture.file_name in fold]
            found.update(detections(files, asked, labels, serving))
            advance(number + 1)
    finally:
        if folder.exists():
            shutil.rmtree(folder)
    return found


def detections(
    files: ContainerFiles, pictures: Iterable[Example], labels: Sequence[str], command: Command
) -> dict[str, tuple[Detection, ...]]:
    """What the model in `model/` of these files finds, the best score first, by file name.

    Raises:
        KitError: it does not come up, or does not take a picture.
    """
    found = {}
    with serving_files(files, _ENDPOINT, command) as endpoint:
        invoker = EndpointInvoker(endpoint)
        for picture, file in pictures:
            answer = request.ask(invoker, _ENDPOINT, request.body_of(file), _N_PREDICTIONS)
            found[picture.file_name] = response.parse(answer, labels, picture.width, picture.height)
    return found
