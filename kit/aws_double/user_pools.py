"""The tags of Cognito's user pools, which moto does not keep; all else about pools is moto's.

What UpdateUserPool is not told it sets back to its default, its documentation says; tags are held to be no exception.
https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UpdateUserPool.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


class UserPools:
    """The verbs in which tags matter.

    Args:
        cognito: moto's client.

    Attributes:
        operations: by the API's names.
    """

    def __init__(self, cognito: Any) -> None:
        self._cognito = cognito
        self._tags: dict[str, dict[str, str]] = {}
        self.operations: dict[str, Callable[..., Mapping[str, Any]]] = {
            "CreateUserPool": self._create,
            "DescribeUserPool": self._describe,
            "UpdateUserPool": self._update,
            "ListTagsForResource": lambda ResourceArn: {"Tags": self._of(ResourceArn)},
            "TagResource": self._tag,
            "UntagResource": self._untag,
        }

    def _create(self, **request: Any) -> Mapping[str, Any]:
        pool = self._cognito.create_user_pool(**request)["UserPool"]
        self._tags[pool["Id"]] = request.get("UserPoolTags", {})
        return self._tagged(pool)

    def _describe(self, **request: Any) -> Mapping[str, Any]:
        return self._tagged(self._cognito.describe_user_pool(**request)["UserPool"])

    def _update(self, **request: Any) -> Mapping[str, Any]:
        self._cognito.update_user_pool(**request)
        self._tags[request["UserPoolId"]] = request.get("UserPoolTags", {})
        return {}

    def _tag(self, *, ResourceArn: str, Tags: dict[str, str]) -> Mapping[str, Any]:
        self._tags[_pool_of(ResourceArn)] = {**self._of(ResourceArn), **Tags}
        return {}

    def _untag(self, *, ResourceArn: str, TagKeys: list[str]) -> Mapping[str, Any]:
        kept = {key: value for key, value in self._of(ResourceArn).items() if key not in TagKeys}
        self._tags[_pool_of(ResourceArn)] = kept
        return {}

    def _of(self, arn: str) -> dict[str, str]:
        pool = _pool_of(arn)
        self._cognito.describe_user_pool(UserPoolId=pool)
        return self._tags.get(pool, {})

    def _tagged(self, pool: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"UserPool": {**pool, "UserPoolTags": self._tags.get(pool["Id"], {})}}


def _pool_of(arn: str) -> str:
    return arn.rpartition("/")[2]
