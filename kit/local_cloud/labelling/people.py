"""The people who label together: each a user of Label Studio, because it gives out pictures by user.

Two browsers with one user get the same picture, and the second answer is refused. Users join as its own pages have it:
by the organisation's invitation link, with sign-up otherwise closed. Source: `users/views.py` and
`projects/functions/next_task.py` of label-studio.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

import httpx
import msgspec

from kit.atomic_file import write_atomically
from kit.aws_api import LabellingPortal, Person
from kit.errors import ServiceError
from kit.language import _
from kit.local_cloud.labelling.label_studio import LabelStudioAccess


def portal(
    access: LabelStudioAccess, project: int, file: Path, addresses: Sequence[str], further: str = ""
) -> LabellingPortal:
    """Where the people with these e-mail addresses label a project, each with a user; whoever has one keeps it.

    It is the list of the pictures: only from the button there on does Label Studio keep a picture for whoever has it
    open. Reached by their address, its labelling pages give the same one to everybody.

    Args:
        file: keeps their passwords, which the server tells nobody.
        further: what they are told besides.

    Raises:
        ServiceError: Label Studio does not answer, or refuses.
    """
    address, others = access.ways(f"/user/login/?next={quote(f'/projects/{project}/data', safe='')}")
    return LabellingPortal(
        address,
        _admitted(access, file, addresses),
        invited=True,
        others=others,
        remark=" ".join(
            filter(None, [_("Then press “Label All Tasks”: it brings pictures that nobody else has in hand."), further])
        ),
    )


def _admitted(access: LabelStudioAccess, file: Path, addresses: Sequence[str]) -> tuple[Person, ...]:
    people = [Person(address, password) for address, password in _passwords(file, addresses).items()]
    known = {address.lower() for address in users(access).values()}
    for person in people:
        if person.user.lower() not in known:
            _sign_up(access, person)
    return tuple(people)


def users(access: LabelStudioAccess) -> dict[int, str]:
    """The e-mail addresses of the server's users, by their numbers."""
    with access.session(_("The users of Label Studio")) as label_studio:
        return {int(user.id or 0): str(user.email) for user in label_studio.users.list()}


def _passwords(file: Path, addresses: Sequence[str]) -> Mapping[str, str]:
    """Kept before anybody signs up with one: a kill may come between the two."""
    try:
        kept = msgspec.json.decode(file.read_bytes(), type=dict[str, str]) if file.exists() else {}
    except msgspec.MsgspecError as error:
        raise ServiceError(
            _("{file} is damaged ({error}), and with it the passwords of those who label: put it back.").format(
                file=file, error=error
            )
        ) from error
    wanted = {address: kept.get(address) or secrets.token_urlsafe(9) for address in addresses}
    if not wanted.items() <= kept.items():
        write_atomically(file, msgspec.json.encode({**kept, **wanted}), mode=0o600)
    return wanted


def _sign_up(access: LabelStudioAccess, person: Person) -> None:
    headers = {"Authorization": f"Token {access.token}"}
    try:
        with access.connection() as asking:
            link = asking.get("/api/invite", headers=headers).raise_for_status().json()["invite_url"]
            # The form's own secret comes as a cookie.
            asking.get(link).raise_for_status()
            form = {
                "csrfmiddlewaretoken": asking.cookies["csrftoken"],
                "email": person.user,
                "password": person.password,
                "allow_newsletters": "false",
            }
            answer = asking.post(link, data=form)
    except (httpx.HTTPError, KeyError, ValueError) as error:
        raise ServiceError(
            _("{worker} cannot be given a user of Label Studio at {url}: {error}; run the same command again.").format(
                worker=person.user, url=access.url, error=error
            )
        ) from error
    # It leads on to the projects; a form that is refused comes back.
    if answer.status_code != httpx.codes.FOUND:
        raise ServiceError(
            _("Label Studio at {url} takes no user of the name {worker}; give another address in WORKERS.").format(
                worker=person.user, url=access.url
            )
        )
