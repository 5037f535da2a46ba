"""One line of what is found out before anything is made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from kit.language import marked

PASS, WARNING, FAIL = marked("pass"), marked("warning"), marked("fail")


@dataclass(frozen=True)
class Finding:
    """One line of the table; `todo` says what to do where it did not pass."""

    what: str
    status: str
    found: str
    todo: str = ""


def failed(findings: Iterable[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.status == FAIL]


def said(error: ClientError | BotoCoreError) -> str:
    """AWS's answer in a word or two: the error's code where it has one."""
    return error.response["Error"]["Code"] if isinstance(error, ClientError) else str(error)
