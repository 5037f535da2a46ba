"""SageMaker's quotas: how many instances of a type an account may use at once."""

from __future__ import annotations

from dataclasses import dataclass

from kit.aws.session import Aws
from kit.errors import InputError
from kit.language import _

_SERVICE = "sagemaker"


@dataclass(frozen=True)
class Quota:
    """One quota: its name in words, its code for the API, its value."""

    name: str
    code: str
    value: float


def training_quota(instance: str, *, spot: bool = False) -> str:
    """The quota's name, which is the same in every region, unlike (as far as anybody promises) its code."""
    return f"{instance} for {'spot ' if spot else ''}training job usage"


def endpoint_quota(instance: str) -> str:
    return f"{instance} for endpoint usage"


def find(aws: Aws, names: set[str]) -> dict[str, Quota]:
    """The quotas of these names, as far as the account has them.

    A quota that was never changed may be missing among the account's: then AWS's default counts.

    Raises:
        ClientError, BotoCoreError: they cannot be asked for.
    """
    client = aws.client("service-quotas")
    found: dict[str, Quota] = {}
    for operation in ("list_service_quotas", "list_aws_default_service_quotas"):
        for page in client.get_paginator(operation).paginate(ServiceCode=_SERVICE):
            for quota in page["Quotas"]:
                if quota.get("QuotaName") in names:
                    found.setdefault(quota["QuotaName"], Quota(quota["QuotaName"], quota["QuotaCode"], quota["Value"]))
        if found.keys() == names:
            break
    return found


def request_increase(aws: Aws, name: str, wanted: float = 1.0) -> str:
    """Asks AWS for a larger quota; returns what became of it, in words.

    Raises:
        InputError: there is no such quota.
        ClientError: it was refused.
    """
    quota = find(aws, {name}).get(name)
    if quota is None:
        raise InputError(
            _('SageMaker has no quota "{name}" in {region}; choose another instance type.').format(
                name=name, region=aws.region
            )
        )
    if quota.value >= wanted:
        return _("{name}: is {value:g} already").format(name=name, value=quota.value)
    answer = aws.client("service-quotas").request_service_quota_increase(
        ServiceCode=_SERVICE, QuotaCode=quota.code, DesiredValue=wanted
    )
    return _("{name}: asked for {wanted:g} (status {status}; AWS decides in hours to days)").format(
        name=name, wanted=wanted, status=answer["RequestedQuota"]["Status"]
    )
