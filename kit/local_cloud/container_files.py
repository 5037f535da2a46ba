"""The files that SageMaker gives to a container and takes from it, under a folder that stands for /opt/ml.

Contract: "How Amazon SageMaker AI Provides Training Information" and "… Processes Training Output" of the SageMaker
Developer Guide. A process of this machine learns the folder from the variable SAGEMAKER_BASE_DIR.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_HOST = "algo-1"
_FAILURE_LIMIT_BYTES = 4096
_DEFINITION = "container.json"


@dataclass(frozen=True)
class ContainerDefinition:
    """The container that a request asks for, written to a file for the program that starts it."""

    image: str
    environment: Mapping[str, str]


@dataclass(frozen=True)
class ContainerFiles:
    """Paths below `base`, the process's /opt/ml."""

    base: Path

    @property
    def model(self) -> Path:
        return self.base / "model"

    def channel(self, name: str) -> Path:
        return self.base / "input" / "data" / name

    def define_container(self, definition: ContainerDefinition) -> None:
        """Keeps what is no part of /opt/ml but has to reach a program that starts a container on these files."""
        members = {"Image": definition.image, "Environment": dict(definition.environment)}
        (self.base / _DEFINITION).write_text(json.dumps(members), encoding="utf-8")

    def container_definition(self) -> ContainerDefinition:
        """The definition that `define_container` wrote."""
        members = json.loads((self.base / _DEFINITION).read_text(encoding="utf-8"))
        return ContainerDefinition(members["Image"], members["Environment"])

    def prepare_training(self, request: Mapping[str, Any]) -> None:
        """Makes the folders, writes `input/config` and defines the container for a CreateTrainingJob request."""
        config = self.base / "input" / "config"
        for folder in (config, self.base / "output" / "data", self.model):
            folder.mkdir(parents=True)
        algorithm = request["AlgorithmSpecification"]
        self.define_container(ContainerDefinition(algorithm.get("TrainingImage", ""), request.get("Environment", {})))
        instance_type = request["ResourceConfig"].get("InstanceType")
        group = {"instance_group_name": "homogeneousCluster", "instance_type": instance_type, "hosts": [_HOST]}
        documents = {
            "hyperparameters": request.get("HyperParameters", {}),
            "inputdataconfig": {
                channel["ChannelName"]: _channel_config(channel) for channel in request.get("InputDataConfig", [])
            },
            "resourceconfig": {
                "current_host": _HOST,
                "current_instance_type": instance_type,
                "current_group_name": group["instance_group_name"],
                "hosts": [_HOST],
                "instance_groups": [group],
                "network_interface_name": "lo",
            },
        }
        for name, document in documents.items():
            (config / f"{name}.json").write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")

    def failure(self) -> str:
        """The text of `output/failure`, the algorithm's own reason; "" when it wrote none."""
        path = self.base / "output" / "failure"
        if not path.is_file():
            return ""
        with path.open("rb") as file:
            return file.read(_FAILURE_LIMIT_BYTES).decode(errors="replace").strip()


def _channel_config(channel: Mapping[str, Any]) -> dict[str, Any]:
    config = {
        "TrainingInputMode": channel.get("InputMode", "File"),
        "S3DistributionType": channel["DataSource"]["S3DataSource"].get("S3DataDistributionType", "FullyReplicated"),
        "RecordWrapperType": channel.get("RecordWrapperType", "None"),
    }
    return config | ({"ContentType": channel["ContentType"]} if "ContentType" in channel else {})
