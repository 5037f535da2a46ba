"""Stage "clean-up": brings the model home, deletes what the ledger names, then lists to prove that nothing is left."""

from __future__ import annotations

from typing import Any

from kit.aws_api import described
from kit.errors import KitError
from kit.language import _
from kit.run.context import Context, pause
from kit.run.journal import Resource
from kit.stages import labelling, training


def run(context: Context) -> dict[str, Any]:
    if context.journal.is_finished("training"):
        bring_home(context)
    resources = context.journal.existing()
    with context.console.progress(_("cleaned up"), len(resources)) as advance:
        for number, resource in enumerate(resources, start=1):
            delete(context, resource)
            advance(number, resource.kind)
    context.cloud.own.forget(context.suffix)
    return {"left_behind": left_behind(context)}


def bring_home(context: Context) -> None:
    """Fetches the model artifact before its bucket goes, unless an earlier attempt has."""
    target = context.folder.model_artifact
    if target.exists() or not any(resource.kind == "bucket" for resource in context.journal.existing()):
        return
    key = context.journal.result("training")["model_artifact"].removeprefix(f"s3://{context.bucket}/")
    part = target.with_name(target.name + ".part")
    context.cloud.s3.download_file(context.bucket, key, str(part))
    part.replace(target)


def delete(context: Context, resource: Resource) -> None:
    """Deletes one resource; that it is gone already is as good. Enters it in the ledger.

    SageMaker keeps the records of jobs for ever, at no cost; of a job "deleted" means that it no longer runs, and the
    stages enter that themselves once they have seen it.
    """
    sagemaker, name = context.cloud.sagemaker, resource.name
    if resource.kind == "endpoint":
        if described(sagemaker.delete_endpoint, EndpointName=name) is not None:
            while described(sagemaker.describe_endpoint, EndpointName=name) is not None:
                pause(context)
    elif resource.kind == "endpoint-config":
        described(sagemaker.delete_endpoint_config, EndpointConfigName=name)
    elif resource.kind == "model":
        described(sagemaker.delete_model, ModelName=name)
    elif resource.kind == "bucket":
        _delete_bucket(context, name)
    elif resource.kind == "labeling-job":
        job = described(sagemaker.describe_labeling_job, LabelingJobName=name)
        if job is not None and job["LabelingJobStatus"] in labelling.RUNNING:
            sagemaker.stop_labeling_job(LabelingJobName=name)
            # Until it has stopped it writes to the bucket, which goes next.
            while sagemaker.describe_labeling_job(LabelingJobName=name)["LabelingJobStatus"] in labelling.RUNNING:
                pause(context)
    elif resource.kind == "training-job":
        job = described(sagemaker.describe_training_job, TrainingJobName=name)
        if job is not None and job["TrainingJobStatus"] in training.RUNNING:
            sagemaker.stop_training_job(TrainingJobName=name)
            while sagemaker.describe_training_job(TrainingJobName=name)["TrainingJobStatus"] in training.RUNNING:
                pause(context)
    elif not context.cloud.own.delete(resource.kind, name):
        raise KitError(
            _("The journal names a {kind} ({name}), which this version cannot delete.").format(
                kind=resource.kind, name=name
            )
        )
    context.journal.has_deleted(resource.kind, name)


def left_behind(context: Context) -> list[str]:
    """What still bears this run's name, by asking, not by memory."""
    sagemaker, suffix = context.cloud.sagemaker, context.suffix
    left = [f"endpoint {e['EndpointName']}" for e in sagemaker.list_endpoints(NameContains=suffix)["Endpoints"]]
    configs = sagemaker.list_endpoint_configs(NameContains=suffix)["EndpointConfigs"]
    left += [f"endpoint config {config['EndpointConfigName']}" for config in configs]
    left += [f"model {model['ModelName']}" for model in sagemaker.list_models(NameContains=suffix)["Models"]]
    buckets = context.cloud.s3.list_buckets()["Buckets"]
    left += [f"bucket {bucket['Name']}" for bucket in buckets if suffix in bucket["Name"]]
    return left + context.cloud.own.left_behind(suffix)


def _delete_bucket(context: Context, bucket: str) -> None:
    s3 = context.cloud.s3
    if described(s3.head_bucket, Bucket=bucket) is None:
        return
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        versions = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        objects = [{"Key": version["Key"], "VersionId": version["VersionId"]} for version in versions]
        if objects:
            s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})  # type: ignore[typeddict-item]
    s3.delete_bucket(Bucket=bucket)
