"""SageMaker Studio's domains, profiles, spaces and apps: coming, being there, going, each in its time.

An app that has been deleted, or has failed, is listed for a day, and in what words it cannot be deleted once more are
those that Terraform's AWS provider has met (internal/service/sagemaker); so are the two ways to say that a space is not
there. https://docs.aws.amazon.com/sagemaker/latest/dg/studio-updated-apps-delete.html
"""

from __future__ import annotations

import itertools
import secrets
import threading
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

from kit.aws_double.clock import Clock
from kit.aws_double.delays import Delays
from kit.aws_double.faults import Faults
from kit.local_cloud.account import Place
from kit.local_cloud.service_model import client_error

_DAY_SECONDS = 86_400.0
# Why an app cannot be deleted that is listed still.
_ENDED = {
    "Deleted": "App {name} has already been deleted.",
    "Failed": "App {name} previously failed and was automatically deleted.",
}
_OF_DOMAINS = ("DomainArn", "DomainId", "DomainName", "Status", "CreationTime")


class Studio:
    """The verbs of boto3's `sagemaker` client for Studio.

    Args:
        delays: how long a thing takes to come, and to go: as long as a workforce.

    Attributes:
        operations: by the API's names.
    """

    def __init__(self, place: Place, clock: Clock, delays: Delays, faults: Faults) -> None:
        self._place, self._clock = place, clock
        self._delays = delays
        self._faults = faults
        self._not_found = itertools.cycle(("ResourceNotFound", "RecordNotFound"))
        self._lock = threading.Lock()
        # By (kind, domain's id, name); `until` its time has come a thing comes or goes, to what is `next`.
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
            there = [key for key, thing in self._things.items() if thing["Status"] not in _ENDED]
            return [f"studio {kind} {name}" for kind, _, name in there]

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
        if self._things.get((kind, domain, name), {"Status": "Deleted"})["Status"] not in _ENDED:
            raise client_error(operation, "ResourceInUse", f"{kind} {name} already exists.")
        now = datetime.now(timezone.utc)
        self._things[kind, domain, name] = {
            **{key: value for key, value in request.items() if key != "Tags"},
            "Status": "Pending",
            "CreationTime": now,
            "until": self._clock.now() + self._delays.workforce,
            "next": self._faults.follow(operation) or "InService",
        }

    def _described(self, kind: str, domain: str, name: str) -> dict[str, Any]:
        with self._lock:
            thing = self._require(kind, domain, name)
            return {key: value for key, value in thing.items() if key not in ("until", "next")}

    def _listed(self, kind: str, domain: str, members: tuple[str, ...]) -> list[dict[str, Any]]:
        with self._lock:
            self._settle()
            found = [thing for (k, d, _), thing in self._things.items() if k == kind and domain in ("", d)]
            return [{member: thing[member] for member in members if member in thing} for thing in found]

    def _delete(self, kind: str, domain: str, name: str) -> dict[str, Any]:
        order = ("App", "Space", "UserProfile", "Domain")
        with self._lock:
            thing = self._require(kind, domain, name)
            if thing["Status"] in _ENDED:
                raise client_error("DeleteApp", "ValidationException", _ENDED[thing["Status"]].format(name=name))
            before = order[: order.index(kind)]
            there = [key for key, other in self._things.items() if other["Status"] not in _ENDED]
            if any(k in before and d == domain for k, d, _ in there):
                raise client_error(f"Delete{kind}", "ResourceInUse", f"{kind} {name} is still used.")
            thing |= {"Status": "Deleting", "until": self._clock.now() + self._delays.workforce, "next": "Deleted"}
        return {}

    def _require(self, kind: str, domain: str, name: str) -> dict[str, Any]:
        self._settle()
        thing = self._things.get((kind, domain, name))
        if thing is not None:
            return thing
        if kind in ("Space", "App") and next(self._not_found) == "RecordNotFound":
            raise client_error(f"Describe{kind}", "ValidationException", f"{kind} {name}: RecordNotFound")
        raise client_error(f"Describe{kind}", "ResourceNotFound", f"{kind} {name} does not exist.")

    def _settle(self) -> None:
        for key, thing in list(self._things.items()):
            if self._clock.now() < thing["until"]:
                continue
            # Only apps are listed after their end, as long as there is their domain.
            if thing["Status"] in _ENDED or (thing["next"] == "Deleted" and key[0] != "App"):
                del self._things[key]
            elif thing["Status"] != thing["next"]:
                thing["Status"] = thing["next"]
                if thing["Status"] in _ENDED:
                    thing["until"] += _DAY_SECONDS
                if thing["Status"] == "Failed":
                    thing["FailureReason"] = "As asked for."
        domains = {domain for kind, domain, _ in self._things if kind == "Domain"}
        self._things = {key: thing for key, thing in self._things.items() if key[1] in domains}
