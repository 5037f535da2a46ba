"""A SageMaker Studio domain; what lives in it goes with it, so the ledger names the domain alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from kit.aws.session import Aws
from kit.aws_api import tag_list, unless_missing
from kit.errors import ServiceError
from kit.language import _
from kit.resources.waiting import wait_while
from kit.run import names
from kit.run.journal import Journal

_PATIENCE_SECONDS = 1800.0
# An app that failed is deleted by SageMaker itself, and both stay in the list for a day.
_GONE = ("Deleted", "Failed")
# Of the domain's file system; DeleteDomain leaves them behind, and their rules name each other.
_SECURITY_GROUPS = ("security-group-for-inbound-nfs-{domain}", "security-group-for-outbound-nfs-{domain}")


@dataclass(frozen=True)
class StudioDomain:
    name: ClassVar[str] = "studio-domain"
    stands_on: ClassVar[tuple[str, ...]] = ("role",)
    aws: Aws
    poll_seconds: float

    def make(self, journal: Journal, domain: str, role_arn: str, vpc: str, subnets: Sequence[str]) -> None:
        """As the console's quick set-up does; `wait_for` waits until it is in service."""
        journal.will_create(self.name, domain)
        self.aws.client("sagemaker").create_domain(
            DomainName=domain,
            AuthMode="IAM",
            DefaultUserSettings={"ExecutionRole": role_arn},
            VpcId=vpc,
            SubnetIds=subnets,
            AppNetworkAccessType="PublicInternetOnly",
            Tags=tag_list(names.tags(journal.run_id)),
        )

    def find(self, domain: str) -> str | None:
        """The id of the domain of this name."""
        for page in self.aws.client("sagemaker").get_paginator("list_domains").paginate():
            for found in page["Domains"]:
                if found["DomainName"] == domain:
                    return str(found["DomainId"])
        return None

    def wait_for(self, describe: Callable[[], Mapping[str, Any]], what: str) -> None:
        """Waits until the domain, or a thing in it, is in service.

        Raises:
            ServiceError: it fails, or takes longer than half an hour.
        """
        todo = _("`make cloud-clean` takes it away")

        def pending() -> str | None:
            found = describe()
            if found["Status"] in ("Failed", "Deleting", "Deleted"):
                reason = found.get("FailureReason", _("no reason given"))
                raise ServiceError(
                    _("{what} is {status} ({reason}); {todo}.").format(
                        what=what, status=found["Status"], reason=reason, todo=todo
                    )
                )
            return None if found["Status"] == "InService" else str(found["Status"])

        wait_while(pending, what=what, seconds=_PATIENCE_SECONDS, poll_seconds=self.poll_seconds, todo=todo)

    def delete(self, domain: str) -> None:
        """Apps, spaces, profiles, then itself with its file system."""
        sagemaker, domain_id = self.aws.client("sagemaker"), self.find(domain)
        if domain_id is None:
            return
        here = {"DomainId": domain_id}

        def apps() -> list[dict[str, str]]:
            found = sagemaker.list_apps(DomainIdEquals=domain_id)["Apps"]
            return [
                {"AppType": app["AppType"], "AppName": app["AppName"]}
                # Of whom it is: the one or the other.
                | {key: app[key] for key in ("UserProfileName", "SpaceName") if app.get(key)}
                for app in found
                if app["Status"] not in _GONE
            ]

        def spaces() -> list[dict[str, str]]:
            found = sagemaker.list_spaces(DomainIdEquals=domain_id)["Spaces"]
            return [{"SpaceName": space["SpaceName"]} for space in found]

        def profiles() -> list[dict[str, str]]:
            found = sagemaker.list_user_profiles(DomainIdEquals=domain_id)["UserProfiles"]
            return [{"UserProfileName": profile["UserProfileName"]} for profile in found]

        def itself() -> list[dict[str, Any]]:
            # Kept by default, and billed.
            file_system = {"RetentionPolicy": {"HomeEfsFileSystem": "Delete"}}
            return [file_system] if self.find(domain) else []

        self._delete_all(domain, apps, sagemaker.delete_app, here, _("deleting its apps"))
        self._delete_all(domain, spaces, sagemaker.delete_space, here, _("deleting its spaces"))
        self._delete_all(domain, profiles, sagemaker.delete_user_profile, here, _("deleting its user profiles"))
        self._delete_all(domain, itself, sagemaker.delete_domain, here, _("being deleted"))
        self._delete_security_groups(domain_id)

    def _delete_security_groups(self, domain_id: str) -> None:
        ec2, names_of = self.aws.client("ec2"), [name.format(domain=domain_id) for name in _SECURITY_GROUPS]
        filters = [{"Name": "group-name", "Values": names_of}]
        groups = ec2.describe_security_groups(Filters=filters)["SecurityGroups"]
        for group in groups:
            for revoke, rules in (
                (ec2.revoke_security_group_ingress, group.get("IpPermissions")),
                (ec2.revoke_security_group_egress, group.get("IpPermissionsEgress")),
            ):
                if rules:
                    revoke(GroupId=group["GroupId"], IpPermissions=rules)
        for group in groups:
            ec2.delete_security_group(GroupId=group["GroupId"])

    def left(self, suffix: str) -> list[str]:
        domain = names.resource(suffix)
        return [domain] if self.find(domain) is not None else []

    def _delete_all(
        self,
        domain: str,
        remaining: Callable[[], list[dict[str, Any]]],
        operation: Callable[..., Any],
        here: dict[str, str],
        doing: str,
    ) -> None:
        asked: list[dict[str, Any]] = []

        def pending() -> str | None:
            found = remaining()
            for each in found:
                if each not in asked:
                    asked.append(each)
                    unless_missing(operation, **here, **each)
            return doing if found else None

        wait_while(
            pending,
            what=_("Studio domain {name}").format(name=domain),
            seconds=_PATIENCE_SECONDS,
            poll_seconds=self.poll_seconds,
            todo=_("run `make cloud-clean` again later"),
        )
