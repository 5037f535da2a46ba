"""Who the local cloud is, in the names that AWS gives to things."""

from __future__ import annotations

REGION = "us-east-1"
ACCOUNT = "000000000000"


def sagemaker_arn(resource: str) -> str:
    """The ARN of `resource` as in `training-job/usb-plugs-1`."""
    return f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:{resource}"
