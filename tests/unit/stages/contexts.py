"""Contexts for tests of what needs no cloud: whatever touches one fails."""

from pathlib import Path
from typing import Any

from kit.aws.ground_truth import labelling_functions
from kit.aws_api import Algorithm, AwsApi
from kit.console import Console
from kit.run.context import Context
from kit.run.folder import RunFolder
from kit.run.journal import Journal
from kit.run.picture_set import PictureSet
from kit.settings import Settings


def context_in(
    folder: Path, *, region: str = "us-east-1", pictures: PictureSet | None = None, **settings: Any
) -> Context:
    run = RunFolder(folder / "20261122-120000-local")
    run.results.mkdir(parents=True, exist_ok=True)
    nothing: Any = None
    api = AwsApi(
        s3=nothing,
        sagemaker=nothing,
        sagemaker_runtime=nothing,
        logs=nothing,
        durability=nothing,
        algorithm=Algorithm(
            training_image="training:1",
            inference_image="inference:1",
            training_instance="ml.g4dn.xlarge",
            endpoint_instance="ml.m5.large",
            hyperparameters={},
            metric_definitions=(),
            tunable=frozenset({"epochs", "seed"}),
        ),
        region=region,
        account="000000000000",
        role_arn="arn:aws:iam::000000000000:role/workshop",
        labelling_functions=labelling_functions(region),
        workteam_arn=f"arn:aws:sagemaker:{region}:000000000000:workteam/private-crowd/workshop",
        portal=lambda _: None,
        poll_seconds=0.0,
    )
    journal = Journal(run.journal, run.run_id, "local", {})
    return Context(Settings(**settings), pictures or PictureSet((), ("a", "b")), api, run, journal, Console())
