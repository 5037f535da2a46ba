"""The labelling server: Label Studio as a guarded process, and the way into it."""

from __future__ import annotations

import dataclasses
import functools
import logging
import secrets
import shutil
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

import httpx
import msgspec

from kit import stopping
from kit.atomic_file import write_atomically
from kit.errors import ServiceError
from kit.language import _
from kit.local_cloud.labelling.label_studio_database import (
    DATABASE_NAME,
    MIGRATION_SECONDS,
    PREPARED_DATABASE,
    label_studio_command,
    label_studio_environment,
)
from kit.local_cloud.process import GuardedProcess, Service, choose_port, wait_for_predecessor, wait_until_ready
from kit.network import EVERYWHERE, LOOPBACK, addresses_of

if TYPE_CHECKING:
    from kit.local_cloud.labelling.label_studio_client import LabelStudio

_logger = logging.getLogger(__name__)

_USER = "labeler@localhost"
# How long a picture is kept for whoever has it open; then it comes back to the others.
PICTURE_SECONDS = 600
_START_SECONDS = 120.0
_ANSWER_SECONDS = 300.0
_ALIVE_SECONDS = 5.0


@dataclass(frozen=True)
class LabelStudioAccess:
    """Where a Label Studio server is and how to get in, as a person (user, password) or as a program (token).

    `others`: where other machines reach it; empty where only this one does.
    """

    url: str
    user: str
    password: str = field(repr=False)
    token: str = field(repr=False)
    others: tuple[str, ...] = ()

    def ways(self, path: str) -> tuple[str, tuple[str, ...]]:
        """The address of a path to give to people, and those by which other machines reach the same."""
        others = tuple(url + path for url in self.others)
        return next(iter(others), self.url + path), others

    @property
    def hosts(self) -> str:
        """What Label Studio may be called by: its ALLOWED_HOSTS."""
        return ",".join([LOOPBACK, "localhost", *(str(urlsplit(url).hostname) for url in self.others)])

    def connection(self) -> httpx.Client:
        """For what the client of its API does not know; addresses may be given without the server's own."""
        return _connection(_ANSWER_SECONDS, self.url)

    @contextmanager
    def session(self, purpose: str) -> Iterator[LabelStudio]:
        """A client of the server's API.

        Args:
            purpose: what the calls are for, to begin the message with when one fails.

        Raises:
            ServiceError: in the block a call was refused or not answered.
        """
        # A third of a second, and only labelling needs it.
        from label_studio_sdk.core.api_error import ApiError

        from kit.local_cloud.labelling.label_studio_client import LabelStudio

        with _connection(_ANSWER_SECONDS) as connection:
            try:
                yield LabelStudio(base_url=self.url, api_key=self.token, httpx_client=connection)
            except ApiError as error:
                raise ServiceError(
                    _("{purpose}: Label Studio at {url} refused with status {status}: {body}").format(
                        purpose=purpose, url=self.url, status=error.status_code, body=error.body
                    )
                ) from error
            except httpx.HTTPError as error:
                raise ServiceError(
                    _(
                        "{purpose}: Label Studio at {url} does not answer ({error}); see server.log in its folder."
                    ).format(purpose=purpose, url=self.url, error=error)
                ) from error


class LabellingServer(Protocol):
    """A running Label Studio, whatever it runs in."""

    @property
    def access(self) -> LabelStudioAccess: ...

    @property
    def service(self) -> Service:
        """What runs now."""

    def restart(self) -> None:
        """Starts it again, at the same address and with all that it knew."""

    def close(self) -> None: ...


# An S3 of this machine asks for some, and takes any.
LOCAL_CREDENTIALS: Mapping[str, str] = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


