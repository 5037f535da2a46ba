"""Who and where the local cloud is, in the names that AWS gives to things."""

from __future__ import annotations

from dataclasses import dataclass

REGION = "us-east-1"
ACCOUNT = "000000000000"


@dataclass(frozen=True)
class Place:
    """A region of an account."""

    region: str = REGION
    account: str = ACCOUNT

    def sagemaker_arn(self, resource: str) -> str:
        """The ARN of `resource` as in `training-job/usb-plugs-1`."""
        return f"arn:aws:sagemaker:{self.region}:{self.account}:{resource}"


HERE = Place()
