"""Stage "clean-up": brings the model home, deletes what the ledger names, then lists to prove that nothing is left."""

from __future__ import annotations

from kit.aws_api import unless_missing
from kit.errors import KitError
from kit.language import _
from kit.run.context import Context, pause
from kit.run.journal import Resource
from kit.run.results import CleanUpResult, TrainingResult
from kit.stages import labelling, training


def run(context: Context) -> CleanUpResult:
    if context.journal.is_finished(TrainingResult.stage):
        bring_home(context)
    resources = context.journal.existing()
    with context.console.progress(_("cleaned up"), len(resources)) as advance:
        for number, resource in enumerate(resources, start=1):
            delete(context, resource)
            advance(number, resource.kind)
    context.api.own.delete_logs(context.suffix)
    return CleanUpResult(tuple(left_behind(context)))


def bring_home(context: Context) -> None:
    """Fetches the model artifact before its bucket goes, unless an earlier attempt has."""
    target = context.folder.model_artifact
    if target.exists() or not any(resource.kind == "bucket" for resource in context.journal.existing()):
        return
    key = context.journal.result(TrainingResult).model_artifact.removeprefix(f"s3://{context.bucket}/")
    part = target.with_name(target.name + ".part")
    context.api.s3.download_file(context.bucket, key, str(part))
    part.replace(target)


def delete(context: Context, resource: Resource) -> None:
    """Deletes one resource; that it is gone already is as good. Enters it in the ledger.

    SageMaker keeps the records of jobs for ever, at no cost; of a job "deleted" means that it no longer runs, and the
    stages enter that themselves once they have seen it.
    """
    sagemaker, name = context.api.sagemaker, resource.name
    if resource.kind == "endpoint":
        if unless_missing(sagemaker.delete_endpoint, EndpointName=name) is not None:
            while unless_missing(sagemaker.describe_endpoint, EndpointName=name) is not None:
                pause(context)
    elif resource.kind == "endpoint-config":
        unless_missing(sagemaker.delete_endpoint_config, EndpointConfigName=name)
    elif resource.kind == "model":
        unless_missing(sagemaker.delete_model, ModelName=name)
    elif resource.kind == "bucket":
        _delete_bucket(context, name)
    elif resource.kind == "labeling-job":
        job = unless_missing(sagemaker.describe_labeling_job, LabelingJobName=name)
        if job is not None and job["LabelingJobStatus"] in labelling.RUNNING:
            sagemaker.stop_labeling_job(LabelingJobName=name)
            # Until it has stopped it writes to the bucket, which goes next.
            while sagemaker.describe_labeling_job(LabelingJobName=name)["LabelingJobStatus"] in labelling.RUNNING:
                pause(context)
    elif resource.kind == "training-job":
        job = unless_missing(sagemaker.describe_training_job, TrainingJobName=name)
        if job is not None and job["TrainingJobStatus"] in training.RUNNING:
            sagemaker.stop_training_job(TrainingJobName=name)
            while sagemaker.describe_training_job(TrainingJobName=name)["TrainingJobStatus"] in training.RUNNING:
                pause(context)
    elif not context.api.own.delete(resource.kind, name):
        raise KitError(
            _("The journal names a {kind} ({name}), which this version cannot delete.").format(
                kind=resource.kind, name=name
            )
        )
    context.journal.mark_ended(resource.kind, name)


def left_behind(context: Context) -> list[str]:
    """What still bears this run's name, by asking, not by memory."""
    sagemaker, suffix = context.api.sagemaker, context.suffix
    left = [f"endpoint {e['EndpointName']}" for e in sagemaker.list_endpoints(NameContains=suffix)["Endpoints"]]
    configs = sagemaker.list_endpoint_configs(NameContains=suffix)["EndpointConfigs"]
    left += [f"endpoint config {config['EndpointConfigName']}" for config in configs]
    left += [f"model {model['ModelName']}" for model in sagemaker.list_models(NameContains=suffix)["Models"]]
    buckets = context.api.s3.list_buckets()["Buckets"]
    left += [f"bucket {bucket['Name']}" for bucket in buckets if suffix in bucket["Name"]]
    return left + context.api.own.left_behind(suffix)


def _delete_bucket(context: Context, bucket: str) -> None:
    s3 = context.api.s3
    if unless_missing(s3.head_bucket, Bucket=bucket) is None:
        return
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        versions = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        objects = [{"Key": version["Key"], "VersionId": version["VersionId"]} for version in versions]
        if objects:
            s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})  # type: ignore[typeddict-item]
    s3.delete_bucket(Bucket=bucket)