class LabelStudioServer:
    """Label Studio on 127.0.0.1; starts on construction and returns when it answers its user.

    Database, user and secrets are kept in `folder`: after a stop or a kill a new object on the same folder goes on
    with the same user, projects and labels.

    Args:
        environment: the virtual environment that holds `label-studio`. Unless `label_studio_database` has put its
            empty database there, the first start in a folder takes half a minute longer.
        folder: the server's own.
        s3_url: address of the S3 that it reads pictures from; "" for Amazon's.
        port: None for a free one.
        host: the address of this machine that it serves on; 0.0.0.0 for all.
        s3_credentials: for that S3, by the names of the environment variables that boto3 reads.

    Attributes:
        access: where it is, and how to get in.

    Raises:
        SetupError: the port is taken, or the environment is not there.
        ServiceError: it did not become ready; with the end of its log.
    """

    def __init__(
        self,
        environment: Path,
        folder: Path,
        *,
        s3_url: str,
        port: int | None = None,
        host: str = LOOPBACK,
        s3_credentials: Mapping[str, str] = LOCAL_CREDENTIALS,
    ) -> None:
        folder = folder.absolute()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        log = folder / "server.log"
        # The server of a kit that was killed a moment ago may still hold the database and the port.
        wait_for_predecessor("Label Studio", log)
        _provide_database(environment, folder)
        port = choose_port(port, setting="LABEL_STUDIO_PORT", host=host)
        self.access = access_on(host, port, folder)
        self._start = functools.partial(
            GuardedProcess,
            "Label Studio",
            label_studio_command(environment, "start", "--no-browser", "--internal-host", host, "--port", str(port)),
            environment={
                **label_studio_environment(folder),
                # By environment, because an address on a private network that comes by the API is refused.
                **({"LABEL_STUDIO_S3_ENDPOINT": s3_url} if s3_url else {}),
                **{f"LABEL_STUDIO_{name}": value for name, value in s3_credentials.items()},
                # It creates this user when its database does not have it, and else leaves it as it is.
                "LABEL_STUDIO_USERNAME": self.access.user,
                "LABEL_STUDIO_PASSWORD": self.access.password,
                "LABEL_STUDIO_USER_TOKEN": self.access.token,
                "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true",
                "LABEL_STUDIO_DISABLE_SIGNUP_WITHOUT_LINK": "true",
                "LABEL_STUDIO_ALLOWED_HOSTS": self.access.hosts,
                "LABEL_STUDIO_CORS_ALLOW_ALL_ORIGINS": "false",
                "LABEL_STUDIO_TASK_LOCK_TTL": str(PICTURE_SECONDS),
                "LABEL_STUDIO_ENABLE_LOCAL_FILES_STORAGE": "false",
            },
            log=log,
            directory=folder,
        )
        self._process = self._start()
        self._wait_for_it()

    def _wait_for_it(self) -> None:
        try:
            wait_until_ready(
                self._process, lambda: knows_its_user(self.access), timeout=_START_SECONDS + MIGRATION_SECONDS
            )
        except BaseException:
            self.close()
            raise

    @property
    def service(self) -> Service:
        return self._process

    def restart(self) -> None:
        self._process.stop()
        self._process = self._start()
        self._wait_for_it()

    def close(self) -> None:
        """Ends the process; what it knows stays in its folder."""
        self._process.stop()


def knows_its_user(access: LabelStudioAccess) -> bool:
    """Whether the server answers yet; also tells it from any other on its port, as nobody else knows the token.

    Raises:
        ServiceError: another server answers.
        Stopped: nobody waits for it any more.
    """
    if stopping.is_in_vain():
        raise stopping.Stopped
    headers = {"Authorization": f"Token {access.token}"}
    with _connection(_ALIVE_SECONDS) as connection:
        try:
            answer = connection.get(f"{access.url}/api/current-user/whoami", headers=headers)
        except httpx.TransportError:
            return False
    if answer.status_code in (401, 403):
        raise ServiceError(
            _(
                "The Label Studio at {url} does not know this run's user {user}: another server has taken the "
                "port, or the database is not this run's; start a new run."
            ).format(url=access.url, user=access.user)
        )
    return answer.status_code == 200


def _connection(timeout: float, url: str = "") -> httpx.Client:
    """Plain HTTP within this machine: no proxy or netrc of the user's shell, and no certificates to load each time."""
    return httpx.Client(base_url=url, timeout=timeout, trust_env=False, verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))


def _provide_database(environment: Path, folder: Path) -> None:
    database = folder / DATABASE_NAME
    if database.exists():
        return
    prepared = environment / PREPARED_DATABASE
    if not prepared.exists():
        _logger.warning(
            _("Label Studio has to make its database first, which takes about a minute; `make setup` saves that time.")
        )
        return
    copy = database.with_suffix(".copy")
    shutil.copyfile(prepared, copy)
    copy.replace(database)


@dataclass(frozen=True)
class _Credentials:
    user: str
    password: str
    token: str


def access_on(host: str, port: int, folder: Path) -> LabelStudioAccess:
    """The way into a server on an address of this machine; its credentials are kept in `folder`."""
    here = LOOPBACK if host == EVERYWHERE else host
    others = tuple(f"http://{each}:{port}" for each in addresses_of(host))
    return LabelStudioAccess(f"http://{here}:{port}", **run_credentials(folder), others=others)


def run_credentials(folder: Path) -> dict[str, str]:
    """User, password and token of this run, made up the first time, as is the key that its sessions are signed with.

    Label Studio would make up a key itself. But of fifty one begins with `$`, which it cannot read again: whoever has
    signed in is signed out when it is started again.

    Raises:
        ServiceError: they were kept, but the file is damaged.
    """
    file = folder / "credentials.json"
    if not file.exists():
        made = _Credentials(_USER, password=secrets.token_hex(8), token=secrets.token_hex(20))
        if not (key := folder / ".env").exists():
            write_atomically(key, f"SECRET_KEY={secrets.token_hex(32)}\n".encode(), mode=0o600)
        write_atomically(file, msgspec.json.encode(made), mode=0o600)
    try:
        return dataclasses.asdict(msgspec.json.decode(file.read_bytes(), type=_Credentials))
    except msgspec.MsgspecError as error:
        raise ServiceError(
            _(
                "{file} is damaged ({error}), and with it the way to this run's labels: put it back, or remove "
                "{folder} to label anew."
            ).format(file=file, error=error, folder=folder)
        ) from error
