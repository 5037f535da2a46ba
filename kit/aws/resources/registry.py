"""The kinds that AWS alone has."""

from __future__ import annotations

from kit.aws.resources.image_repository import ImageRepository
from kit.aws.resources.log_group import LogGroup
from kit.aws.resources.log_stream import LogStream
from kit.aws.resources.role import Role
from kit.aws.resources.studio_domain import StudioDomain
from kit.aws.resources.user_group import UserGroup
from kit.aws.resources.user_pool import UserPool
from kit.aws.resources.worker import Worker
from kit.aws.resources.workforce import Workforce
from kit.aws.resources.workteam import Workteam
from kit.aws.session import Aws
from kit.aws_api import ResourceKind
from kit.settings import OWN, CloudSettings


def kinds_of(aws: Aws, settings: CloudSettings) -> tuple[ResourceKind, ...]:
    """Those that a run's ledger may name; add new ones here."""
    return (
        Role(aws),
        UserPool(aws),
        Workforce(aws, settings.poll_seconds),
        UserGroup(aws),
        Workteam(aws),
        Worker(aws),
        # Who runs without images of their own may not have the right to list any.
        ImageRepository(aws, listed=settings.trainer == OWN),
        StudioDomain(aws, settings.poll_seconds),
    )


def traces_of(aws: Aws) -> tuple[ResourceKind, ...]:
    """The kinds that SageMaker makes by itself for a run's jobs and endpoint: logs."""
    return LogStream(aws), LogGroup(aws)
