"""A model served by a process of this machine that keeps SageMaker's inference contract.

Contract: "Custom Inference Code with Hosting Services" of the SageMaker Developer Guide: GET /ping is 200 once the
model can answer, POST /invocations answers within 60 s. A process learns its /opt/ml from SAGEMAKER_BASE_DIR and its
port from SAGEMAKER_BIND_TO_PORT.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import urllib3

from kit.local_cloud.process import GuardedProcess, child_environment, choose_port, wait_until_ready

_ANSWER_TIMEOUT_SECONDS = 60.0
_PING_TIMEOUT_SECONDS = 2.0

# For programs and containers that serve: unlike an endpoint's on AWS they share the cores with all else that runs here.
SHARING_CORES = {"OMP_WAIT_POLICY": "PASSIVE"}


@dataclass(frozen=True)
class Answer:
    status: int
    content_type: str
    body: bytes


class ModelServer:
    """A serving process; starts on construction, is usable after `wait_until_ready`.

    Args:
        name: what it is to the user, for messages.
        base: its /opt/ml; holds `model/`.
        command: the program, with its arguments.
        environment: what the model's container definition asks for.
        log: collects its output.

    Raises:
        SetupError: the program is not there.
    """

    def __init__(
        self,
        name: str,
        base: Path,
        command: Sequence[str | os.PathLike[str]],
        *,
        environment: Mapping[str, str],
        log: Path,
    ) -> None:
        port = choose_port(None, setting="SAGEMAKER_BIND_TO_PORT")
        self._process = GuardedProcess(
            name,
            command,
            environment=child_environment(
                {
                    **environment,
                    "SAGEMAKER_BASE_DIR": os.fspath(base.resolve()),
                    "SAGEMAKER_BIND_TO_PORT": str(port),
                    "DETECTOR_HOST": "127.0.0.1",
                }
            ),
            log=log,
            directory=base,
        )
        # Connections are kept open: opening one for each picture would be measured as the model's latency.
        self._connections = urllib3.HTTPConnectionPool("127.0.0.1", port, maxsize=8, retries=False)

    def wait_until_ready(self, timeout: float) -> None:
        """Raises ServiceError with the end of its log when it ends or the time is up."""
        wait_until_ready(self._process, self._answers_ping, timeout=timeout)

    def ending(self) -> str | None:
        """None while it runs, else how it ended, with the end of its log."""
        status = self._process.exit_status()
        if status is None:
            return None
        return f"{self._process.name} ended with status {status}; its log ends with:\n{self._process.log_tail()}"

    def invoke(self, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Raises urllib3.exceptions.HTTPError when no answer came (in time)."""
        answer = self._connections.request(
            "POST",
            "/invocations",
            body=body,
            headers=headers,
            timeout=_ANSWER_TIMEOUT_SECONDS,
            redirect=False,
        )
        return Answer(answer.status, answer.headers.get("Content-Type", "application/octet-stream"), answer.data)

    def close(self) -> None:
        self._connections.close()
        self._process.stop()

    def _answers_ping(self) -> bool:
        try:
            return self._connections.request("GET", "/ping", timeout=_PING_TIMEOUT_SECONDS).status == 200
        except urllib3.exceptions.HTTPError:
            return False
