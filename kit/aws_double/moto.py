"""moto as a guarded process: S3, IAM, STS, Cognito and the rest of AWS that is not SageMaker."""

from __future__ import annotations

import http.client
from pathlib import Path

from kit.errors import ServiceError
from kit.language import _
from kit.local_cloud.account import ACCOUNT
from kit.local_cloud.environments import MOTO
from kit.local_cloud.process import GuardedProcess, Service, child_environment, choose_port, wait_until_ready
from kit.local_cloud.s3.localstack import S3Server

_START_TIMEOUT_SECONDS = 60.0


class Moto(S3Server):
    """A running moto server; starts on construction and returns when it answers. It forgets all when it ends.

    Args:
        folder: for its log.

    Raises:
        SetupError: its environment is not there.
        ServiceError: it does not come up.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(choose_port(None, setting="a port"))
        self._process = GuardedProcess(
            "moto",
            [MOTO / "bin" / "moto_server", "-H", "127.0.0.1", "-p", str(self.port)],
            environment=child_environment({"MOTO_IAM_LOAD_MANAGED_POLICIES": "true", "MOTO_ACCOUNT_ID": ACCOUNT}),
            log=folder / "moto.log",
            grace_seconds=1.0,
        )
        try:
            wait_until_ready(self._process, self._answers, timeout=_START_TIMEOUT_SECONDS)
        except BaseException:
            self.close()
            raise

    @property
    def service(self) -> Service:
        return self._process

    def restart(self) -> None:
        raise ServiceError(_("moto has ended, and the account of the double with it; begin a new rehearsal."))

    def close(self) -> None:
        self._process.stop()

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/moto-api/data.json")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
