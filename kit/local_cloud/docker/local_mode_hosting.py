"""An endpoint in SageMaker local mode, as a program that keeps SageMaker's inference contract.

`python -m kit.local_cloud.docker.local_mode_hosting RUN` serves the model of SAGEMAKER_BASE_DIR on
SAGEMAKER_BIND_TO_PORT of 127.0.0.1 until it gets SIGTERM or the container ends, whose exit status it then has; its
output is the container's. `Hosting` looks at /ping and at this process, so that a container that crashes is noticed
when it does; the SDK by itself would look for two minutes, and could not end an endpoint that another process began.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import threading
from pathlib import Path

import docker

from kit import stopping
from kit.errors import KitError
from kit.local_cloud.container_files import ContainerFiles
from kit.local_cloud.docker.local_mode_containers import LocalModeContainer
from kit.local_cloud.docker.local_mode_network import require_network
from kit.local_cloud.docker.local_mode_session import for_compose, local_client, output_to, prepare_environment

_STOP_SECONDS = 6


def main() -> int:
    prepare_environment()
    files = ContainerFiles(Path(os.environ["SAGEMAKER_BASE_DIR"]))
    try:
        return _serve(files, int(os.environ["SAGEMAKER_BIND_TO_PORT"]), *sys.argv[1:])
    except KitError as error:
        print(error)
        return 1


def _serve(files: ContainerFiles, port: int, run: str) -> int:
    client = docker.from_env(version="auto", timeout=None)
    container = LocalModeContainer(client, files.base, run)
    # One that outlived its kit holds these files and another port.
    container.remove()
    image = files.container_definition().image
    container.require_image(image)
    require_network(client)
    _let_anybody_read(files.model)
    work = files.base / "local-mode"

    def end() -> None:
        container.stop(_STOP_SECONDS)
        clean_up()
        os._exit(128 + signal.SIGTERM)

    def clean_up() -> None:
        container.remove()
        if work.exists():
            shutil.rmtree(work)

    stopping.on_sigterm(end)
    problems: list[str] = []
    # The SDK waits for Compose in a thread of its own, and tells of its end by an exception there.
    threading.excepthook = lambda arguments: problems.append(str(arguments.exc_value))
    with os.fdopen(1, "wb", closefd=False) as output, output_to(files.base / "local-mode.log"):
        deploy = threading.Thread(target=_create_endpoint, args=(files, container, work, port), daemon=True)
        deploy.start()
        container.follow(output, given_up=lambda: bool(problems))
    ending = container.ending()
    if not ending.started:
        reason = ending.problem or "".join(problems[:1]) or "its container was removed"
        print(f"SageMaker local mode could not run {image}: {reason}", flush=True)
    clean_up()
    # The SDK's thread would be waited for.
    os._exit(ending.status)


def _create_endpoint(files: ContainerFiles, container: LocalModeContainer, work: Path, port: int) -> None:
    definition = files.container_definition()
    name = files.base.parent.name
    client = local_client(work, container.labels, serving_port=port)
    client.create_model(
        ModelName=name,
        PrimaryContainer={
            "Image": definition.image,
            "ModelDataUrl": f"file://{files.model}",
            "Environment": for_compose(definition.environment),
        },
    )
    variant = {"VariantName": "AllTraffic", "ModelName": name, "InitialInstanceCount": 1, "InstanceType": "local"}
    client.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
    client.create_endpoint(EndpointName=name, EndpointConfigName=name)


def _let_anybody_read(folder: Path) -> None:
    """As SageMaker does: the image says which user it runs as."""
    for path in (folder, *folder.rglob("*")):
        path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))


if __name__ == "__main__":
    sys.exit(main())
