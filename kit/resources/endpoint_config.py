"""The SageMaker endpoint configuration: one instance that serves one model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from kit.aws_api import AwsApi, unless_missing
from kit.run.journal import Journal


@dataclass(frozen=True)
class EndpointConfig:
    name: ClassVar[str] = "endpoint-config"
    stands_on: ClassVar[tuple[str, ...]] = ()
    api: AwsApi

    def make(self, journal: Journal, config: str, model: str) -> None:
        journal.will_create(self.name, config)
        variant = {
            "VariantName": "AllTraffic",
            "ModelName": model,
            "InitialInstanceCount": 1,
            "InstanceType": self.api.algorithm.endpoint_instance,
        }
        self.api.sagemaker.create_endpoint_config(
            EndpointConfigName=config, ProductionVariants=[variant], **self.api.tagged
        )

    def delete(self, config: str) -> None:
        unless_missing(self.api.sagemaker.delete_endpoint_config, EndpointConfigName=config)

    def left(self, suffix: str) -> list[str]:
        found = self.api.sagemaker.list_endpoint_configs(NameContains=suffix)["EndpointConfigs"]
        return [config["EndpointConfigName"] for config in found]
