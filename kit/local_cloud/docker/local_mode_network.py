"""The network of SageMaker local mode, made beforehand so that its endpoints are published on 127.0.0.1 only.

Local mode publishes an endpoint's port with no address, which means every interface of the machine, and its settings
cannot say otherwise. The network it uses can: Docker publishes the ports of a bridge on the address of this option.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from pathlib import Path

import docker
from docker.errors import APIError, NotFound
from docker.models.networks import Network

from kit.errors import SetupError
from kit.language import _

# The SDK's name for it, the same for everybody on this machine.
NETWORK = "sagemaker-local"

_LABEL = "jumpstart-rehearsal"
_BIND_OPTION = "com.docker.network.bridge.host_binding_ipv4"
_BIND_ADDRESS = "127.0.0.1"


def require_network(client: docker.DockerClient) -> None:
    """Makes the network when it is not there.

    Raises:
        SetupError: there is one that would show an endpoint to others.
    """
    network = _find(client)
    if network is None:
        try:
            client.networks.create(
                NETWORK,
                driver="bridge",
                options={_BIND_OPTION: _BIND_ADDRESS},
                # Compose takes the network for its own by its label.
                labels={_LABEL: "", "com.docker.compose.network": NETWORK},
                check_duplicate=True,
            )
        except APIError as error:
            # Another run made it meanwhile.
            if error.status_code != 409:
                raise
        return
    if (network.attrs["Options"] or {}).get(_BIND_OPTION) != _BIND_ADDRESS:
        raise SetupError(
            _(
                "The Docker network {network} is not the kit's and would show an endpoint to other machines: "
                "remove it with `docker network rm {network}`, or choose RUNTIME=process, which needs no containers."
            ).format(network=NETWORK)
        )


def remove_network(client: docker.DockerClient) -> None:
    """Removes what a killed run has left of it, unless another run is using it."""
    lock = _open_lock()
    try:
        _remove_unless_used(client, lock)
    finally:
        os.close(lock)


class NetworkUse:
    """Holds the network for as long as a run may start containers in it; the last to close removes it.

    The engine keeps a network only from the moment that a container in it starts, which is too late for another run
    whose Compose is about to.

    Raises:
        SetupError: see `require_network`.
    """

    def __init__(self, client: docker.DockerClient) -> None:
        self._client = client
        self._lock = _open_lock()
        fcntl.flock(self._lock, fcntl.LOCK_SH)
        try:
            require_network(client)
        except BaseException:
            os.close(self._lock)
            raise

    def close(self) -> None:
        _remove_unless_used(self._client, self._lock)
        os.close(self._lock)


def _open_lock() -> int:
    """A file that every run of this user holds a shared lock on for as long as it uses the network."""
    path = Path(tempfile.gettempdir()) / f"jumpstart-rehearsal-network-{os.getuid()}.lock"
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)


def _remove_unless_used(client: docker.DockerClient, lock: int) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    network = _find(client)
    if network is None or _LABEL not in network.attrs["Labels"]:
        return
    try:
        network.remove()
    except NotFound:
        return
    except APIError as error:
        # Another user's run, or somebody's own use of local mode.
        if "active endpoints" not in str(error):
            raise


def _find(client: docker.DockerClient) -> Network | None:
    found = [network for network in client.networks.list(names=[NETWORK]) if network.name == NETWORK]
    return found[0] if found else None
