"""The SageMaker model: a trained artifact with the image that serves it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from kit.aws_api import AwsApi, unless_missing
from kit.run.journal import Journal


@dataclass(frozen=True)
class Model:
    name: ClassVar[str] = "model"
    stands_on: ClassVar[tuple[str, ...]] = ()
    api: AwsApi

    def make(self, journal: Journal, model: str, artifact: str) -> None:
        """Of the artifact at this S3 URI."""
        journal.will_create(self.name, model)
        algorithm = self.api.algorithm
        container: dict[str, Any] = {"Image": algorithm.inference_image, "ModelDataUrl": artifact}
        if algorithm.inference_environment:
            container["Environment"] = dict(algorithm.inference_environment)
        isolation = {"EnableNetworkIsolation": True} if algorithm.isolated_inference else {}
        self.api.sagemaker.create_model(
            ModelName=model,
            ExecutionRoleArn=self.api.role_arn,
            PrimaryContainer=container,
            **isolation,
            **self.api.tagged,
        )

    def delete(self, model: str) -> None:
        unless_missing(self.api.sagemaker.delete_model, ModelName=model)

    def left(self, suffix: str) -> list[str]:
        return [model["ModelName"] for model in self.api.sagemaker.list_models(NameContains=suffix)["Models"]]
