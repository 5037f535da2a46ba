"""The client that asks an endpoint which is there already: on AWS, or wherever an address leads."""

from __future__ import annotations

import ipaddress
from typing import Any
from urllib.parse import urlsplit

import boto3
import botocore.session
from botocore import UNSIGNED
from botocore.config import Config

from kit.aws.session import open_account
from kit.errors import InputError
from kit.language import _

_REGION_OF_THIS_MACHINE = "us-east-1"
# InvokeEndpoint may take 60.
_ANSWER_SECONDS = 70


def runtime_client(region: str | None, url: str | None) -> Any:
    """boto3's `sagemaker-runtime`.

    Args:
        region: of the endpoint; None for the one that AWS's own settings say.
        url: in place of AWS's address; on this machine, where `kit endpoint` serves, nobody looks at credentials.

    Raises:
        SetupError: no region, no credentials, or credentials that AWS does not take.
        InputError: `url` is no address.
    """
    if url is None:
        return open_account(region).client("sagemaker-runtime")
    host = urlsplit(url).hostname
    if not host or urlsplit(url).scheme not in ("http", "https"):
        raise InputError(_("{url}: is no address; give one such as http://127.0.0.1:8080").format(url=url))
    if _is_this_machine(host):
        session = boto3.Session(botocore_session=botocore.session.Session())
        found, unsigned = region or _REGION_OF_THIS_MACHINE, Config(signature_version=UNSIGNED)
    else:
        aws = open_account(region)
        session, found, unsigned = aws.session, aws.region, Config()
    config = unsigned.merge(Config(connect_timeout=10, read_timeout=_ANSWER_SECONDS))
    return session.client("sagemaker-runtime", region_name=found, endpoint_url=url, config=config)


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
