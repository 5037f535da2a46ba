"""`KEEP=1`: the endpoint of a run stays, with the page before it, in place of the clean-up, until Ctrl-C."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence

from botocore.exceptions import BotoCoreError, ClientError

from kit.aws.session import Aws
from kit.aws_api import AwsApi, unless_missing
from kit.console import Console
from kit.language import _
from kit.run.folder import RunFolder
from kit.run.journal import Journal
from kit.serving.pieces import Piece, pieces_here, pieces_on_aws
from kit.serving.protocol import OneEndpoint
from kit.serving.show import WATCH_SECONDS, show
from kit.serving.subject import subject_of

# AWS is asked less often whether the endpoint is there still.
AWS_WATCH_SECONDS = 30.0
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeEndpoint.html: those in which it answers.
_ANSWERING = ("InService", "Updating", "SystemUpdating", "RollingBack")


def keep_open(
    api: AwsApi,
    endpoint: str,
    folder: RunFolder,
    journal: Journal,
    console: Console,
    listener: socket.socket,
    *,
    browse: bool,
    pieces: Callable[[str, str], Sequence[Piece]] = pieces_here,
    watch_seconds: float = WATCH_SECONDS,
    price: str = "",
    seconds: float = float("inf"),
) -> bool:
    """`kit.serving.show.show` for an endpoint of a run.

    Raises:
        ServiceError: the endpoint is gone.
    """
    return show(
        listener,
        OneEndpoint(endpoint, api.sagemaker_runtime, api.account),
        subject_of(folder, journal),
        console,
        pieces=pieces,
        browse=browse,
        ending=lambda: ending_of(api, endpoint, console),
        watch_seconds=watch_seconds,
        price=price,
        seconds=seconds,
    )


def pieces_of(aws: Aws, url: str, endpoint: str) -> tuple[Piece, ...]:
    """Code that asks AWS itself, or, where something on this machine stands in for it, the page's server."""
    return pieces_here(url, endpoint) if aws.is_stand_in else pieces_on_aws(aws.region, endpoint)


def ending_of(api: AwsApi, endpoint: str, console: Console) -> str | None:
    """Why the endpoint cannot be asked any more; None while it can, or as long as nobody can tell."""
    try:
        found = unless_missing(api.sagemaker.describe_endpoint, EndpointName=endpoint)
    except (ClientError, BotoCoreError) as error:
        console.say(
            _("Whether endpoint {name} is there still cannot be seen: {error}").format(name=endpoint, error=error)
        )
        return None
    if found is None:
        return _("Endpoint {name} is gone.").format(name=endpoint)
    if found["EndpointStatus"] in _ANSWERING:
        return None
    return _("Endpoint {name} cannot be asked, its status is {status}: {reason}").format(
        name=endpoint, status=found["EndpointStatus"], reason=found.get("FailureReason", _("no reason given"))
    )
