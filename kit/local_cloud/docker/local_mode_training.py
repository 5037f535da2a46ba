"""A training job in SageMaker local mode, as a program that keeps SageMaker's training contract.

`python -m kit.local_cloud.docker.local_mode_training RUN INSTANCE_TYPE` finds in SAGEMAKER_BASE_DIR what a training
container finds in /opt/ml, and leaves there what one leaves; in between, the SDK runs the job's image. Its output is
the container's, its exit status too. So the verbs, their records and their logs are those of `TrainingJobs`, and what
the SDK gets wrong about a job's end (failures are told as success, exit status 130 counts as one) does not matter.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import threading
from collections import deque
from pathlib import Path

import docker

from kit import stopping
from kit.errors import KitError
from kit.local_cloud.container_files import ContainerFiles
from kit.local_cloud.docker.local_mode_containers import LocalModeContainer
from kit.local_cloud.docker.local_mode_network import require_network
from kit.local_cloud.docker.local_mode_session import for_compose, local_client, output_to, prepare_environment
from kit.local_cloud.model_archive import unpack

_STOP_SECONDS = 15


def main() -> int:
    prepare_environment()
    try:
        return _train(ContainerFiles(Path(os.environ["SAGEMAKER_BASE_DIR"])), *sys.argv[1:])
    except KitError as error:
        print(error)
        return 1


def _train(files: ContainerFiles, run: str, instance_type: str) -> int:
    client = docker.from_env(version="auto", timeout=None)
    container = LocalModeContainer(client, files.base, run)
    image = files.container_definition().image
    container.require_image(image)
    require_network(client)

    def stop() -> None:
        # The SDK then collects what the container has left, as after any other end.
        if not container.stop(_STOP_SECONDS):
            os._exit(128 + signal.SIGTERM)

    stopping.on_sigterm(stop)
    ended = threading.Event()
    output = os.fdopen(1, "wb", closefd=False)
    follower = threading.Thread(target=container.follow, args=(output,), kwargs={"given_up": ended.is_set})
    follower.start()
    work = files.base / "local-mode"
    log = files.base / "local-mode.log"
    failed = False
    try:
        with output_to(log):
            _run_job(files, container, work, instance_type)
    except RuntimeError:
        # How the SDK tells of any exit status of Compose but 0 and 130.
        failed = True
    finally:
        ended.set()
        follower.join()
        ending = container.ending()
        container.remove()
    status = ending.status
    if not ending.started or (failed and status == 0):
        status = 1
        print(f"SageMaker local mode could not run {image}: {ending.problem or _last_line(log)}")
    _collect(files, work / "out")
    shutil.rmtree(work)
    return status


def _last_line(log: Path) -> str:
    return "".join(deque(log.read_text(encoding="utf-8").splitlines(), maxlen=1))


def _run_job(files: ContainerFiles, container: LocalModeContainer, work: Path, instance_type: str) -> None:
    definition = files.container_definition()
    environment = {**definition.environment, "TRAINING_JOB_ARN": os.environ["TRAINING_JOB_ARN"]}
    config = {
        name: json.loads((files.base / "input" / "config" / f"{name}.json").read_text(encoding="utf-8"))
        for name in ("hyperparameters", "inputdataconfig")
    }
    local_client(work, container.labels).create_training_job(
        TrainingJobName=os.environ["TRAINING_JOB_NAME"],
        AlgorithmSpecification={"TrainingImage": definition.image, "TrainingInputMode": "File"},
        HyperParameters=config["hyperparameters"],
        InputDataConfig=[
            {
                "ChannelName": name,
                "DataSource": {
                    "FileDataSource": {
                        "FileDataDistributionType": "FullyReplicated",
                        "FileUri": f"file://{files.channel(name)}",
                    }
                },
                **{key: value for key, value in settings.items() if key == "ContentType"},
            }
            for name, settings in config["inputdataconfig"].items()
        ],
        OutputDataConfig={"S3OutputPath": f"file://{work / 'out'}"},
        ResourceConfig={"InstanceType": instance_type, "InstanceCount": 1},
        Environment=for_compose(environment),
    )


def _collect(files: ContainerFiles, archives: Path) -> None:
    """Puts the contents of the SDK's archives where a training container leaves them; there may be none."""
    for archive, folder in (("model.tar.gz", files.model), ("output.tar.gz", files.base / "output")):
        if (archives / archive).exists():
            shutil.rmtree(folder)
            unpack(archives / archive, folder, may_be_empty=True)


if __name__ == "__main__":
    sys.exit(main())
