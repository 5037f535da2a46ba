"""The network of SageMaker local mode, made beforehand so that its endpoints are published on 127.0.0.1 only.

Local mode publishes an endpoint's port with no address, which means every interface of the machine, and its settings
cannot say otherwise. The network it uses can: Docker publishes the ports of a bridge on the address of this option.
"""

from __future__ import annotations

import docker
from docker.errors import APIError, NotFound
from docker.models.networks import Network

from kit.errors import SetupError

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
            f"The Docker network {NETWORK} is not the kit's and would show an endpoint to other machines: remove it "
            f"with `docker network rm {NETWORK}`, or choose RUNTIME=process, which needs no containers."
        )


def remove_network(client: docker.DockerClient) -> None:
    """Removes the kit's network unless another run is using it."""
    network = _find(client)
    if network is None or _LABEL not in network.attrs["Labels"]:
        return
    try:
        network.remove()
    except NotFound:
        return
    except APIError as error:
        if "active endpoints" not in str(error):
            raise


def _find(client: docker.DockerClient) -> Network | None:
    found = [network for network in client.networks.list(names=[NETWORK]) if network.name == NETWORK]
    return found[0] if found else None
