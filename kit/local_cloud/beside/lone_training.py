"""One training on files of this disk, aside from any run's own: neither bucket nor records."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from kit import stopping
from kit.annotations.formats import jumpstart
from kit.annotations.model import AnnotatedPicture, AnnotationStream
from kit.annotations.picture_conversion import upright_bytes
from kit.aws_api import CLASS_NAMES
from kit.errors import ServiceError
from kit.language import _
from kit.local_cloud.account import HERE
from kit.local_cloud.algorithm import ALGORITHM
from kit.local_cloud.container_files import ContainerFiles
from kit.local_cloud.process import GuardedProcess, child_environment

_POLL_SECONDS = 0.2
_CHANNEL, _JOB = "training", "beside"
_REQUEST = {
    "AlgorithmSpecification": {"TrainingImage": ALGORITHM.training_image},
    "InputDataConfig": [{"ChannelName": _CHANNEL, "DataSource": {"S3DataSource": {}}}],
    "ResourceConfig": {},
}


class Example(NamedTuple):
    """A picture with its labels, and the file that it is in; the name in its `source` is no other's."""

    picture: AnnotatedPicture
    file: Path


def never() -> bool:
    return False


def train(
    examples: Sequence[Example],
    labels: Sequence[str],
    hyperparameters: Mapping[str, str],
    folder: Path,
    command: Sequence[str | os.PathLike[str]],
    *,
    ended: Callable[[], bool] = never,
) -> ContainerFiles:
    """Trains, and returns when the model is in `model/` of the files.

    Args:
        examples: pictures without a box are passed over.
        labels: the classes in class-id order.
        hyperparameters: as CreateTrainingJob has them, but for the classes.
        folder: for its data, its log and the model; it must not be there yet, and is the caller's to remove.
        command: the program that keeps SageMaker's training contract, with its arguments.
        ended: asked again and again whether nobody wants the model any more.

    Raises:
        ServiceError: it failed, with its reason; or nobody wanted it any more.
    """
    files = ContainerFiles(folder / "ml")
    files.prepare_training({**_REQUEST, "HyperParameters": {**hyperparameters, CLASS_NAMES: json.dumps(labels)}})
    _write_channel(files.channel(_CHANNEL), examples, labels)
    temporary = folder.absolute() / "tmp"
    temporary.mkdir()
    process = GuardedProcess(
        _("A training of the kit's own detector"),
        command,
        environment=child_environment(
            {
                "TRAINING_JOB_NAME": _JOB,
                "TRAINING_JOB_ARN": HERE.sagemaker_arn(f"training-job/{_JOB}"),
                "SAGEMAKER_BASE_DIR": os.fspath(files.base.resolve()),
                "TMPDIR": os.fspath(temporary),
            }
        ),
        log=folder / "training.log",
        directory=files.base,
    )
    try:
        status = _waited_for(process, ended)
    finally:
        process.stop()
    if status != 0:
        reason = files.failure() or process.log_tail()
        raise ServiceError(_("A training failed: {reason}").format(reason=reason or _("it was ended")))
    return files


def _waited_for(process: GuardedProcess, ended: Callable[[], bool]) -> int | None:
    """Its exit status; None when nobody waits for it any more."""
    while not (ended() or stopping.is_in_vain()):
        try:
            return process.wait(_POLL_SECONDS)
        except subprocess.TimeoutExpired:
            stopping.look()
    return None


def _write_channel(channel: Path, examples: Sequence[Example], labels: Sequence[str]) -> None:
    images = channel / jumpstart.IMAGES
    images.mkdir(parents=True)
    for picture, file in examples:
        if picture.boxes:
            (images / picture.file_name).write_bytes(upright_bytes(file))
    stream = AnnotationStream(tuple(labels), (example.picture for example in examples))
    jumpstart.write(channel / jumpstart.ANNOTATIONS, stream)
