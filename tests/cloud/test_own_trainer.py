"""TRAINER=own: the kit's images in the account's registry; tests/containers/test_push.py pushes one to a real one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from kit.aws import own_trainer
from kit.aws.resources.image_repository import ImageRepository
from kit.aws.session import open_account
from kit.errors import ServiceError
from kit.local_cloud.service_model import validate_request
from kit.run.journal import Journal
from kit.stages import training
from kit.tracks.rehearsal import environment_for
from tests.cloud.conftest import Double
from tests.unit.stages.contexts import context_in


def test_images_go_to_repositories_of_the_run_and_go_with_it(
    tmp_path: Path, double: Double, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment_for(double.url).items():
        monkeypatch.setenv(name, value)
    aws = open_account(None)
    journal = Journal(tmp_path / "journal.json", "20261122-120000-cloud-ab12", "cloud", {})
    pushed: list[tuple[str, str]] = []

    def push(name: str, address: str, tag: str, sign_in: Mapping[str, str]) -> None:
        assert sign_in["username"] == "AWS"
        pushed.append((name, f"{address}:{tag}"))
        if len(pushed) == 2:
            raise ServiceError("The registry is away.")

    with pytest.raises(ServiceError):
        own_trainer.publish(aws, journal, push, lambda _: None)
    assert len(ImageRepository(aws).left(journal.run_id)) == 2
    own_trainer.publish(aws, journal, push, lambda _: None)
    algorithm = own_trainer.in_registry(
        aws, own_trainer.model("ml.g4dn.xlarge", "ml.m5.large", spot=True).algorithm, journal.run_id
    )
    assert pushed[2:] == [("training", algorithm.training_image), ("inference", algorithm.inference_image)]
    for resource in journal.existing():
        ImageRepository(aws).delete(resource.name)
        ImageRepository(aws).delete(resource.name)
    assert ImageRepository(aws).left(journal.run_id) == []


def test_its_training_request_fits_the_service_model_with_every_hyperparameter(tmp_path: Path) -> None:
    context = context_in(tmp_path, image_size=320, seed=3)
    algorithm = own_trainer.model("ml.g4dn.xlarge", "ml.m5.large", spot=True).algorithm
    object.__setattr__(context.api, "algorithm", algorithm)
    request = training.request(context, "plugs-1")
    validate_request("sagemaker", "CreateTrainingJob", request)
    sent = {"epochs": "30", "seed": "3", "image-size": "320", "labels": '["a", "b"]'}
    assert request["HyperParameters"] == sent
    assert request["EnableManagedSpotTraining"]
    assert request["StoppingCondition"]["MaxWaitTimeInSeconds"] >= request["StoppingCondition"]["MaxRuntimeInSeconds"]


@pytest.mark.parametrize(
    ("instance", "cuda"),
    [("ml.g4dn.xlarge", True), ("ml.p3.2xlarge", True), ("ml.g5.xlarge", True), ("ml.m5.large", False)],
)
def test_gpu_instances_get_the_cuda_build(instance: str, cuda: bool) -> None:
    assert own_trainer.wants_cuda(instance) == cuda
