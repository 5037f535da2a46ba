"""Stage "clean-up": brings the model home, deletes what the ledger names, then lists to prove that nothing is left."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from botocore.exceptions import BotoCoreError, ClientError

from kit import advice
from kit.aws_api import AwsApi, ResourceKind
from kit.errors import KitError, ServiceError
from kit.language import _
from kit.resources import registry
from kit.resources.bucket import Bucket
from kit.run.context import Context
from kit.run.results import CleanUpResult, TrainingResult
from kit.s3_uri import bucket_and_key
from kit.stages.download import download

# More of what failed is counted, not told.
_MOST_TOLD = 3


def run(context: Context) -> CleanUpResult:
    """Deletes as much as can be deleted: what fails keeps only what it stands on.

    Raises:
        ServiceError: something could not be deleted; the ledger says what is gone.
    """
    api, journal = context.api, context.journal
    failures = _Failures(api)
    if journal.is_finished(TrainingResult.stage):
        failures.collect(_("the model artifact"), Bucket.name, lambda: bring_home(context))
    resources = journal.existing()
    with context.console.progress(_("cleaned up"), len(resources)) as advance:
        for number, resource in enumerate(resources, start=1):
            if resource.kind not in failures.kept:
                what = f"{resource.kind} {resource.name}"
                failures.collect(what, resource.kind, partial(registry.delete, api, journal, resource))
            advance(number, resource.kind)
    for kind in api.traces:
        failures.collect(kind.name, kind.name, partial(_delete_all, kind, context.suffix))
    failures.tell()
    return CleanUpResult(tuple(registry.left_behind(api, context.suffix)))


class _Failures:
    """What could not be deleted, and what has to stay for its sake."""

    def __init__(self, api: AwsApi) -> None:
        self._kinds = registry.kinds_of(api)
        # What was to be deleted, and the error with its code in AWS, "" where it has none.
        self._errors: list[tuple[str, Exception, str]] = []
        self.kept: set[str] = set()

    def collect(self, what: str, kind: str, work: Callable[[], object]) -> None:
        """Does the work; should it fail, the kind stays, and everything that it stands on."""
        try:
            work()
        except ClientError as error:
            self._enter(what, kind, error, error.response["Error"]["Code"])
        except (KitError, BotoCoreError, OSError) as error:
            self._enter(what, kind, error, "")

    def _enter(self, what: str, kind: str, error: Exception, code: str) -> None:
        self._errors.append((what, error, code))
        waiting = [kind]
        while waiting:
            kept = waiting.pop()
            if kept not in self.kept:
                self.kept.add(kept)
                waiting += self._kinds[kept].stands_on if kept in self._kinds else ()

    def tell(self) -> None:
        """Raises ServiceError when anything failed, the error itself when it is the only one."""
        if not self._errors:
            return
        if len(self._errors) == 1:
            raise self._errors[0][1]
        told = [f"{what}: {str(error).rstrip('.')}" for what, error, _code in self._errors[:_MOST_TOLD]]
        if len(self._errors) > _MOST_TOLD:
            told.append("…")
        known = (advice.of(code) for _what, _error, code in self._errors if code)
        todo = next(filter(None, known), None) or advice.again()
        raise ServiceError(
            _("{count} things could not be deleted, the rest is gone ({told}); {todo}.").format(
                count=len(self._errors), told="; ".join(told), todo=todo
            )
        )


def _delete_all(kind: ResourceKind, suffix: str) -> None:
    for name in kind.left(suffix):
        kind.delete(name)


def bring_home(context: Context) -> None:
    """Fetches the model artifact before its bucket goes, unless an earlier attempt has."""
    target = context.folder.model_artifact
    if target.exists() or not any(resource.kind == Bucket.name for resource in context.journal.existing()):
        return
    bucket, key = bucket_and_key(context.journal.result(TrainingResult).model_artifact)
    download(context.api.s3, bucket, key, target)
