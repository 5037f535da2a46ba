"""Endpoints of every runtime, with a small program that keeps (or breaks) SageMaker's inference contract."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tarfile
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from kit.local_cloud.hosting.endpoints import Hosting
from kit.local_cloud.hosting.invoke import EndpointInvoker
from kit.local_cloud.s3.localstack import LocalStack
from tests.answers import assert_answers_as_boto3
from tests.contract.runtimes import PLACE, Runtime
from tests.waiting import eventually

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ROOT = Path(__file__).parents[2]

# Serves what its model says to do; tells who it is and what it was asked.
SERVER = (
    PLACE
    + """
import http.server, json, sys, uuid
model = (base / "model/orders").read_text()
identity = uuid.uuid4().hex
if model == "crash":
    sys.exit("the model is of another version")
connections = set()
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def answer(self, status, body, kind="application/json"):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def do_GET(self):
        self.answer(503 if model == "never ready" else 200, b"")
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        connections.add(self.client_address)
        if body == b"bad picture":
            self.answer(400, "写真ではない".encode(), "text/plain")
        elif body == b"break":
            self.answer(500, b"out of memory", "text/plain")
        elif body == b"die":
            os._exit(9)
        else:
            told = {"model": model, "identity": identity, "mode": os.environ.get("MODE")}
            told["cores"] = os.environ.get("OMP_WAIT_POLICY")
            told |= {"path": self.path, "bytes": len(body), "connections": len(connections)}
            told |= {"type": self.headers["Content-Type"], "accept": self.headers["Accept"]}
            told |= {"attributes": self.headers["X-Amzn-SageMaker-Custom-Attributes"]}
            self.answer(200, json.dumps(told).encode(), "application/json;verbose")
