"""Fine-tuning with the kit's own detector: its images in the account's registry, in place of JumpStart's model."""

from __future__ import annotations

import base64
import dataclasses
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from kit.aws.answers import MemberMissingError
from kit.aws.jumpstart import JumpStartModel
from kit.aws.resources.image_repository import IMAGES, ImageRepository
from kit.aws.session import Aws
from kit.aws_api import Algorithm
from kit.errors import ServiceError
from kit.language import _
from kit.local_cloud.algorithm import ALGORITHM
from kit.local_cloud.docker.engine import Engine
from kit.run import names
from kit.run.journal import Journal
from kit.run.results import ImagesResult

_TAG = "1"
# Instance families with NVIDIA GPUs: g4dn, g5, p3 …
_GPU = re.compile(r"ml\.[gp]\d")


def model(train_instance: str, endpoint_instance: str, *, spot: bool) -> JumpStartModel:
    """The detector in the place of a model of JumpStart's; its images have the names they have on this machine."""
    algorithm = dataclasses.replace(
        ALGORITHM, training_instance=train_instance, endpoint_instance=endpoint_instance, spot=spot
    )
    return JumpStartModel(_("the kit's own detector"), _TAG, algorithm, (train_instance,), (endpoint_instance,), ())


def in_registry(aws: Aws, algorithm: Algorithm, suffix: str) -> Algorithm:
    """The algorithm with the addresses that its images have once they are pushed."""
    training, inference = (f"{_registry(aws)}/{names.image_repository(suffix, name)}:{_TAG}" for name in IMAGES)
    return dataclasses.replace(algorithm, training_image=training, inference_image=inference)


def wants_cuda(train_instance: str) -> bool:
    return _GPU.match(train_instance) is not None


def publish(
    aws: Aws, journal: Journal, push: Callable[[str, str, str, Mapping[str, str]], None], say: Callable[[str], None]
) -> ImagesResult:
    """Pushes the images, which have to be built, to repositories of this run.

    Args:
        push: see `push_with`.

    Returns:
        The images' addresses.

    Raises:
        ClientError: the registry refuses.
        ServiceError: an image could not be pushed.
    """
    ecr = aws.client("ecr")
    pushed: dict[str, str] = {}
    for name in IMAGES:
        repository = names.image_repository(journal.run_id, name)
        ImageRepository(aws).make(journal, repository)
        granted = ecr.get_authorization_token()["authorizationData"]
        if not granted:
            raise MemberMissingError("GetAuthorizationToken", "authorizationData")
        token = granted[0]["authorizationToken"]
        user, password = base64.b64decode(token).decode().split(":", 1)
        address = f"{_registry(aws)}/{repository}"
        say(_("  {name} image").format(name=name))
        push(name, address, _TAG, {"username": user, "password": password})
        pushed[name] = f"{address}:{_TAG}"
    return ImagesResult(**pushed)


def push_with(engine: Engine, local_name: Callable[[str], str]) -> Callable[[str, str, str, Mapping[str, str]], None]:
    """A function that pushes an image of this machine's engine: (name, repository's address, tag, sign-in)."""

    def push(name: str, address: str, tag: str, sign_in: Mapping[str, str]) -> None:
        engine.client.images.get(local_name(name)).tag(address, tag)
        try:
            answers: Iterator[dict[str, Any]] = engine.client.images.push(
                address, tag, auth_config=dict(sign_in), stream=True, decode=True
            )
            for answer in answers:
                if "error" in answer:
                    raise ServiceError(
                        _("Image {address}:{tag} could not be pushed: {error}; try again.").format(
                            address=address, tag=tag, error=answer["error"]
                        )
                    )
        finally:
            engine.client.images.remove(f"{address}:{tag}", noprune=True)

    return push


def _registry(aws: Aws) -> str:
    return f"{aws.account}.dkr.ecr.{aws.region}.amazonaws.com"
