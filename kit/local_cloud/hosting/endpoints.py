"""SageMaker's models, endpoint configurations and endpoints, served by processes of this machine."""

from __future__ import annotations

import os
import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from kit.language import _
from kit.local_cloud.account import HERE, Place
from kit.local_cloud.hosting.endpoint import Deployment, Endpoint, remove_files
from kit.local_cloud.hosting.model_server import ModelServer
from kit.local_cloud.records import Record, Records
from kit.local_cloud.service_model import client_error, validate_request
from kit.s3_uri import bucket_and_key

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class Hosting:
    """The hosting verbs of boto3's `sagemaker` client; answers and errors are boto3's.

    Args:
        s3: holds the model artifacts.
        folder: for records and unpacked models, which outlive this object. Endpoints that were in service, or on
            their way there, when their local cloud ended are started again, and the constructor returns when each of
            them is in service or has failed.
        command: the program that serves, with its arguments; see `kit.local_cloud.hosting.model_server`.
        startup_timeout_seconds: for variants that say nothing about it.
        restarts: how often the process of an endpoint in service is started again when it has ended; then it is Failed.
        say: told when that happens.
        place: in the ARNs.
    """

    def __init__(
        self,
        s3: S3Client,
        folder: Path,
        *,
        command: Sequence[str | os.PathLike[str]],
        startup_timeout_seconds: float = 300,
        restarts: int = 0,
        say: Callable[[str], object],
        place: Place = HERE,
    ) -> None:
        self._s3 = s3
        self._folder = folder / "endpoints"
        self._command = command
        self._startup_timeout = startup_timeout_seconds
        self._place = place
        self._models = Records(folder / "models")
        self._configs = Records(folder / "endpoint-configs")
        self._records = Records(self._folder)
        self._endpoints: dict[str, Endpoint] = {}
        self._say = say
        # By endpoint, those that are left to it.
        self._restarts: defaultdict[str, int] = defaultdict(lambda: restarts)
        self._closed = False
        self._lock = threading.Lock()
        for record in self._records.all():
            if record["EndpointStatus"] in ("Creating", "InService"):
                self._start(record)
        try:
            for endpoint in self._endpoints.values():
                endpoint.wait()
        except BaseException:
            self.close()
            raise

    def create_model(self, **request: Any) -> dict[str, Any]:
        """Raises ClientError with ValidationException: malformed, taken, no such artifact, or not for this machine."""
        validate_request("sagemaker", "CreateModel", request)
        name = request["ModelName"]
        url = request.get("PrimaryContainer", {}).get("ModelDataUrl")
        if url is None:
            raise _refused("CreateModel", "The local cloud needs PrimaryContainer with a ModelDataUrl.")
        bucket, key = bucket_and_key(url)
        try:
            self._s3.head_object(Bucket=bucket, Key=key)
        except ClientError as error:
            raise _refused("CreateModel", f"Could not find model data at {url}.") from error
        arn = self._place.sagemaker_arn(f"model/{name}")
        if not self._models.add(name, {**request, "ModelArn": arn, "CreationTime": _now()}):
            raise _refused("CreateModel", f'Cannot create already existing model "{arn}".')
        return {"ModelArn": arn}

    def create_endpoint_config(self, **request: Any) -> dict[str, Any]:
        """Raises ClientError with ValidationException: malformed, taken, no such model, or several variants."""
        validate_request("sagemaker", "CreateEndpointConfig", request)
        name = request["EndpointConfigName"]
        variants = request["ProductionVariants"]
        if len(variants) != 1 or "ModelName" not in variants[0]:
            raise _refused("CreateEndpointConfig", "The local cloud serves one production variant with a ModelName.")
        self._model("CreateEndpointConfig", variants[0]["ModelName"])
        arn = self._place.sagemaker_arn(f"endpoint-config/{name}")
        if not self._configs.add(name, {**request, "EndpointConfigArn": arn, "CreationTime": _now()}):
            raise _refused("CreateEndpointConfig", f'Cannot create already existing endpoint configuration "{arn}".')
        return {"EndpointConfigArn": arn}

    def create_endpoint(self, **request: Any) -> dict[str, Any]:
        """Starts an endpoint and returns at once; `describe_endpoint` says when it is InService or has Failed.

        Raises:
            ClientError: ValidationException: malformed, taken, or no such configuration or model.
        """
        validate_request("sagemaker", "CreateEndpoint", request)
        name = request["EndpointName"]
        config = self._configs.get(request["EndpointConfigName"])
        if config is None:
            raise self._missing(
                "CreateEndpoint", "endpoint configuration", "endpoint-config", request["EndpointConfigName"]
            )
        variant = config["ProductionVariants"][0]
        container = self._model("CreateEndpoint", variant["ModelName"])["PrimaryContainer"]
        now = _now()
        record = {
            "EndpointName": name,
            "EndpointArn": self._place.sagemaker_arn(f"endpoint/{name}"),
            "EndpointConfigName": request["EndpointConfigName"],
            "EndpointStatus": "Creating",
            "CreationTime": now,
            "LastModifiedTime": now,
            "Variant": variant,
            "Container": container,
        }
        if not self._records.add(name, record):
            raise _refused("CreateEndpoint", f'Cannot create already existing endpoint "{record["EndpointArn"]}".')
        # What a deletion that was cut short left must not be served under this name.
        remove_files(self._folder / name)
        self._start(record)
        return {"EndpointArn": record["EndpointArn"]}

    def describe_model(self, *, ModelName: str) -> dict[str, Any]:
        """Raises ClientError with ValidationException when there is no such model."""
        return _untagged(self._model("DescribeModel", ModelName))

    def describe_endpoint_config(self, *, EndpointConfigName: str) -> dict[str, Any]:
        """Raises ClientError with ValidationException when there is no such configuration."""
        config = self._configs.get(EndpointConfigName)
        if config is None:
            raise self._missing(
                "DescribeEndpointConfig", "endpoint configuration", "endpoint-config", EndpointConfigName
            )
        return _untagged(config)

    def describe_endpoint(self, *, EndpointName: str) -> dict[str, Any]:
        """Raises ClientError with ValidationException when there is no such endpoint."""
        record = self._endpoint("DescribeEndpoint", EndpointName)
        description = {key: value for key, value in record.items() if key not in ("Variant", "Container")}
        if record["EndpointStatus"] == "InService":
            count = record["Variant"].get("InitialInstanceCount", 1)
            description["ProductionVariants"] = [
                {
                    "VariantName": record["Variant"]["VariantName"],
                    "CurrentWeight": 1.0,
                    "DesiredWeight": 1.0,
                    "CurrentInstanceCount": count,
                    "DesiredInstanceCount": count,
                }
            ]
        return description

    def delete_endpoint(self, *, EndpointName: str) -> dict[str, Any]:
        """Ends its process, then forgets it and removes its files; returns when that is done."""
        self._endpoint("DeleteEndpoint", EndpointName)
        with self._lock:
            endpoint = self._endpoints.pop(EndpointName, None)
            if endpoint is not None:
                endpoint.close()
            self._records.delete(EndpointName)
        remove_files(self._folder / EndpointName)
        return {}

    def delete_endpoint_config(self, *, EndpointConfigName: str) -> dict[str, Any]:
        validate_request("sagemaker", "DeleteEndpointConfig", {"EndpointConfigName": EndpointConfigName})
        if not self._configs.delete(EndpointConfigName):
            raise self._missing("DeleteEndpointConfig", "endpoint configuration", "endpoint-config", EndpointConfigName)
        return {}

    def delete_model(self, *, ModelName: str) -> dict[str, Any]:
        validate_request("sagemaker", "DeleteModel", {"ModelName": ModelName})
        if not self._models.delete(ModelName):
            raise self._missing("DeleteModel", "model", "model", ModelName)
        return {}

    def list_endpoints(self, *, NameContains: str = "") -> dict[str, Any]:
        members = ("EndpointName", "EndpointArn", "CreationTime", "LastModifiedTime", "EndpointStatus")
        current = [self._current(record["EndpointName"]) or record for record in self._records.all()]
        return {"Endpoints": _summaries(current, members, NameContains)}

    def list_endpoint_configs(self, *, NameContains: str = "") -> dict[str, Any]:
        members = ("EndpointConfigName", "EndpointConfigArn", "CreationTime")
        return {"EndpointConfigs": _summaries(self._configs.all(), members, NameContains)}

    def list_models(self, *, NameContains: str = "") -> dict[str, Any]:
        members = ("ModelName", "ModelArn", "CreationTime")
        return {"Models": _summaries(self._models.all(), members, NameContains)}

    def served(self, name: str) -> tuple[str, ModelServer] | None:
        """The production variant and the server of an endpoint in service."""
        record = self._current(name)
        endpoint = self._endpoints.get(name)
        if record is None or record["EndpointStatus"] != "InService" or endpoint is None:
            return None
        server = endpoint.server()
        return None if server is None else (record["Variant"]["VariantName"], server)

    def close(self) -> None:
        """Ends every process; the records stay, so that opening the folder again brings the endpoints back."""
        self._closed = True
        for endpoint in self._endpoints.values():
            endpoint.close()

    def _missing(self, operation: str, what: str, kind: str, name: str) -> ClientError:
        return _refused(operation, f'Could not find {what} "{self._place.sagemaker_arn(f"{kind}/{name}")}".')

    def _start(self, record: Record) -> None:
        name, variant = record["EndpointName"], record["Variant"]
        deployment = Deployment(
            endpoint=name,
            variant=variant["VariantName"],
            model_data=record["Container"]["ModelDataUrl"],
            image=record["Container"].get("Image", ""),
            environment=record["Container"].get("Environment", {}),
            startup_timeout=variant.get("ContainerStartupHealthCheckTimeoutInSeconds", self._startup_timeout),
        )
        endpoint = self._endpoints[name] = Endpoint(
            self._s3,
            deployment,
            self._folder / name,
            self._command,
            report=lambda status, reason: self._report(name, status, reason),
        )
        endpoint.start()

    def _report(self, name: str, status: str, reason: str | None) -> None:
        failure = {} if reason is None else {"FailureReason": reason}
        changes = {"EndpointStatus": status, "LastModifiedTime": _now(), **failure}
        self._records.change(name, lambda record: {**record, **changes})

    def _current(self, name: str) -> Record | None:
        """The record as things are now: an endpoint whose process has ended by itself has failed."""
        with self._lock:
            record = self._records.get(name)
            if record is not None and record["EndpointStatus"] == "InService" and not self._closed:
                server = self._endpoints[name].server()
                ending = None if server is None else server.ending()
                if ending is not None and self._restarts[name]:
                    self._restarts[name] -= 1
                    self._say(_("  Endpoint {name} has ended; it is started again.").format(name=name))
                    self._endpoints[name].close()
                    self._start(record)
                    self._endpoints[name].wait()
                elif ending is not None:
                    self._report(name, "Failed", ending)
            return self._records.get(name)

    def _endpoint(self, operation: str, name: str) -> Record:
        validate_request("sagemaker", operation, {"EndpointName": name})
        record = self._current(name)
        if record is None:
            raise self._missing(operation, "endpoint", "endpoint", name)
        return record

    def _model(self, operation: str, name: str) -> Record:
        record = self._models.get(name)
        if record is None:
            raise self._missing(operation, "model", "model", name)
        return record


def _summaries(records: list[Record], members: tuple[str, ...], name_contains: str) -> list[Record]:
    """As AWS lists: the newest first."""
    found = [record for record in records if name_contains.lower() in record[members[0]].lower()]
    newest_first = sorted(found, key=lambda record: record["CreationTime"], reverse=True)
    return [{member: record[member] for member in members} for record in newest_first]


def _untagged(record: Record) -> dict[str, Any]:
    """A record as it is described: tags are listed by themselves."""
    return {member: value for member, value in record.items() if member != "Tags"}


def _refused(operation: str, message: str) -> ClientError:
    return client_error(operation, "ValidationException", message)


def _now() -> datetime:
    return datetime.now(timezone.utc)
