"""S3 of the local cloud: LocalStack as a guarded process, and boto3 clients that reach nothing else.

LocalStack forgets its objects when it stops; `kit.local_cloud.s3.mirror` keeps them.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import boto3
import botocore.session
from botocore.config import Config

from kit.local_cloud.account import REGION
from kit.local_cloud.process import (
    GuardedProcess,
    Service,
    child_environment,
    choose_port,
    wait_for_predecessor,
    wait_until_ready,
)
from kit.repository import ROOT

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from typing_extensions import Self

# `python -m localstack.aws.spec` with this folder of LocalStack's environment as FILESYSTEM_ROOT puts a catalogue
# there at set-up; without it every new run folder builds its own, which takes 5 to 10 s.
PREPARED_FILESYSTEM = "filesystem"

_STATIC_LIBRARIES = Path("usr/lib/localstack")
_PROGRAM = ROOT / "containers" / "localstack" / "serve.py"
_START_TIMEOUT_SECONDS = 120.0


class S3Server(ABC):
    """A running S3 service on 127.0.0.1, whatever it runs in.

    Attributes:
        url: its address, `http://127.0.0.1:<port>`.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"

    def client(self) -> S3Client:
        """A boto3 client of this S3, safe to share between threads."""
        return s3_client(self.url)

    @property
    @abstractmethod
    def service(self) -> Service:
        """What runs now."""

    @abstractmethod
    def restart(self) -> None:
        """Starts it again, empty, at the same address; raises ServiceError when it does not come up."""

    @abstractmethod
    def close(self) -> None:
        """Ends it; its objects are gone with it."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class LocalStack(S3Server):
    """LocalStack as a process; starts on construction and returns when it is ready.

    Args:
        environment: the virtual environment that holds `localstack-core`.
        folder: for its log and its working files, which are worth nothing once it has stopped.
        port: None for a free one.

    Raises:
        SetupError: the port is taken, or the environment is not there.
        ServiceError: it did not become ready; with the end of its log.
    """

    def __init__(self, environment: Path, folder: Path, *, port: int | None = None) -> None:
        log = folder / "localstack.log"
        wait_for_predecessor("LocalStack (S3)", log)
        super().__init__(choose_port(port, setting="S3_PORT"))
        self._environment, self._log, self._files = environment, log, folder / "files"
        self._process = self._start()

    def _start(self) -> GuardedProcess:
        self._clear()
        environment = self._environment
        temporary = self._files / "tmp"
        temporary.mkdir(parents=True)
        catalogue = environment / PREPARED_FILESYSTEM / _STATIC_LIBRARIES
        if catalogue.is_dir():
            shutil.copytree(catalogue, self._files / _STATIC_LIBRARIES)
        process = GuardedProcess(
            "LocalStack (S3)",
            [environment / "bin" / "python", "-I", _PROGRAM, (self._files / "s3").resolve()],
            environment=child_environment(
                {
                    "SERVICES": "s3",
                    "EAGER_SERVICE_LOADING": "1",
                    "STRICT_SERVICE_LOADING": "1",
                    "DISABLE_EVENTS": "1",
                    "SKIP_SSL_CERT_DOWNLOAD": "1",
                    "DNS_ADDRESS": "0",
                    "GATEWAY_LISTEN": f"127.0.0.1:{self.port}",
                    # Its default server, twisted, listens on every interface whatever GATEWAY_LISTEN says.
                    "GATEWAY_SERVER": "hypercorn",
                    "OVERRIDE_IN_DOCKER": "0",
                    "FILESYSTEM_ROOT": os.fspath(self._files.resolve()),
                    "TMPDIR": os.fspath(temporary.resolve()),
                    # Its index of plugins, in the user's cache, is read half written by another that starts just then.
                    "XDG_CACHE_HOME": os.fspath(temporary.resolve()),
                }
            ),
            log=self._log,
            # It waits for connections that its clients keep open, and holds nothing that a kill could harm.
            grace_seconds=1.0,
        )
        try:
            wait_until_ready(process, lambda: s3_answers(self.port), timeout=_START_TIMEOUT_SECONDS)
        except BaseException:
            process.stop()
            self._clear()
            raise
        return process

    @property
    def service(self) -> Service:
        return self._process

    def restart(self) -> None:
        self._process.stop()
        self._process = self._start()

    def close(self) -> None:
        """Ends the process and removes its working files; its log stays."""
        self._process.stop()
        self._clear()

    def _clear(self) -> None:
        if self._files.exists():
            shutil.rmtree(self._files)


def s3_answers(port: int) -> bool:
    """Whether the LocalStack on this port of 127.0.0.1 has its S3 up."""
    # A bare 200, or `Ready.` in its log, comes before S3 can answer.
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/_localstack/health")
        services = json.loads(connection.getresponse().read())["services"]
    except (OSError, http.client.HTTPException, json.JSONDecodeError, KeyError):
        return False
    finally:
        connection.close()
    return services.get("s3") in ("running", "available")


def s3_client(url: str) -> S3Client:
    """A client of the S3 service at `url` that never reads the user's AWS configuration, credentials or proxies.

    localstack_client's Session is no help here: AWS_ENDPOINT_URL of the shell overrides the address it is given, so
    that a rehearsal could write to somebody's real service, and AWS_PROFILE reaches it through boto3's default session.
    """
    session = botocore.session.Session(
        session_vars={
            "profile": (None, None, None, None),
            "config_file": (None, None, os.devnull, None),
            "credentials_file": (None, None, os.devnull, None),
        }
    )
    return boto3.Session(botocore_session=session).client(
        "s3",
        endpoint_url=url,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106 - LocalStack asks for any
        config=Config(
            s3={"addressing_style": "path"},
            proxies={},
            connect_timeout=5,
            read_timeout=60,
            retries={"mode": "standard", "total_max_attempts": 3},
            max_pool_connections=16,
        ),
    )
