"""Who labels on Ground Truth: a private work team, in the region's one workforce."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from kit.aws import names, user_pool
from kit.aws.session import Aws
from kit.aws_api import unless_missing
from kit.errors import InputError, ServiceError
from kit.language import _
from kit.run.journal import Journal
from kit.run.results import TeamResult

WORKFORCE, WORKTEAM, GROUP = "workforce", "workteam", "user-group"
_COMING = ("Initializing", "Updating")
_PATIENCE_SECONDS = 900


def existing_workforce(aws: Aws) -> Mapping[str, Any] | None:
    """The region's private workforce: there can be one, and it may be somebody else's."""
    found = aws.client("sagemaker").list_workforces()["Workforces"]
    return found[0] if found else None


def existing_team(aws: Aws) -> Mapping[str, Any] | None:
    """A private team that is there already."""
    found = aws.client("sagemaker").list_workteams(MaxResults=1)["Workteams"]
    return found[0] if found else None


def make(aws: Aws, journal: Journal, workers: Sequence[str], poll_seconds: float) -> TeamResult:
    """Finds or makes workforce and team, and invites the workers.

    Without `workers` a team that exists already is taken. With them the run gets a team of its own, in the region's
    workforce where there is one, else in one that is made. What an earlier attempt made is found again.

    Raises:
        InputError: no workers, and no team; a workforce whose people are not managed by Cognito.
        ServiceError: the workforce does not come up.
        ClientError: AWS refuses.
    """
    if not workers:
        found = existing_team(aws)
        if found is None:
            raise InputError(_("Nobody is there to label: give e-mail addresses, WORKERS=a@example.org,b@example.org."))
        return TeamResult(found["WorkteamArn"], portal_of(found))
    sagemaker, name = aws.client("sagemaker"), names.team(journal.run_id)
    workforce = existing_workforce(aws)
    ours = workforce is None or workforce["WorkforceName"] == name
    if ours:
        pool, client = user_pool.make(aws, journal, name)
        if workforce is None:
            journal.will_create(WORKFORCE, name)
            sagemaker.create_workforce(WorkforceName=name, CognitoConfig={"UserPool": pool, "ClientId": client})
    elif workforce is not None and "CognitoConfig" in workforce:
        pool, client = workforce["CognitoConfig"]["UserPool"], workforce["CognitoConfig"]["ClientId"]
        journal.will_create(GROUP, f"{pool}/{name}")
    else:
        raise InputError(
            _(
                "The region's workforce signs in through an identity provider of its own, to which the kit cannot "
                "invite anybody; make a team in the console and leave WORKERS out, or label with "
                "LABELER=label-studio."
            )
        )
    workforce = _active(aws, name if ours else str(workforce and workforce["WorkforceName"]), poll_seconds)
    user_pool.make_group(aws, pool, name)
    team = unless_missing(sagemaker.describe_workteam, WorkteamName=name)
    if team is None:
        journal.will_create(WORKTEAM, name)
        sagemaker.create_workteam(
            WorkteamName=name,
            WorkforceName=workforce["WorkforceName"],
            MemberDefinitions=[{"CognitoMemberDefinition": {"UserPool": pool, "UserGroup": name, "ClientId": client}}],
            Description=f"Labels the pictures of the workshop run {journal.run_id}",
        )
        team = sagemaker.describe_workteam(WorkteamName=name)
    portal = portal_of(team["Workteam"])
    if ours:
        user_pool.lead_to(aws, pool, client, portal)
    for worker in workers:
        user_pool.invite(aws, journal, pool, name, worker)
    return TeamResult(team["Workteam"]["WorkteamArn"], portal)


def portal_of(workteam: Mapping[str, Any]) -> str:
    return f"https://{workteam['SubDomain'].removeprefix('https://')}"


def delete_workteam(aws: Aws, name: str) -> None:
    unless_missing(aws.client("sagemaker").delete_workteam, WorkteamName=name)


def delete_workforce(aws: Aws, name: str, poll_seconds: float) -> None:
    """Deletes a workforce that the kit made, and waits until it is gone."""
    sagemaker = aws.client("sagemaker")
    if unless_missing(sagemaker.delete_workforce, WorkforceName=name) is None:
        return
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while unless_missing(sagemaker.describe_workforce, WorkforceName=name) is not None:
        if time.monotonic() > deadline:
            raise ServiceError(
                _("Workforce {name} is still being deleted; run `make cloud-clean` again later.").format(name=name)
            )
        time.sleep(poll_seconds)


def _active(aws: Aws, name: str, poll_seconds: float) -> Mapping[str, Any]:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        workforce: Mapping[str, Any] = aws.client("sagemaker").describe_workforce(WorkforceName=name)["Workforce"]
        status = workforce.get("Status", "Active")
        if status == "Active":
            return workforce
        if status not in _COMING or time.monotonic() > deadline:
            reason = workforce.get("FailureReason", _("no reason given"))
            raise ServiceError(
                _("Workforce {name} is {status} ({reason}); run `make cloud-clean`, then try again.").format(
                    name=name, status=status, reason=reason
                )
            )
        time.sleep(poll_seconds)
