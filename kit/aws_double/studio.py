"""SageMaker Studio's domains, profiles, spaces and apps: coming, being there, going, each in its time."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

from kit.local_cloud.account import Place
from kit.local_cloud.service_model import client_error

_OF_DOMAINS = ("DomainArn", "DomainId", "DomainName", "Status", "CreationTime")


class Studio:
    """The verbs of boto3's `sagemaker` client for Studio.

    Args:
        seconds: how long a thing takes to come, and to go.

    Attributes:
        operations: by the API's names.
    """

    def __init__(self, place: Place, seconds: float) -> None:
        self._place = place
        self._seconds = seconds
        self._lock = threading.Lock()
        # By (kind, domain's id, name); a thing that is Deleting goes when its time has come.
        self._things: dict[tuple[str, str, str], dict[str, Any]] = {}
        self.operations: dict[str, Callable[..., dict[str, Any]]] = {
            "CreateDomain": self._create_domain,
            "CreatePresignedDomainUrl": self._sign,
            "ListDomains": lambda **_: {"Domains": self._listed("Domain", "", _OF_DOMAINS)},
            "DescribeDomain": lambda **r: self._described("Domain", r["DomainId"], r["DomainId"]),
            "DeleteDomain": lambda **r: self._delete("Domain", r["DomainId"], r["DomainId"]),
        }
        for kind, key in (("UserProfile", "UserProfileName"), ("Space", "SpaceName"), ("App", "AppName")):
            self.operations |= self._verbs(kind, key)

    def left(self) -> list[str]:
        """Everything that is there."""
        with self._lock:
            self._settle()
            return [f"studio {kind} {name}" for kind, _, name in self._things]

    def _verbs(self, kind: str, key: str) -> dict[str, Callable[..., dict[str, Any]]]:
        """Create, describe, list and delete of what lives in a domain."""
        members = ("DomainId", key, "Status", *(("AppType", "SpaceName") if kind == "App" else ()))

        def create(**request: Any) -> dict[str, Any]:
            with self._lock:
                self._require("Domain", request["DomainId"], request["DomainId"])
                self._add(f"Create{kind}", kind, request["DomainId"], request[key], request)
            return {f"{kind}Arn": self._place.sagemaker_arn(f"{kind.lower()}/{request['DomainId']}/{request[key]}")}

        return {
            f"Create{kind}": create,
            f"Describe{kind}": lambda **r: self._described(kind, r["DomainId"], r[key]),
            f"List{kind}s": lambda **r: {f"{kind}s": self._listed(kind, r.get("DomainIdEquals", ""), members)},
            f"Delete{kind}": lambda **r: self._delete(kind, r["DomainId"], r[key]),
        }

    def _create_domain(self, **request: Any) -> dict[str, Any]:
        identifier = f"d-{secrets.token_hex(6)}"
        with self._lock:
            there = {"DomainId": identifier, "DomainArn": self._place.sagemaker_arn(f"domain/{identifier}")}
            self._add("CreateDomain", "Domain", identifier, identifier, {**request, **there})
        return there

    def _sign(self, **request: Any) -> dict[str, Any]:
        with self._lock:
            self._require("App", request["DomainId"], "default")
        host = f"{request['DomainId']}.studio.{self._place.region}.sagemaker.aws"
        return {"AuthorizedUrl": f"https://{host}/auth?token={secrets.token_hex(16)}"}

    def _add(self, operation: str, kind: str, domain: str, name: str, request: dict[str, Any]) -> None:
        self._settle()
        if (kind, domain, name) in self._things:
            raise client_error(operation, "ResourceInUse", f"{kind} {name} already exists.")
        now = datetime.now(timezone.utc)
        self._things[kind, domain, name] = {
            **{key: value for key, value in request.items() if key != "Tags"},
            "Status": "Pending",
            "CreationTime": now,
            "until": time.monotonic() + self._seconds,
        }

    def _described(self, kind: str, domain: str, name: str) -> dict[str, Any]:
        with self._lock:
            thing = self._require(kind, domain, name)
            return {key: value for key, value in thing.items() if key != "until"}

    def _listed(self, kind: str, domain: str, members: tuple[str, ...]) -> list[dict[str, Any]]:
        with self._lock:
            self._settle()
            found = [thing for (k, d, _), thing in self._things.items() if k == kind and domain in ("", d)]
            return [{member: thing[member] for member in members if member in thing} for thing in found]

    def _delete(self, kind: str, domain: str, name: str) -> dict[str, Any]:
        order = ("App", "Space", "UserProfile", "Domain")
        with self._lock:
            thing = self._require(kind, domain, name)
            before = order[: order.index(kind)]
            if any(k in before and d == domain for k, d, _ in self._things):
                raise client_error(f"Delete{kind}", "ResourceInUse", f"{kind} {name} is still used.")
            thing |= {"Status": "Deleting", "until": time.monotonic() + self._seconds}
        return {}

    def _require(self, kind: str, domain: str, name: str) -> dict[str, Any]:
        self._settle()
        thing = self._things.get((kind, domain, name))
        if thing is None:
            raise client_error(f"Describe{kind}", "ResourceNotFound", f"{kind} {name} does not exist.")
        return thing

    def _settle(self) -> None:
        for key, thing in list(self._things.items()):
            if time.monotonic() < thing["until"]:
                continue
            if thing["Status"] == "Deleting":
                del self._things[key]
            else:
                thing["Status"] = "InService"
