"""Labelling with Label Studio on this machine over pictures in Amazon S3, for accounts that Ground Truth refuses."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from kit.aws.session import Aws
from kit.aws_api import AwsApi
from kit.errors import SetupError
from kit.language import _
from kit.local_cloud import environments
from kit.local_cloud.beside.assistant import Assistance, hired
from kit.local_cloud.labelling.label_studio import LabelStudioServer
from kit.local_cloud.labelling.service import LabellingService


class SageMakerLabellingHere:
    """boto3's `sagemaker` client, except for the labeling verbs, which `labelling` carries out."""

    def __init__(self, client: Any, labelling: LabellingService) -> None:
        self._client = client
        self.create_labeling_job = labelling.create_labeling_job
        self.describe_labeling_job = labelling.describe_labeling_job
        self.stop_labeling_job = labelling.stop_labeling_job

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


@contextlib.contextmanager
def labelling_here(
    api: AwsApi,
    aws: Aws,
    folder: Path,
    port: int | None,
    host: str,
    workers: Sequence[str],
    assistance: Assistance | None,
    say: Callable[[str], object],
) -> Iterator[AwsApi]:
    """The API with labelling by people at this machine, or (`host`) on its network; what they labelled is in `folder`.

    Args:
        say: told when Label Studio has ended and is started again.

    Raises:
        SetupError: the environment of Label Studio cannot be made, or the port is taken.
    """
    environments.require(environments.LABEL_STUDIO, *([environments.DETECTOR] if assistance else []))
    labelling = LabellingService(
        folder / "labeling-jobs",
        api.s3,
        start_server=lambda: LabelStudioServer(
            environments.LABEL_STUDIO,
            folder / "label-studio",
            s3_url=aws.endpoint_url,
            port=port,
            host=host,
            s3_credentials=_credentials(aws),
        ),
        truth=None,
        workers=workers,
        assistant=hired(assistance, api.s3, folder / "assistant", say),
        say=say,
    )
    labelling.warm_up()
    try:
        yield dataclasses.replace(
            api,
            sagemaker=SageMakerLabellingHere(api.sagemaker, labelling),
            workteam_arn=f"arn:{aws.partition}:sagemaker:{aws.region}:{aws.account}:workteam/private-crowd/this-machine",
            portal=labelling.portal,
            labelled_by=labelling.labelled_by,
            continues_labels=True,
            propose=labelling.propose,
        )
    finally:
        labelling.close()


def _credentials(aws: Aws) -> dict[str, str]:
    """The session's own, for a server of this machine; where they are temporary, as long as they last."""
    credentials = aws.session.get_credentials()
    if credentials is None:
        raise SetupError(_("No AWS credentials were found; sign in again."))
    frozen = credentials.get_frozen_credentials()
    found = {
        "AWS_ACCESS_KEY_ID": frozen.access_key,
        "AWS_SECRET_ACCESS_KEY": frozen.secret_key,
        "AWS_SESSION_TOKEN": frozen.token,
        "S3_region": aws.region,
    }
    return {name: value for name, value in found.items() if value}
