"""Stage "endpoint": the model artifact behind a SageMaker endpoint."""

from __future__ import annotations

import time

from kit import advice
from kit.errors import ServiceError
from kit.language import _
from kit.run.context import Context, pause
from kit.run.results import EndpointResult, TrainingResult
from kit.stages import clean_up

# SageMaker gives an endpoint an hour to come up; the workshop's needs minutes.
RUNNING = ("Creating", "Updating", "SystemUpdating", "RollingBack")


def run(context: Context) -> EndpointResult:
    sagemaker, algorithm = context.api.sagemaker, context.api.algorithm
    name = f"plugs-{context.suffix}"
    # What an attempt that was cut short left goes first, so that this one starts from nothing.
    for resource in context.journal.existing():
        if resource.kind in ("endpoint", "endpoint-config", "model"):
            clean_up.delete(context, resource)
    context.journal.will_create("model", name)
    sagemaker.create_model(
        ModelName=name,
        ExecutionRoleArn=context.api.role_arn,
        PrimaryContainer={
            "Image": algorithm.inference_image,
            "ModelDataUrl": context.journal.result(TrainingResult).model_artifact,
            **({"Environment": dict(algorithm.inference_environment)} if algorithm.inference_environment else {}),
        },
    )
    context.journal.will_create("endpoint-config", name)
    sagemaker.create_endpoint_config(
        EndpointConfigName=name,
        ProductionVariants=[
            {
                "VariantName": "AllTraffic",
                "ModelName": name,
                "InitialInstanceCount": 1,
                "InstanceType": algorithm.endpoint_instance,
            }
        ],
    )
    context.journal.will_create("endpoint", name)
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    deadline = time.monotonic() + context.api.endpoint_seconds
    while (endpoint := sagemaker.describe_endpoint(EndpointName=name))["EndpointStatus"] in RUNNING:
        if time.monotonic() > deadline:
            raise ServiceError(
                _(
                    "Endpoint {name} is still {status} after {seconds:.0f} s; the same command deletes it and "
                    "tries again."
                ).format(name=name, status=endpoint["EndpointStatus"], seconds=context.api.endpoint_seconds)
            )
        pause(context)
    if endpoint["EndpointStatus"] != "InService":
        reason = str(endpoint.get("FailureReason", _("no reason given"))).rstrip(".")
        todo = advice.of(reason) or advice.again()
        raise ServiceError(
            _("Endpoint {name} ended as {status}: {reason}; {todo}.").format(
                name=name, status=endpoint["EndpointStatus"], reason=reason, todo=todo
            )
        )
    return EndpointResult(name)
