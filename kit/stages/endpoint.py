"""Stage "endpoint": the model artifact behind a SageMaker endpoint."""

from __future__ import annotations

from kit.resources import registry
from kit.resources.endpoint import Endpoint
from kit.resources.endpoint_config import EndpointConfig
from kit.resources.model import Model
from kit.run import names
from kit.run.context import Context
from kit.run.results import EndpointResult, TrainingResult


def run(context: Context) -> EndpointResult:
    api, journal, name = context.api, context.journal, names.resource(context.suffix)
    endpoint = Endpoint(api)
    if endpoint.is_coming_or_there(name):
        endpoint.make(journal, name, config=name)
        return EndpointResult(name)
    # What else an attempt that was cut short left goes first, so that this one starts from nothing.
    for resource in journal.existing():
        if resource.kind in (Endpoint.name, EndpointConfig.name, Model.name):
            registry.delete(api, journal, resource)
    Model(api).make(journal, name, artifact=journal.result(TrainingResult).model_artifact)
    EndpointConfig(api).make(journal, name, model=name)
    endpoint.make(journal, name, config=name)
    return EndpointResult(name)
