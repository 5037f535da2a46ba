"""SageMaker's private workforces and work teams: one workforce in a region, coming and going in their time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

from kit.aws_double.clock import Clock
from kit.aws_double.delays import Delays
from kit.local_cloud.account import Place
from kit.local_cloud.service_model import client_error


class Workforces:
    """The verbs of boto3's `sagemaker` client for private workforces.

    Args:
        delays: how long one takes to come up, and to go; and how long an active one takes no team, as Terraform's
            provider has seen (it retries for two minutes).

    Attributes:
        operations: by the API's names.
    """

    def __init__(self, place: Place, clock: Clock, delays: Delays) -> None:
        self._place, self._clock = place, clock
        self._sub_domain = f"double.labeling.{place.region}.sagemaker.aws"
        self._delays = delays
        self._workforces: dict[str, dict[str, Any]] = {}
        self._teams: dict[str, dict[str, Any]] = {}
        self._lock = threading.Lock()
        self.operations: dict[str, Callable[..., dict[str, Any]]] = {
            "CreateWorkforce": self.create_workforce,
            "DescribeWorkforce": self.describe_workforce,
            "ListWorkforces": self.list_workforces,
            "DeleteWorkforce": self.delete_workforce,
            "CreateWorkteam": self.create_workteam,
            "DescribeWorkteam": self.describe_workteam,
            "ListWorkteams": self.list_workteams,
            "DeleteWorkteam": self.delete_workteam,
        }

    def create_workforce(self, **request: Any) -> dict[str, Any]:
        name = request["WorkforceName"]
        with self._lock:
            self._settle()
            if self._workforces:
                raise _refused("CreateWorkforce", "A workforce already exists in this region.")
            now = datetime.now(timezone.utc)
            arn = self._place.sagemaker_arn(f"workforce/{name}")
            self._workforces[name] = {
                "WorkforceName": name,
                "WorkforceArn": arn,
                "CognitoConfig": request["CognitoConfig"],
                "SubDomain": self._sub_domain,
                "CreateDate": now,
                "LastUpdatedDate": now,
                "Status": "Initializing",
                "until": self._clock.now() + self._delays.workforce,
            }
        return {"WorkforceArn": arn}

    def describe_workforce(self, *, WorkforceName: str) -> dict[str, Any]:
        with self._lock:
            self._settle()
            return {"Workforce": _told(self._workforce("DescribeWorkforce", WorkforceName))}

    def list_workforces(self, *, NameContains: str = "", **_: Any) -> dict[str, Any]:
        with self._lock:
            self._settle()
            found = [_told(workforce) for name, workforce in self._workforces.items() if NameContains in name]
        return {"Workforces": found}

    def delete_workforce(self, *, WorkforceName: str) -> dict[str, Any]:
        with self._lock:
            workforce = self._workforce("DeleteWorkforce", WorkforceName)
            if self._teams:
                raise client_error("DeleteWorkforce", "ResourceInUse", "The workforce still has work teams.")
            workforce |= {"Status": "Deleting", "until": self._clock.now() + self._delays.workforce}
        return {}

    def create_workteam(self, **request: Any) -> dict[str, Any]:
        name = request["WorkteamName"]
        with self._lock:
            self._settle()
            workforce = self._workforce("CreateWorkteam", request.get("WorkforceName", ""))
            if workforce["Status"] != "Active":
                raise _refused("CreateWorkteam", f"The workforce is {workforce['Status']}.")
            if self._clock.now() < workforce["until"] + self._delays.team:
                raise _refused("CreateWorkteam", "Unable to create the work team.")
            if name in self._teams:
                raise client_error("CreateWorkteam", "ResourceInUse", f'The work team "{name}" already exists.')
            now = datetime.now(timezone.utc)
            arn = self._place.sagemaker_arn(f"workteam/private-crowd/{name}")
            self._teams[name] = {
                "WorkteamName": name,
                "WorkteamArn": arn,
                "WorkforceArn": workforce["WorkforceArn"],
                "MemberDefinitions": request["MemberDefinitions"],
                "Description": request["Description"],
                "SubDomain": self._sub_domain,
                "CreateDate": now,
                "LastUpdatedDate": now,
            }
        return {"WorkteamArn": arn}

    def describe_workteam(self, *, WorkteamName: str) -> dict[str, Any]:
        with self._lock:
            if WorkteamName not in self._teams:
                raise _refused("DescribeWorkteam", f"The work team {WorkteamName} cannot be found.")
            return {"Workteam": self._teams[WorkteamName]}

    def list_workteams(self, *, NameContains: str = "", **_: Any) -> dict[str, Any]:
        with self._lock:
            return {"Workteams": [team for name, team in self._teams.items() if NameContains in name]}

    def delete_workteam(self, *, WorkteamName: str) -> dict[str, Any]:
        with self._lock:
            if self._teams.pop(WorkteamName, None) is None:
                raise _refused("DeleteWorkteam", f"The work team {WorkteamName} cannot be found.")
        return {"Success": True}

    def has_team(self, arn: str) -> bool:
        with self._lock:
            return any(team["WorkteamArn"] == arn for team in self._teams.values())

    def _workforce(self, operation: str, name: str) -> dict[str, Any]:
        if name not in self._workforces:
            raise _refused(operation, f"No workforce found with name {name}.")
        return self._workforces[name]

    def _settle(self) -> None:
        """Lets those whose time has come be there, or be gone."""
        for name, workforce in list(self._workforces.items()):
            if self._clock.now() < workforce["until"]:
                continue
            if workforce["Status"] == "Deleting":
                del self._workforces[name]
            else:
                workforce["Status"] = "Active"


def _told(workforce: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in workforce.items() if name != "until"}


def _refused(operation: str, message: str) -> Any:
    return client_error(operation, "ValidationException", message)
