"""S3's answer to a request to delete several objects of which it keeps all: HTTP 200, and an error by each key.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
"""

from __future__ import annotations

import re
from xml.sax.saxutils import escape

from botocore.exceptions import ClientError

from kit.aws_double.wire import Call

_KEY = re.compile(r"<Key>.*?</Key>", re.DOTALL)
# What is refused because of an object; other errors are of the whole request.
_OF_AN_OBJECT = ("AccessDenied", "InternalError")


def is_told_by_key(call: Call, error: ClientError) -> bool:
    return call.operation == "DeleteObjects" and error.response["Error"]["Code"].startswith(_OF_AN_OBJECT)


def answer_by_key(request: bytes, error: ClientError) -> bytes:
    """The same error for each object of the request, of which none has been deleted."""
    told = error.response["Error"]
    reason = f"<Code>{escape(told['Code'])}</Code><Message>{escape(told['Message'])}</Message>"
    errors = "".join(f"<Error>{key}{reason}</Error>" for key in _KEY.findall(request.decode()))
    return f'<DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{errors}</DeleteResult>'.encode()
