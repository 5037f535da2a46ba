"""SageMaker's folders in a container."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Paths:
    """The folders under `/opt/ml`, or under `SAGEMAKER_BASE_DIR` where that is set.

    https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo.html
    """

    base: Path

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Paths:
        return cls(Path(environment.get("SAGEMAKER_BASE_DIR", "/opt/ml")))

    @property
    def hyperparameters(self) -> Path:
        return self.base / "input" / "config" / "hyperparameters.json"

    @property
    def training_channel(self) -> Path:
        return self.base / "input" / "data" / "training"

    @property
    def model(self) -> Path:
        return self.base / "model"

    @property
    def failure(self) -> Path:
        return self.base / "output" / "failure"
