"""A SageMaker Studio domain as the console's quick set-up makes it, with a JupyterLab space, and its end.

Profile, space and app live in the domain and go with it, so the ledger names the domain alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from kit.aws import role
from kit.aws.session import Aws
from kit.aws_api import unless_missing
from kit.errors import ServiceError, SetupError
from kit.language import _
from kit.run.journal import Journal

DOMAIN = "studio-domain"
_PROFILE = _SPACE = "workshop"
_APP = {"AppType": "JupyterLab", "AppName": "default"}
_INSTANCE = "ml.t3.medium"
_POLICY = "AmazonSageMakerFullAccess"
_PATIENCE_SECONDS = 1800.0


def open_space(aws: Aws, journal: Journal, poll_seconds: float, say: Callable[[str], None]) -> str:
    """Makes what is not there yet and returns an address that opens JupyterLab in a browser, good for five minutes.

    Raises:
        SetupError: the account has no default VPC.
        ServiceError: something does not come up.
        ClientError: AWS refuses.
    """
    sagemaker, name = aws.client("sagemaker"), f"plugs-{journal.run_id}"
    if find_domain(aws, name) is None:
        vpc, subnets = _default_network(aws)
        arn = role.make_managed(aws, journal, name, _POLICY)
        journal.will_create(DOMAIN, name)
        sagemaker.create_domain(
            DomainName=name,
            AuthMode="IAM",
            DefaultUserSettings={"ExecutionRole": arn},
            VpcId=vpc,
            SubnetIds=subnets,
            AppNetworkAccessType="PublicInternetOnly",
        )
    domain = str(find_domain(aws, name))
    say(_("  domain (this takes minutes)"))
    _wait(lambda: sagemaker.describe_domain(DomainId=domain), _("Studio domain {name}").format(name=name), poll_seconds)
    here = {"DomainId": domain}
    if unless_missing(sagemaker.describe_user_profile, **here, UserProfileName=_PROFILE) is None:
        sagemaker.create_user_profile(**here, UserProfileName=_PROFILE)
    say(_("  user profile"))
    _wait(
        lambda: sagemaker.describe_user_profile(**here, UserProfileName=_PROFILE),
        _("Studio's user profile"),
        poll_seconds,
    )
    if unless_missing(sagemaker.describe_space, **here, SpaceName=_SPACE) is None:
        sagemaker.create_space(
            **here,
            SpaceName=_SPACE,
            OwnershipSettings={"OwnerUserProfileName": _PROFILE},
            SpaceSharingSettings={"SharingType": "Private"},
            SpaceSettings={
                "AppType": "JupyterLab",
                "JupyterLabAppSettings": {"DefaultResourceSpec": {"InstanceType": _INSTANCE}},
            },
        )
    say(_("  JupyterLab space"))
    _wait(lambda: sagemaker.describe_space(**here, SpaceName=_SPACE), _("Studio's space"), poll_seconds)
    app = unless_missing(sagemaker.describe_app, **here, SpaceName=_SPACE, **_APP)
    if app is None or app["Status"] in ("Deleted", "Failed"):
        sagemaker.create_app(**here, SpaceName=_SPACE, **_APP, ResourceSpec={"InstanceType": _INSTANCE})
    _wait(lambda: sagemaker.describe_app(**here, SpaceName=_SPACE, **_APP), "JupyterLab", poll_seconds)
    url: str = sagemaker.create_presigned_domain_url(**here, UserProfileName=_PROFILE, SpaceName=_SPACE)[
        "AuthorizedUrl"
    ]
    return url


def find_domain(aws: Aws, name: str) -> str | None:
    """The id of the domain of this name."""
    for page in aws.client("sagemaker").get_paginator("list_domains").paginate():
        for domain in page["Domains"]:
            if domain["DomainName"] == name:
                return str(domain["DomainId"])
    return None


def delete_domain(aws: Aws, name: str, poll_seconds: float) -> None:
    """Deletes a domain that the kit made: apps, spaces, profiles, then itself with its file system."""
    sagemaker, domain = aws.client("sagemaker"), find_domain(aws, name)
    if domain is None:
        return
    here = {"DomainId": domain}

    def all_gone(what: str, remaining: Callable[[], list[Any]], delete: Callable[[Any], object]) -> None:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        asked: set[str] = set()
        while found := remaining():
            for item in found:
                if str(item) not in asked:
                    asked.add(str(item))
                    delete(item)
            if time.monotonic() > deadline:
                raise ServiceError(
                    _("{what} of {name} are still being deleted; run `make cloud-clean` again later.").format(
                        what=what, name=name
                    )
                )
            time.sleep(poll_seconds)

    def apps() -> list[dict[str, str]]:
        wanted = ("UserProfileName", "SpaceName", "AppType", "AppName")
        found = sagemaker.list_apps(DomainIdEquals=domain)["Apps"]
        return [{key: app[key] for key in wanted if app.get(key)} for app in found if app["Status"] != "Deleted"]

    def spaces() -> list[str]:
        return [space["SpaceName"] for space in sagemaker.list_spaces(DomainIdEquals=domain)["Spaces"]]

    def profiles() -> list[str]:
        found = sagemaker.list_user_profiles(DomainIdEquals=domain)["UserProfiles"]
        return [profile["UserProfileName"] for profile in found]

    all_gone(_("Apps"), apps, lambda app: unless_missing(sagemaker.delete_app, **here, **app))
    all_gone(_("Spaces"), spaces, lambda space: unless_missing(sagemaker.delete_space, **here, SpaceName=space))
    all_gone(
        _("Profiles"),
        profiles,
        lambda profile: unless_missing(sagemaker.delete_user_profile, **here, UserProfileName=profile),
    )
    # Kept by default, and billed.
    file_system = {"HomeEfsFileSystem": "Delete"}
    all_gone(
        _("Domains"),
        lambda: [name] if find_domain(aws, name) else [],
        lambda _name: sagemaker.delete_domain(**here, RetentionPolicy=file_system),
    )


def _default_network(aws: Aws) -> tuple[str, list[str]]:
    ec2 = aws.client("ec2")
    vpcs = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
    if not vpcs:
        raise SetupError(
            _(
                "The account has no default VPC in {region}, which Studio's quick set-up uses; make one with "
                "`aws ec2 create-default-vpc`."
            ).format(region=aws.region)
        )
    vpc = vpcs[0]["VpcId"]
    subnets = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["Subnets"]
    return vpc, [subnet["SubnetId"] for subnet in subnets]


def _wait(describe: Callable[[], Mapping[str, Any]], what: str, poll_seconds: float) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while (found := describe())["Status"] != "InService":
        if found["Status"] in ("Failed", "Deleting", "Deleted") or time.monotonic() > deadline:
            reason = found.get("FailureReason", _("no reason given"))
            raise ServiceError(
                _("{what} is {status} ({reason}); `make cloud-clean` takes it away.").format(
                    what=what, status=found["Status"], reason=reason
                )
            )
        time.sleep(poll_seconds)
