"""Who labels on Ground Truth: a private work team, in the region's one workforce."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kit.aws.resources.user_group import UserGroup
from kit.aws.resources.user_pool import UserPool
from kit.aws.resources.worker import Worker
from kit.aws.resources.workforce import Workforce
from kit.aws.resources.workteam import Workteam
from kit.aws.session import Aws
from kit.errors import InputError
from kit.language import _
from kit.run import names
from kit.run.journal import Journal
from kit.run.results import TeamResult


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
        found = Workteam(aws).existing()
        if found is None:
            raise InputError(_("Nobody is there to label: give e-mail addresses, WORKERS=a@example.org,b@example.org."))
        return TeamResult(found["WorkteamArn"], portal_of(found))
    name, workforces = names.resource(journal.run_id), Workforce(aws, poll_seconds)
    existing = workforces.existing()
    ours = existing is None or existing["WorkforceName"] == name
    if ours:
        pool, client = UserPool(aws).make(journal, name)
        if existing is None:
            workforces.make(journal, name, pool, client)
    elif existing is not None and "OidcConfig" not in existing:
        pool, client = existing["CognitoConfig"]["UserPool"], existing["CognitoConfig"]["ClientId"]
        UserGroup(aws).enter(journal, pool, name)
    else:
        raise InputError(
            _(
                "The region's workforce signs in through an identity provider of its own, to which the kit cannot "
                "invite anybody; make a team in the console and leave WORKERS out, or label with "
                "LABELER=label-studio."
            )
        )
    workforce = name if existing is None else str(existing["WorkforceName"])
    workforces.wait_until_active(workforce)
    UserGroup(aws).make(pool, name)
    member = {"UserPool": pool, "UserGroup": name, "ClientId": client}
    team = Workteam(aws).make(journal, name, workforce, member)
    portal = portal_of(team)
    if ours and portal:
        UserPool(aws).lead_to(journal, pool, client, portal)
    for worker in workers:
        Worker(aws).make(journal, pool, name, worker, of_the_run=ours)
    return TeamResult(team["WorkteamArn"], portal)


def portal_of(workteam: Mapping[str, Any]) -> str:
    """Where the team labels; "" where SageMaker does not say, which it need not (`SubDomain` in API_Workteam)."""
    domain = str(workteam.get("SubDomain", "")).removeprefix("https://")
    return f"https://{domain}" if domain else ""
