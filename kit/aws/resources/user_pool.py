"""The Amazon Cognito user pool of a private workforce: who may sign in to label."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from botocore.exceptions import ClientError

from kit.aws.session import Aws
from kit.run import invitations, names
from kit.run.journal import Journal

_MISSING = ("ResourceNotFoundException", "UserNotFoundException")
# Cognito wants an address to return to before there is a portal.
_CALLBACK = "https://localhost/"
_OAUTH: Mapping[str, Any] = {
    "SupportedIdentityProviders": ["COGNITO"],
    "AllowedOAuthFlowsUserPoolClient": True,
    "AllowedOAuthFlows": ["code", "implicit"],
    "AllowedOAuthScopes": ["email", "openid", "profile"],
}


@dataclass(frozen=True)
class UserPool:
    name: ClassVar[str] = "user-pool"
    stands_on: ClassVar[tuple[str, ...]] = ()
    aws: Aws

    def make(self, journal: Journal, pool_name: str) -> tuple[str, str]:
        """A pool into which people come by invitation only, with the client that a workforce needs.

        Returns:
            The ids of pool and client, of this call's making or an earlier one's.

        Raises:
            ClientError: Cognito refuses.
        """
        cognito = self.aws.client("cognito-idp")
        pools = self.find(pool_name)
        if pools:
            pool = pools[0]
        else:
            journal.will_create(self.name, pool_name)
            pool = cognito.create_user_pool(
                PoolName=pool_name,
                AdminCreateUserConfig={"AllowAdminCreateUserOnly": True},
                UserPoolTier="LITE",
                UserPoolTags=names.tags(journal.run_id),
            )["UserPool"]["Id"]
        clients = cognito.list_user_pool_clients(UserPoolId=pool, MaxResults=60)["UserPoolClients"]
        client: str | None = next((found["ClientId"] for found in clients if found["ClientName"] == pool_name), None)
        if client is None:
            client = cognito.create_user_pool_client(
                UserPoolId=pool,
                ClientName=pool_name,
                GenerateSecret=True,
                **_OAUTH,
                CallbackURLs=[_CALLBACK],
                LogoutURLs=[_CALLBACK],
            )["UserPoolClient"]["ClientId"]
        if not cognito.describe_user_pool(UserPoolId=pool)["UserPool"].get("Domain"):
            # Unique among all accounts of the region.
            cognito.create_user_pool_domain(Domain=names.globally(secrets.token_hex(6)), UserPoolId=pool)
        assert client is not None  # noqa: S101 (found or made)
        return pool, client

    def lead_to(self, journal: Journal, pool: str, client: str, portal: str) -> None:
        """Lets sign-in come back to the portal, and invitations say where it is.

        For a pool of the kit's own only: Cognito takes settings whole. SageMaker may have set the addresses itself when
        the workforce was made; then they stay as they are.
        """
        cognito = self.aws.client("cognito-idp")
        found = cognito.describe_user_pool_client(UserPoolId=pool, ClientId=client)["UserPoolClient"]
        if not any(url.startswith(portal) for url in found.get("CallbackURLs", [])):
            back = {"CallbackURLs": [f"{portal}/oauth2/idpresponse"], "LogoutURLs": [f"{portal}/logout"]}
            cognito.update_user_pool_client(
                UserPoolId=pool, ClientId=client, ClientName=found["ClientName"], **_OAUTH, **back
            )
        # What stands in braces, Cognito fills in.
        text = invitations.body(portal, "{username}", "{####}")
        cognito.update_user_pool(
            UserPoolId=pool,
            AdminCreateUserConfig={
                "AllowAdminCreateUserOnly": True,
                "InviteMessageTemplate": {"EmailSubject": invitations.subject(), "EmailMessage": text},
            },
            UserPoolTier="LITE",
            UserPoolTags=names.tags(journal.run_id),
        )

    def find(self, pool_name: str) -> list[str]:
        """The ids of the pools of this name: two, where AWS's first answer was lost and the call was repeated."""
        pages = self.aws.client("cognito-idp").get_paginator("list_user_pools").paginate(MaxResults=60)
        return [str(pool["Id"]) for page in pages for pool in page["UserPools"] if pool["Name"] == pool_name]

    def delete(self, pool_name: str) -> None:
        """Deletes what the kit made under this name, with domain, client, group and users."""
        cognito = self.aws.client("cognito-idp")
        for pool in self.find(pool_name):
            domain = cognito.describe_user_pool(UserPoolId=pool)["UserPool"].get("Domain")
            if domain:
                cognito.delete_user_pool_domain(Domain=domain, UserPoolId=pool)
            cognito.delete_user_pool(UserPoolId=pool)

    def left(self, suffix: str) -> list[str]:
        pool_name = names.resource(suffix)
        return [pool_name for _pool in self.find(pool_name)]


def unless_unknown(operation: Callable[..., Any], **request: str) -> Any:
    """The answer, or None where Cognito says that there is no such user, group or pool."""
    try:
        return operation(**request)
    except ClientError as error:
        if error.response["Error"]["Code"] not in _MISSING:
            raise
        return None