http.server.ThreadingHTTPServer(address, Handler).serve_forever()
"""
)


def archive_of(files: dict[str, str]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content.encode())
            tar.addfile(member, io.BytesIO(content.encode()))
    return packed.getvalue()


def requests_for(bucket: str, name: str, **variant: Any) -> dict[str, dict[str, Any]]:
    return {
        "create_model": {
            "ModelName": name,
            "ExecutionRoleArn": "arn:aws:iam::000000000000:role/workshop",
            "PrimaryContainer": {
                "Image": f"jumpstart-rehearsal/{bucket}:test",
                "ModelDataUrl": f"s3://{bucket}/{name}/model.tar.gz",
                "Environment": {"MODE": "fast"},
            },
        },
        "create_endpoint_config": {
            "EndpointConfigName": name,
            "ProductionVariants": [
                {
                    "VariantName": "AllTraffic",
                    "ModelName": name,
                    "InitialInstanceCount": 1,
                    "InstanceType": "ml.m5.large",
                    **variant,
                }
            ],
        },
        "create_endpoint": {"EndpointName": name, "EndpointConfigName": name},
    }


def deploy(hosting: Hosting, s3: S3Client, bucket: str, name: str, archive: bytes, **variant: Any) -> None:
    s3.put_object(Bucket=bucket, Key=f"{name}/model.tar.gz", Body=archive)
    for operation, request in requests_for(bucket, name, **variant).items():
        getattr(hosting, operation)(**request)


def settled(hosting: Hosting, name: str = "plugs") -> dict[str, Any]:
    def description() -> dict[str, Any] | None:
        endpoint = hosting.describe_endpoint(EndpointName=name)
        assert_answers_as_boto3("DescribeEndpoint", endpoint)
        return endpoint if endpoint["EndpointStatus"] != "Creating" else None

    return eventually(description)


def asked(hosting: Hosting, name: str = "plugs", body: bytes = b"picture") -> dict[str, Any]:
    answer = EndpointInvoker(hosting).invoke_endpoint(
        EndpointName=name, Body=body, ContentType="application/x-image", Accept="application/json;verbose"
    )
    told: dict[str, Any] = json.loads(answer["Body"].read())
    return told


def test_an_endpoint_lives_from_creation_to_deletion(s3: S3Client, bucket: str, runtime: Runtime) -> None:
    hosting = runtime.hosting(SERVER)
    s3.put_object(Bucket=bucket, Key="plugs/model.tar.gz", Body=archive_of({"orders": "serve", "code/x.py": ""}))
    for operation, request in requests_for(bucket, "plugs").items():
        name = "".join(word.title() for word in operation.split("_"))
        assert_answers_as_boto3(name, getattr(hosting, operation)(**request))
    endpoint = settled(hosting)
    assert (endpoint["EndpointStatus"], endpoint.get("FailureReason")) == ("InService", None)
    answer = EndpointInvoker(hosting).invoke_endpoint(
        EndpointName="plugs",
        Body=b"\xff\xd8picture",
        ContentType="application/x-image",
        Accept="application/json;verbose",
        CustomAttributes="detector-effort=quick",
    )
    assert (answer["ContentType"], answer["InvokedProductionVariant"]) == ("application/json;verbose", "AllTraffic")
    told = json.loads(answer["Body"].read())
    assert told == {
        "model": "serve",
        "identity": told["identity"],
        "path": "/invocations",
        "bytes": 9,
        "mode": "fast",
        "cores": "PASSIVE",
        "type": "application/x-image",
        "accept": "application/json;verbose",
        "attributes": "detector-effort=quick",
        "connections": 1,
    }
    # The time of an answer is the model's: connections are not opened anew for every picture.
    assert [asked(hosting)["connections"] for _ in range(5)] == [1] * 5

    assert hosting.delete_endpoint(EndpointName="plugs") == {}
    assert not runtime.is_anything_running()
    assert not list(runtime.run.rglob("plugs/*"))
    hosting.delete_endpoint_config(EndpointConfigName="plugs")
    hosting.delete_model(ModelName="plugs")
    for listed in (hosting.list_endpoints(), hosting.list_endpoint_configs(), hosting.list_models()):
        assert list(listed.values()) == [[]]
    with pytest.raises(ClientError, match=r"ValidationException.*Could not find endpoint"):
        hosting.describe_endpoint(EndpointName="plugs")


@pytest.mark.parametrize(
    ("archive", "reason"),
    [
        (archive_of({"orders": "crash"}), r"did not pass the ping health check.*the model is of another version"),
        (archive_of({"other": ""}), r"did not pass the ping health check.*orders"),
        (archive_of({"../../escaped": "x"}), r"no model archive that can be unpacked safely.*outside"),
        (archive_of({}), r"model.tar.gz is empty"),
        (b"<html>", r"no model archive that can be unpacked safely"),
        (archive_of({"orders": "serve" * 10_000})[:-20], r"no model archive that can be unpacked safely"),
    ],
    ids=["crashes", "lacks a file", "escapes", "empty", "no archive", "cut off"],
)
def test_a_model_that_cannot_serve_is_told(
    s3: S3Client, bucket: str, runtime: Runtime, archive: bytes, reason: str
) -> None:
    hosting = runtime.hosting(SERVER)
    deploy(hosting, s3, bucket, "plugs", archive)
    endpoint = settled(hosting)
    assert endpoint["EndpointStatus"] == "Failed"
    assert len(endpoint["FailureReason"]) <= 1024
    with pytest.raises(AssertionError, match=f"(?s){reason}"):
        raise AssertionError(endpoint["FailureReason"])
    assert not list(runtime.run.rglob("escaped"))
    with pytest.raises(ClientError, match=r"ValidationError.*Endpoint plugs of account 000000000000 not found"):
        asked(hosting)
    hosting.delete_endpoint(EndpointName="plugs")
    assert hosting.list_endpoints() == {"Endpoints": []}


def test_a_model_that_never_gets_ready_fails_in_time(s3: S3Client, bucket: str, runtime: Runtime) -> None:
    hosting = runtime.hosting(SERVER, startup_timeout_seconds=1)
    deploy(hosting, s3, bucket, "plugs", archive_of({"orders": "never ready"}))
    assert "was not ready after 1 s" in settled(hosting)["FailureReason"]
    hosting.close()


def test_errors_of_the_model_are_model_errors(s3: S3Client, bucket: str, runtime: Runtime) -> None:
    hosting = runtime.hosting(SERVER)
    deploy(hosting, s3, bucket, "plugs", archive_of({"orders": "serve"}))
    settled(hosting)
    for body, status, kind, text in [
        (b"bad picture", 400, "client", "写真ではない"),
        (b"break", 500, "server", "out of memory"),
    ]:
        with pytest.raises(ClientError) as caught:
            asked(hosting, body=body)
        response: Any = caught.value.response
        assert response["Error"]["Code"] == "ModelError"
        assert f'Received {kind} error ({status}) from primary with message "{text}"' in response["Error"]["Message"]
        assert (response["OriginalStatusCode"], response["OriginalMessage"]) == (status, text)
        assert response["ResponseMetadata"]["HTTPStatusCode"] == 424
    assert asked(hosting, body=b"x" * 6_291_456)["bytes"] == 6_291_456
    with pytest.raises(ClientError, match=r"\(413\).*exceeded 6291456 bytes"):
        asked(hosting, body=b"x" * 6_291_457)

    with pytest.raises(ClientError, match=r"ModelError.*server error \(0\)"):
        asked(hosting, body=b"die")
    endpoint = eventually(lambda: (d := settled(hosting))["EndpointStatus"] == "Failed" and d)
    assert "ended with status 9" in endpoint["FailureReason"]


def test_two_endpoints_do_not_answer_for_each_other(s3: S3Client, bucket: str, runtime: Runtime) -> None:
    hosting = runtime.hosting(SERVER)
    for name in ("first-plugs", "second-plugs"):
        deploy(hosting, s3, bucket, name, archive_of({"orders": name}))
    for name in ("first-plugs", "second-plugs"):
        assert settled(hosting, name)["EndpointStatus"] == "InService"
        assert asked(hosting, name)["model"] == name
    assert [e["EndpointName"] for e in hosting.list_endpoints(NameContains="plugs")["Endpoints"]] == [
        "second-plugs",
        "first-plugs",
    ]
    for operation, answer in {
        "ListEndpoints": hosting.list_endpoints(NameContains="FIRST"),
        "ListEndpointConfigs": hosting.list_endpoint_configs(NameContains="first"),
        "ListModels": hosting.list_models(NameContains="first"),
    }.items():
        assert_answers_as_boto3(operation, answer)
        assert [len(found) for found in answer.values()] == [1]


def test_names_and_references_are_judged_as_aws_does(s3: S3Client, bucket: str, runtime: Runtime) -> None:
    hosting = runtime.hosting(SERVER)
    requests = requests_for(bucket, "plugs")
    with pytest.raises(ClientError, match="Could not find model data at s3://"):
        hosting.create_model(**requests["create_model"])
    with pytest.raises(ClientError, match=r'Could not find model "arn:aws:sagemaker:.*:model/plugs"'):
        hosting.create_endpoint_config(**requests["create_endpoint_config"])
    with pytest.raises(ClientError, match=r'Could not find endpoint configuration "arn:.*:endpoint-config/plugs"'):
        hosting.create_endpoint(**requests["create_endpoint"])
    deploy(hosting, s3, bucket, "plugs", archive_of({"orders": "serve"}))
    for operation, request in requests.items():
        with pytest.raises(ClientError, match=r"ValidationException.*already existing"):
            getattr(hosting, operation)(**request)
    # A model may go while its endpoint serves, as on AWS.
    hosting.delete_model(ModelName="plugs")
    for delete in (
        lambda: hosting.delete_model(ModelName="plugs"),
        lambda: hosting.delete_endpoint(EndpointName="other"),
        lambda: hosting.delete_endpoint_config(EndpointConfigName="other"),
    ):
        with pytest.raises(ClientError, match=r"ValidationException.*Could not find"):
            delete()
    assert settled(hosting)["EndpointStatus"] == "InService"


def test_reopening_brings_endpoints_back_and_serves_the_same_model(s3: S3Client, bucket: str, runtime: Runtime) -> None:
    hosting = runtime.hosting(SERVER)
    deploy(hosting, s3, bucket, "plugs", archive_of({"orders": "serve"}))
    deploy(hosting, s3, bucket, "broken", archive_of({"orders": "crash"}))
    before = settled(hosting)
    assert settled(hosting, "broken")["EndpointStatus"] == "Failed"
    first = asked(hosting)
    hosting.close()
    assert not runtime.is_anything_running()
    # The bucket may be gone: what was unpacked is served again.
    s3.delete_object(Bucket=bucket, Key="plugs/model.tar.gz")
    reopened = runtime.hosting(SERVER)
    second = asked(reopened)
    assert second == {**first, "identity": second["identity"]}
    assert reopened.describe_endpoint(EndpointName="plugs")["CreationTime"] == before["CreationTime"]
    assert reopened.describe_endpoint(EndpointName="broken")["EndpointStatus"] == "Failed"
    reopened.close()

    # A model that cannot be served any more says so instead of keeping the constructor.
    (runtime.run / "hosting/endpoints/plugs/ml/model/orders").write_text("crash")
    assert runtime.hosting(SERVER).describe_endpoint(EndpointName="plugs")["EndpointStatus"] == "Failed"


def test_an_endpoint_can_be_deleted_while_it_comes_up(s3: S3Client, bucket: str, runtime: Runtime) -> None:
    hosting = runtime.hosting(SERVER)
    deploy(hosting, s3, bucket, "plugs", archive_of({"orders": "never ready"}))
    hosting.delete_endpoint(EndpointName="plugs")
    assert hosting.list_endpoints() == {"Endpoints": []}
    assert not list(runtime.run.rglob("plugs/*"))
    # The name is free, and what the old one served is not served again.
    s3.put_object(Bucket=bucket, Key="plugs/model.tar.gz", Body=archive_of({"orders": "serve"}))
    hosting.create_endpoint(EndpointName="plugs", EndpointConfigName="plugs")
    assert settled(hosting)["EndpointStatus"] == "InService"
    assert asked(hosting)["model"] == "serve"


def test_a_kill_of_the_kit_ends_the_server_and_reopening_starts_it(
    localstack: LocalStack, s3: S3Client, bucket: str, runtime: Runtime
) -> None:
    driver = textwrap.dedent("""
        import json, signal, sys, time
        from pathlib import Path
        from kit.local_cloud.s3.localstack import s3_client
        from kit.local_cloud.hosting.invoke import EndpointInvoker
        from tests.contract.runtimes import RUNTIMES
        runtime = RUNTIMES[sys.argv[1]](Path(sys.argv[2]), s3_client(sys.argv[3]), sys.argv[4])
        hosting = runtime.hosting(sys.argv[5])
        for operation, request in json.loads(sys.argv[6]).items():
            getattr(hosting, operation)(**request)
        while hosting.describe_endpoint(EndpointName="plugs")["EndpointStatus"] == "Creating":
            time.sleep(0.05)
        answer = EndpointInvoker(hosting).invoke_endpoint(EndpointName="plugs", Body=b"picture")
        print(answer["Body"].read().decode(), flush=True)
        signal.pause()
    """)
    s3.put_object(Bucket=bucket, Key="plugs/model.tar.gz", Body=archive_of({"orders": "serve"}))
    arguments = [runtime.name, runtime.run, localstack.url, runtime.image, SERVER]
    command = [sys.executable, "-c", driver, *arguments, json.dumps(requests_for(bucket, "plugs"))]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as kit:
        assert kit.stdout is not None
        first = json.loads(kit.stdout.readline())
        assert runtime.is_anything_running()
        kit.kill()
    eventually(lambda: not runtime.is_anything_running())
    again = asked(runtime.hosting(SERVER))
    assert again["model"] == "serve"
    assert again["identity"] != first["identity"]
