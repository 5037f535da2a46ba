"""The double's HTTP front on 127.0.0.1: what it can do itself it does, the rest it passes on to moto.

Besides AWS's protocols it speaks `/_double/…`, which no bucket can be called: `calls` (what was asked for so far),
`left` (what is still there), `faults` (POST one, DELETE them all), `quotas` (POST {"name": …, "value": …}), `spec`
(POST members of the JumpStart model's spec to replace), `delays` (POST those of `kit.aws_double.delays`), `clock`
(POST {"seconds": …}, which go by at once).
"""

from __future__ import annotations

import http.client
import json
import threading
import traceback
from collections.abc import Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

from botocore.exceptions import ClientError

from kit.aws_api import TRAINING_LOGS
from kit.aws_double import lists, s3_deletions
from kit.aws_double.delays import Delays
from kit.aws_double.double import Double
from kit.aws_double.region import Operation, Region
from kit.aws_double.wire import Call, call_of, error_answer, json_answer, json_request
from kit.local_cloud.hosting.invoke import HEADERS
from kit.local_cloud.service_model import client_error, validate_request

CONTROL = "/_double/"
_HOP_BY_HOP = ("connection", "keep-alive", "transfer-encoding", "content-length", "expect", "date", "server")


class Front(ThreadingHTTPServer):
    """The server; `serve_forever` it in a thread."""

    daemon_threads = True

    def __init__(self, port: int, double: Double) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.double = double
        self.calls: list[dict[str, Any]] = []
        self.lock = threading.Lock()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body go out one after the other: the second would wait 40 ms for the client's delayed ACK of the first.
    disable_nagle_algorithm = True
    server: Front

    def log_message(self, format: str, *args: Any) -> None:
        """Calls are noted in `calls`, not on standard error."""

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path.startswith(CONTROL):
            try:
                self._control(self.path.removeprefix(CONTROL), body)
            except Exception:  # noqa: BLE001
                self._send(500, [("Content-Type", "text/plain")], traceback.format_exc().encode())
            return
        call = call_of(self.command, self.path, self.headers, body)
        try:
            self.server.double.faults.refuse(call.operation)
            status, headers, answer = self._answer(call, body)
            self.server.double.faults.lose(call.operation)
        except ClientError as error:
            if s3_deletions.is_told_by_key(call, error):
                status, content_type, answer = 200, "application/xml", s3_deletions.answer_by_key(body, error)
            else:
                status, content_type, answer = error_answer(call, error)
            headers = [("Content-Type", content_type)]
        except Exception:  # noqa: BLE001
            # A bug of the double must not look like AWS not answering.
            traceback.print_exc()
            status, headers, answer = 500, [("Content-Type", "text/plain")], traceback.format_exc().encode()
        noted: dict[str, Any] = {"service": call.service, "operation": call.operation, "status": status}
        if call.service == "sagemaker":
            noted["request"] = json_request(body)
        with self.server.lock:
            self.server.calls.append(noted)
        self._send(status, headers, answer)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _handle  # noqa: N815 (the base class's names)

    def _answer(self, call: Call, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        double = self.server.double
        region = double.region(call.region)
        if call.operation == "InvokeEndpoint":
            return self._invoke(region, call, body)
        if (call.service, call.operation) == ("iam", "SimulatePrincipalPolicy"):
            return 200, [("Content-Type", "text/xml")], _allowed(body)
        operation = region.operations.get((call.service, call.operation))
        if operation is None or _is_motos(call, body):
            if call.service == "sagemaker":
                raise client_error(call.operation, "UnknownOperationException", "The double does not do this.")
            answered = self._pass_on(body)
            if call.operation == "CreateRole" and answered[0] == HTTPStatus.OK:
                double.new_roles.note(dict(parse_qsl(body.decode()))["RoleName"])
            return answered
        request = json_request(body)
        validate_request(call.service, call.operation, request)
        answer = double.faults.distort(call.operation, _answered(call, operation, request))
        if call.service == "sagemaker":
            region.tags.note(call.operation, request, answer)
        return 200, [("Content-Type", "application/x-amz-json-1.1")], json_answer(call, answer)

    def _invoke(self, region: Region, call: Call, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        asked = {name: self.headers.get(header) for name, header in HEADERS.items()}
        given: dict[str, Any] = {name: value for name, value in asked.items() if value is not None}
        answer = region.api.sagemaker_runtime.invoke_endpoint(EndpointName=call.endpoint, Body=body, **given)
        headers = [
            ("Content-Type", answer["ContentType"]),
            ("x-Amzn-Invoked-Production-Variant", answer["InvokedProductionVariant"]),
        ]
        read: bytes = answer["Body"].read()
        return 200, headers, read

    def _pass_on(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        moto = http.client.HTTPConnection("127.0.0.1", self.server.double.moto.port, timeout=60)
        try:
            headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP_BY_HOP}
            moto.request(self.command, self.path, body or None, headers)
            answer = moto.getresponse()
            kept = [(n, v) for n, v in answer.getheaders() if n.lower() not in _HOP_BY_HOP]
            if self.command == "HEAD":
                kept.append(("Content-Length", answer.headers.get("Content-Length", "0")))
            return answer.status, kept, answer.read()
        finally:
            moto.close()

    def _control(self, what: str, body: bytes) -> None:
        double = self.server.double
        answer: dict[str, Any] = {}
        if what == "calls":
            with self.server.lock:
                answer = {"calls": list(self.server.calls)}
        elif what == "left":
            answer = {"left": double.left()}
        elif what == "faults" and self.command == "DELETE":
            double.faults.clear()
        elif what == "faults":
            double.faults.add(json.loads(body))
        elif what == "quotas":
            asked = json.loads(body)
            double.quotas[asked["name"]] = asked["value"]
        elif what == "spec":
            double.change_spec(**json.loads(body))
        elif what == "delays":
            vars(double.delays).update(vars(Delays(**json.loads(body))))
        elif what == "clock":
            double.clock.advance(json.loads(body)["seconds"])
        else:
            self._send(404, [], b"")
            return
        self._send(200, [("Content-Type", "application/json")], json.dumps(answer).encode())

    def _send(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        if not any(name == "Content-Length" for name, _ in headers):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _answered(call: Call, operation: Operation, request: dict[str, Any]) -> Mapping[str, Any]:
    if not lists.is_list(call):
        return operation(**request)
    asked = {name: value for name, value in request.items() if name not in lists.NARROWING}
    return lists.page_of(call, request, operation(**asked))


def _is_motos(call: Call, body: bytes) -> bool:
    """Whether it is about a log group that the local cloud does not have."""
    return call.service == "logs" and json_request(body).get("logGroupName") != TRAINING_LOGS


def _allowed(body: bytes) -> bytes:
    """IAM's simulation, in which everything is allowed."""
    actions = [value for name, value in parse_qsl(body.decode()) if name.startswith("ActionNames.member.")]
    results = "".join(
        f"<member><EvalActionName>{action}</EvalActionName><EvalResourceName>*</EvalResourceName>"
        "<EvalDecision>allowed</EvalDecision></member>"
        for action in actions
    )
    return (
        '<SimulatePrincipalPolicyResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">'
        f"<SimulatePrincipalPolicyResult><IsTruncated>false</IsTruncated><EvaluationResults>{results}"
        "</EvaluationResults></SimulatePrincipalPolicyResult><ResponseMetadata><RequestId>double</RequestId>"
        "</ResponseMetadata></SimulatePrincipalPolicyResponse>"
    ).encode()
