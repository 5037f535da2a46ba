"""A kind of resource is its file and one line of the registry."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path
from types import ModuleType

import boto3
import pytest

import kit.aws.resources
import kit.resources
from kit.aws.resources.registry import kinds_of as kinds_on_aws
from kit.aws.resources.registry import traces_of
from kit.aws.session import Aws
from kit.errors import KitError
from kit.resources import registry
from kit.settings import CloudSettings
from tests.unit.stages.contexts import context_in

AWS = Aws(boto3.Session(), "eu-west-1", "111122223333", "arn:aws:iam::111122223333:user/somebody", "")


def kinds_in(package: ModuleType) -> set[str]:
    """The names of the kinds that the package's modules declare."""
    modules = [importlib.import_module(f"{package.__name__}.{m.name}") for m in pkgutil.iter_modules(package.__path__)]
    declared = [value for module in modules for value in vars(module).values() if isinstance(value, type)]
    return {each.name for each in declared if hasattr(each, "delete") and isinstance(getattr(each, "name", None), str)}


def test_every_kind_is_entered(tmp_path: Path) -> None:
    assert set(registry.kinds_of(context_in(tmp_path).api)) == kinds_in(kit.resources)
    entered = [kind.name for kind in (*kinds_on_aws(AWS, CloudSettings()), *traces_of(AWS))]
    assert set(entered) == kinds_in(kit.aws.resources)
    assert len(entered) == len(set(entered))


def test_the_ledgers_of_earlier_runs_are_still_understood(tmp_path: Path) -> None:
    known = {*registry.kinds_of(context_in(tmp_path).api), *(k.name for k in kinds_on_aws(AWS, CloudSettings()))}
    assert known == {
        "bucket", "endpoint", "endpoint-config", "model", "labeling-job", "training-job",
        "role", "user-pool", "worker", "user-group", "workteam", "workforce", "image-repository", "studio-domain",
    }  # fmt: skip


def test_a_kind_that_is_not_known_is_refused_and_stays(tmp_path: Path) -> None:
    context = context_in(tmp_path)
    context.journal.will_create("role", "plugs-x")  # AWS's, and this is not AWS
    (resource,) = context.journal.existing()
    with pytest.raises(KitError, match=r"a role \(plugs-x\), which this version cannot delete"):
        registry.delete(context.api, context.journal, resource)
    assert context.journal.existing() == [resource]
