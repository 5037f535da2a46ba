"""Answers of the local cloud against botocore's service models: what boto3 would have parsed."""

from collections.abc import Mapping
from typing import Any

from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import ParamValidator


def assert_answers_as_boto3(operation: str, answer: Mapping[str, Any], *, service: str = "sagemaker") -> None:
    """Fails on members that the operation's answer does not have, on missing required ones, and on wrong types."""
    model = ServiceModel(Loader().load_service_model(service, "service-2"))
    report = ParamValidator().validate(answer, model.operation_model(operation).output_shape)
    assert not report.has_errors(), report.generate_report()
