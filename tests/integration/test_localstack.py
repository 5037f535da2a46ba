"""The real LocalStack as the S3 of a run."""

import http.client
import os
import socket
import sys
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from kit.errors import ServiceError, SetupError
from kit.local_cloud.s3.localstack import LocalStack

ENVIRONMENT = Path(__file__).parents[2] / ".venvs" / "localstack"


def accepts_connections(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(5)
        return probe.connect_ex((host, port)) == 0


def test_objects_large_and_small_come_back_whole(localstack: LocalStack, tmp_path: Path) -> None:
    s3 = localstack.client()
    s3.create_bucket(Bucket="whole-objects")
    # 40 MB travels as a multipart upload, the small one in one piece.
    for key, size in {"写真/テーブル 1.jpg": 3, "model.tar.gz": 40_000_000}.items():
        sent = tmp_path / "sent"
        sent.write_bytes(os.urandom(size))
        s3.upload_file(str(sent), "whole-objects", key)
        s3.download_file("whole-objects", key, str(tmp_path / "received"))
        assert (tmp_path / "received").read_bytes() == sent.read_bytes()


def test_s3_refuses_what_amazon_s3_refuses(localstack: LocalStack) -> None:
    with pytest.raises(ClientError, match="InvalidBucketName"):
        localstack.client().create_bucket(Bucket="Not_A_Bucket")
    with pytest.raises(ClientError, match="NoSuchBucket"):
        localstack.client().list_objects_v2(Bucket="no-such-bucket")


def test_it_listens_on_this_machine_only(localstack: LocalStack) -> None:
    assert accepts_connections("127.0.0.1", localstack.port)
    # A service on all interfaces would answer at every loopback address too.
    assert not accepts_connections("127.0.0.2", localstack.port)


@pytest.mark.parametrize("path", ["/", "/_localstack/health", "/looked-into/object"])
@pytest.mark.parametrize(
    ("host", "answered"),
    [
        ("127.0.0.1:{port}", True),
        ("localhost:{port}", True),
        ("looked-into.localhost:{port}", True),
        ("[::1]:{port}", True),
        ("localstack:4566", True),
        ("attacker.example", False),
        ("attacker.example:{port}", False),
        ("127.0.0.1.attacker.example:{port}", False),
        ("localhost.attacker.example.:{port}", False),
        ("looked-into.s3.amazonaws.com", False),
    ],
)
def test_it_answers_to_no_name_that_a_page_of_the_internet_can_have(
    localstack: LocalStack, host: str, path: str, answered: bool
) -> None:
    s3 = localstack.client()
    s3.create_bucket(Bucket="looked-into")
    s3.put_object(Bucket="looked-into", Key="object", Body=b"private")
    connection = http.client.HTTPConnection("127.0.0.1", localstack.port, timeout=30)
    connection.request("GET", path, headers={"Host": host.format(port=localstack.port)})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    assert (answer.status == 403) == (not answered)
    assert answered or b"is no name of this machine: ask for 127.0.0.1" in body


def test_the_client_obeys_nothing_of_the_users_aws_setup(
    localstack: LocalStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config"
    config.write_text("[profile work]\nregion = nowhere\ns3 =\n    addressing_style = virtual\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    s3 = localstack.client()
    s3.create_bucket(Bucket="own-setup")
    assert "own-setup" in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]


def test_a_taken_port_is_told_before_anything_starts(localstack: LocalStack, tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=rf"Port {localstack.port} .* taken .* S3_PORT"):
        LocalStack(ENVIRONMENT, tmp_path, port=localstack.port)
    assert list(tmp_path.iterdir()) == []


def test_a_broken_environment_is_told_with_its_log(tmp_path: Path) -> None:
    python = tmp_path / "environment" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text("#!/bin/sh\necho 'No module named localstack' >&2\nexit 1\n")
    python.chmod(0o755)
    with pytest.raises(ServiceError, match=r"(?s)ended with status 1 .*No module named localstack"):
        LocalStack(tmp_path / "environment", tmp_path / "run")
    with pytest.raises(SetupError, match="make setup"):
        LocalStack(tmp_path / "nothing", tmp_path / "run")


def test_nothing_is_left_after_close(tmp_path: Path) -> None:
    service = LocalStack(ENVIRONMENT, tmp_path)
    service.client().create_bucket(Bucket="short-lived")
    service.close()
    assert not accepts_connections("127.0.0.1", service.port)
    assert [path.name for path in tmp_path.iterdir()] == ["localstack.log"]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere its plugins' index cannot be put in another place")
def test_a_bucket_of_the_same_name_in_another_is_another(localstack: LocalStack, tmp_path: Path) -> None:
    with LocalStack(ENVIRONMENT, tmp_path) as other:
        for s3 in (localstack.client(), other.client()):
            s3.create_bucket(Bucket="called-alike")
            s3.put_object(Bucket="called-alike", Key="object", Body=b"content")
        other.client().delete_object(Bucket="called-alike", Key="object")
        other.client().delete_bucket(Bucket="called-alike")
        assert localstack.client().get_object(Bucket="called-alike", Key="object")["Body"].read() == b"content"
        # Of a folder that is gone LocalStack says InternalError, and the bucket is gone all the same.
        localstack.client().delete_object(Bucket="called-alike", Key="object")
        localstack.client().delete_bucket(Bucket="called-alike")


def test_it_shares_no_cache_with_another_that_starts_at_the_same_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    with LocalStack(ENVIRONMENT, tmp_path / "run"):
        assert [path.name for path in tmp_path.iterdir()] == ["run"]
