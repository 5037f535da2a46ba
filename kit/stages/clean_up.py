"""Stage "clean-up": brings the model home, deletes what the ledger names, then lists to prove that nothing is left."""

from __future__ import annotations

from kit.language import _
from kit.resources import registry
from kit.resources.bucket import Bucket
from kit.run.context import Context
from kit.run.results import CleanUpResult, TrainingResult
from kit.s3_uri import bucket_and_key


def run(context: Context) -> CleanUpResult:
    if context.journal.is_finished(TrainingResult.stage):
        bring_home(context)
    resources = context.journal.existing()
    with context.console.progress(_("cleaned up"), len(resources)) as advance:
        for number, resource in enumerate(resources, start=1):
            registry.delete(context.api, context.journal, resource)
            advance(number, resource.kind)
    for kind in context.api.traces:
        for name in kind.left(context.suffix):
            kind.delete(name)
    return CleanUpResult(tuple(registry.left_behind(context.api, context.suffix)))


def bring_home(context: Context) -> None:
    """Fetches the model artifact before its bucket goes, unless an earlier attempt has."""
    target = context.folder.model_artifact
    if target.exists() or not any(resource.kind == Bucket.name for resource in context.journal.existing()):
        return
    bucket, key = bucket_and_key(context.journal.result(TrainingResult).model_artifact)
    part = target.with_name(target.name + ".part")
    context.api.s3.download_file(bucket, key, str(part))
    part.replace(target)
