"""The mail that invites somebody to label: as Amazon Cognito sends it, and as a file where no mail is sent."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path

from kit.atomic_file import write_atomically
from kit.console import Console
from kit.language import _


def subject() -> str:
    return _("Pictures to label")


def body(portal: str, name: str, initial: str) -> str:
    """With <br> between its lines, as Cognito wants it."""
    return _(
        "You are invited to label pictures. Sign in at {portal}<br>user name: {name}<br>"
        "password for the first time: {initial}"
    ).format(portal=portal, name=name, initial=initial)


def mail(portal: str, address: str, initial: str, further: str = "") -> EmailMessage:
    """Args: further: a line that Cognito's has not."""
    made = EmailMessage()
    made["To"], made["Subject"] = address, subject()
    made.set_content("\n".join([*body(portal, address, initial).split("<br>"), *filter(None, [further])]))
    return made


def keep(target: Path, made: EmailMessage) -> bool:
    """Keeps the mail as a file; whether it is another than was kept there."""
    if target.exists() and target.read_bytes() == bytes(made):
        return False
    write_atomically(target, bytes(made), mode=0o600)
    return True


def show(made: EmailMessage, console: Console) -> None:
    console.say("\n".join(f"    | {line}" for line in made.get_content().splitlines()))
