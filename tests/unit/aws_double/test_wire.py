"""What the double takes a request for, and how it answers, in AWS's own protocols."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from email.message import Message
from typing import Any

import botocore.parsers
import pytest

from kit.aws_double.wire import Call, call_of, error_answer, json_answer, operation_model
from kit.local_cloud.service_model import client_error

_SIGNED = "AWS4-HMAC-SHA256 Credential=AKID/20261122/us-east-1/{}/aws4_request, SignedHeaders=host, Signature=0"


def headers(**given: str) -> Message[str, str]:
    message: Message[str, str] = Message()
    for name, value in given.items():
        message[name.replace("_", "-")] = value
    return message


@pytest.mark.parametrize(
    ("method", "path", "given", "body", "expected"),
    [
        ("POST", "/", {"X_Amz_Target": "SageMaker.CreateTrainingJob"}, b"{}", ("sagemaker", "CreateTrainingJob")),
        ("POST", "/", {"X_Amz_Target": "Logs_20140328.GetLogEvents"}, b"{}", ("logs", "GetLogEvents")),
        (
            "POST",
            "/",
            {
                "Authorization": _SIGNED.format("iam"),
                "Content_Type": "application/x-www-form-urlencoded; charset=utf-8",
            },
            b"Action=CreateRole&Version=2010-05-08&RoleName=x",
            ("iam", "CreateRole"),
        ),
        ("GET", "/", {"Authorization": _SIGNED.format("s3")}, b"", ("s3", "ListBuckets")),
        ("PUT", "/bucket", {}, b"", ("s3", "CreateBucket")),
        ("PUT", "/bucket?cors", {}, b"", ("s3", "PutBucketCors")),
        ("PUT", "/bucket?publicAccessBlock", {}, b"", ("s3", "PutPublicAccessBlock")),
        ("PUT", "/bucket?encryption", {}, b"", ("s3", "PutBucketEncryption")),
        ("PUT", "/bucket/a/b.jpg", {}, b"", ("s3", "PutObject")),
        ("PUT", "/bucket/a/b.jpg", {"X_Amz_Copy_Source": "bucket/c"}, b"", ("s3", "CopyObject")),
        ("POST", "/bucket?delete", {}, b"", ("s3", "DeleteObjects")),
        ("GET", "/bucket?versions&prefix=", {}, b"", ("s3", "ListObjectVersions")),
        ("HEAD", "/bucket", {}, b"", ("s3", "HeadBucket")),
        ("DELETE", "/bucket", {}, b"", ("s3", "DeleteBucket")),
    ],
)
def test_the_operation_is_told_as_aws_tells_it(
    method: str, path: str, given: dict[str, str], body: bytes, expected: tuple[str, str]
) -> None:
    call = call_of(method, path, headers(**given), body)
    assert (call.service, call.operation) == expected


def test_an_endpoint_is_named_in_the_address() -> None:
    call = call_of(
        "POST", "/endpoints/plugs-1/invocations", headers(Authorization=_SIGNED.format("sagemaker")), b"\xff"
    )
    assert call == Call("sagemaker-runtime", "InvokeEndpoint", "plugs-1")


def test_botocore_reads_an_answer_with_its_times() -> None:
    call = Call("sagemaker", "DescribeWorkforce")
    moment = datetime(2026, 11, 22, 12, tzinfo=timezone.utc)
    workforce = {"WorkforceName": "w", "WorkforceArn": "arn:aws:sagemaker:us-east-1:000000000000:workforce/w"}
    body = json_answer(call, {"Workforce": {**workforce, "CreateDate": moment, "Status": "Active"}})
    parsed = _parsed(call, 200, body)
    assert parsed["Workforce"] == {**workforce, "CreateDate": moment, "Status": "Active"}


def test_a_member_that_the_model_does_not_have_is_a_bug_of_the_double() -> None:
    with pytest.raises(KeyError):
        json_answer(Call("sagemaker", "DescribeWorkforce"), {"Workforce": {"until": 3}})


@pytest.mark.parametrize("call", [Call("sagemaker", "CreateTrainingJob"), Call("logs", "GetLogEvents")])
def test_botocore_reads_an_error_with_its_code(call: Call) -> None:
    status, _, body = error_answer(call, client_error(call.operation, "ResourceLimitExceeded", "The limit is 0."))
    assert status == 400
    assert _parsed(call, status, body)["Error"] == {"Code": "ResourceLimitExceeded", "Message": "The limit is 0."}


def test_errors_of_s3_and_iam_are_xml() -> None:
    error = client_error("CreateBucket", "AccessDenied", "No <way>.", status=403)
    assert (
        b"<Error><Code>AccessDenied</Code><Message>No &lt;way&gt;.</Message>"
        in error_answer(Call("s3", "CreateBucket"), error)[2]
    )
    assert error_answer(Call("iam", "CreateRole"), error)[2].startswith(b"<ErrorResponse><Error>")


def _parsed(call: Call, status: int, body: bytes) -> Any:
    parser = botocore.parsers.create_parser("json")
    answer = {"status_code": status, "headers": {"Content-Type": "application/x-amz-json-1.1"}, "body": body}
    assert json.loads(body)
    return parser.parse(answer, operation_model(call).output_shape)
