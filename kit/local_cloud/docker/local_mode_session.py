"""The session of the SageMaker SDK in which local mode works, cut off from AWS and from the user's settings of it.

The one place that imports the SDK. It is written against `LocalSession(...).sagemaker_client`, whose calls have
boto3's shapes; `sagemaker.core.local` of sagemaker-core has a class of the same name and the same calls.

Source of the settings: `sagemaker.local` and `sagemaker.config.config_schema` of sagemaker 2.257.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

from kit.local_cloud.account import REGION

# Nothing listens on it: data come in and go out as files, and a container that wants S3 must not find Amazon's.
_NO_S3 = "http://127.0.0.1:9"
_ENVIRONMENT = {
    # Fake credentials, and no way to real ones: it asks STS and the instance's metadata service with what it finds.
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "SAGEMAKER_SUPPRESS_V2_WARNING": "1",
}


def prepare_environment() -> None:
    """Makes this process one in which the SDK may be imported; call it first."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "COMPOSE_"))]:
        del os.environ[name]
    os.environ.update(_ENVIRONMENT)
    os.environ["PATH"] = search_path()


def search_path() -> str:
    """PATH with this environment's programs first: its docker-compose is one that the SDK knows and that is new enough.

    Of the system's, a plugin of version 5 is unknown to the SDK (sagemaker-python-sdk#5739), and 1.29 refuses the
    kit's network because it does not know its option.
    """
    return os.pathsep.join([os.fspath(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])


def local_client(folder: Path, labels: Mapping[str, str], *, serving_port: int | None = None) -> Any:
    """The SDK's stand-in of boto3's `sagemaker` client.

    Args:
        folder: for its temporary files; absolute.
        labels: of the containers it starts.
        serving_port: of 127.0.0.1, for an endpoint.
    """
    # Half a second of two and a half goes by in looking for objects that nobody uses any more while it loads.
    gc.disable()
    import boto3
    from sagemaker.local.local_session import LocalSession

    gc.enable()

    folder.mkdir(exist_ok=True)
    session = LocalSession(
        boto_session=boto3.Session(region_name=REGION),
        s3_endpoint_url=_NO_S3,
        default_bucket="none",
        sagemaker_config={
            "SchemaVersion": "1.0",
            "SageMaker": {"PythonSDK": {"Modules": {"TelemetryOptOut": True}}},
        },
    )
    local: dict[str, Any] = {
        "local_code": True,
        "container_root": os.fspath(folder),
        # With a process 1 of its own the program gets SIGTERM; PyTorch's loaders want more than 64 MB.
        "container_config": {"labels": dict(labels), "init": True, "shm_size": "1g"},
    }
    session.config = {"local": local | ({} if serving_port is None else {"serving_port": serving_port})}
    return session.sagemaker_client


def for_compose(environment: Mapping[str, str]) -> dict[str, str]:
    """Variables as they have to be written: Compose would put the shell's in the place of `$NAME`."""
    return {name: value.replace("$", "$$") for name, value in environment.items()}


@contextmanager
def output_to(path: Path) -> Iterator[None]:
    """Keeps what the SDK prints apart: it writes to sys.stdout whatever Compose says."""
    with path.open("a", encoding="utf-8") as file, redirect_stdout(file), redirect_stderr(file):
        yield
