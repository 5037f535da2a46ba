"""The Amazon Cognito user pool of a private workforce: who may sign in to label."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from kit.aws.session import Aws
from kit.language import _
from kit.run.journal import Journal

KIND = "user-pool"
WORKER = "worker"
_MISSING = ("ResourceNotFoundException", "UserNotFoundException")
# Cognito wants an address to return to before there is a portal.
_CALLBACK = "https://localhost/"
_OAUTH: Mapping[str, Any] = {
    "SupportedIdentityProviders": ["COGNITO"],
    "AllowedOAuthFlowsUserPoolClient": True,
    "AllowedOAuthFlows": ["code", "implicit"],
    "AllowedOAuthScopes": ["email", "openid", "profile"],
}


def make(aws: Aws, journal: Journal, name: str) -> tuple[str, str]:
    """A pool into which people come by invitation only, with the client that a workforce needs.

    Returns:
        The ids of pool and client, of this call's making or an earlier one's.

    Raises:
        ClientError: Cognito refuses.
    """
    cognito = aws.client("cognito-idp")
    pool = find(aws, name)
    if pool is None:
        journal.will_create(KIND, name)
        pool = cognito.create_user_pool(
            PoolName=name, AdminCreateUserConfig={"AllowAdminCreateUserOnly": True}, UserPoolTier="LITE"
        )["UserPool"]["Id"]
    clients = cognito.list_user_pool_clients(UserPoolId=pool, MaxResults=60)["UserPoolClients"]
    client: str | None = next((found["ClientId"] for found in clients if found["ClientName"] == name), None)
    if client is None:
        client = cognito.create_user_pool_client(
            UserPoolId=pool,
            ClientName=name,
            GenerateSecret=True,
            **_OAUTH,
            CallbackURLs=[_CALLBACK],
            LogoutURLs=[_CALLBACK],
        )["UserPoolClient"]["ClientId"]
    if not cognito.describe_user_pool(UserPoolId=pool)["UserPool"].get("Domain"):
        # Unique among all accounts of the region.
        cognito.create_user_pool_domain(Domain=f"plugs-{secrets.token_hex(6)}", UserPoolId=pool)
    assert client is not None  # noqa: S101 (found or made)
    return pool, client


def make_group(aws: Aws, pool: str, group: str) -> None:
    try:
        aws.client("cognito-idp").create_group(GroupName=group, UserPoolId=pool)
    except ClientError as error:
        if error.response["Error"]["Code"] != "GroupExistsException":
            raise


def lead_to(aws: Aws, pool: str, client: str, portal: str) -> None:
    """Lets sign-in come back to the portal, and invitations say where it is. For a pool of the kit's own only: Cognito
    takes settings whole.

    SageMaker may have set the addresses itself when the workforce was made; then they stay as they are.
    """
    cognito = aws.client("cognito-idp")
    found = cognito.describe_user_pool_client(UserPoolId=pool, ClientId=client)["UserPoolClient"]
    if not any(url.startswith(portal) for url in found.get("CallbackURLs", [])):
        back = {"CallbackURLs": [f"{portal}/oauth2/idpresponse"], "LogoutURLs": [f"{portal}/logout"]}
        cognito.update_user_pool_client(
            UserPoolId=pool, ClientId=client, ClientName=found["ClientName"], **_OAUTH, **back
        )
    # What stands in braces in the end, Cognito fills in.
    text = _(
        "You are invited to label pictures. Sign in at {portal}<br>user name: {name}<br>"
        "password for the first time: {initial}"
    ).format(portal=portal, name="{username}", initial="{####}")
    cognito.update_user_pool(
        UserPoolId=pool,
        AdminCreateUserConfig={
            "AllowAdminCreateUserOnly": True,
            "InviteMessageTemplate": {"EmailSubject": _("Pictures to label"), "EmailMessage": text},
        },
        UserPoolTier="LITE",
    )


def invite(aws: Aws, journal: Journal, pool: str, group: str, worker: str) -> None:
    """Makes a user unless there is one, to whom Cognito mails how to sign in, and puts them into the group.

    A user who was there before is not the kit's, and stays.
    """
    cognito = aws.client("cognito-idp")
    # A pool in which the e-mail address is an alias takes none as a user's name.
    other_name = f"plugs-{hashlib.sha256(worker.encode()).hexdigest()[:12]}"
    name = worker if _user(aws, pool, other_name) is None else other_name
    if _user(aws, pool, name) is None:
        try:
            _create(aws, journal, pool, name, worker)
        except ClientError as error:
            if error.response["Error"]["Code"] != "InvalidParameterException":
                raise
            name = other_name
            _create(aws, journal, pool, name, worker)
    cognito.admin_add_user_to_group(UserPoolId=pool, Username=name, GroupName=group)


def _create(aws: Aws, journal: Journal, pool: str, name: str, email: str) -> None:
    journal.will_create(WORKER, f"{pool}/{name}")
    aws.client("cognito-idp").admin_create_user(
        UserPoolId=pool,
        Username=name,
        UserAttributes=[{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}],
        DesiredDeliveryMediums=["EMAIL"],
    )


def find(aws: Aws, name: str) -> str | None:
    """The id of the pool of this name."""
    for page in aws.client("cognito-idp").get_paginator("list_user_pools").paginate(MaxResults=60):
        for pool in page["UserPools"]:
            if pool["Name"] == name:
                return str(pool["Id"])
    return None


def delete(aws: Aws, name: str) -> None:
    """Deletes a pool that the kit made, with its domain, client, group and users."""
    cognito, pool = aws.client("cognito-idp"), find(aws, name)
    if pool is None:
        return
    domain = cognito.describe_user_pool(UserPoolId=pool)["UserPool"].get("Domain")
    if domain:
        cognito.delete_user_pool_domain(Domain=domain, UserPoolId=pool)
    cognito.delete_user_pool(UserPoolId=pool)


def delete_group(aws: Aws, place: str) -> None:
    """Deletes the group `<pool>/<group>` of somebody else's pool."""
    pool, group = place.split("/", 1)
    _unless_missing(lambda: aws.client("cognito-idp").delete_group(UserPoolId=pool, GroupName=group))


def delete_worker(aws: Aws, place: str) -> None:
    """Deletes the user `<pool>/<e-mail>` whom the kit invited."""
    pool, worker = place.split("/", 1)
    _unless_missing(lambda: aws.client("cognito-idp").admin_delete_user(UserPoolId=pool, Username=worker))


def _user(aws: Aws, pool: str, worker: str) -> Any:
    return _unless_missing(lambda: aws.client("cognito-idp").admin_get_user(UserPoolId=pool, Username=worker))


def _unless_missing(call: Any) -> Any:
    try:
        return call()
    except ClientError as error:
        if error.response["Error"]["Code"] not in _MISSING:
            raise
        return None
