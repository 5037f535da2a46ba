"""The local cloud put together: the services of a run, opened, handed out as an `AwsApi`, and closed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any

from kit.aws_api import AwsApi
from kit.local_cloud.account import HERE, Place
from kit.local_cloud.algorithm import ALGORITHM
from kit.local_cloud.beside.assistant import Assistance, hired
from kit.local_cloud.hosting.endpoints import Hosting
from kit.local_cloud.hosting.invoke import EndpointInvoker
from kit.local_cloud.labelling.service import LabellingService
from kit.local_cloud.parts import Parts
from kit.local_cloud.s3 import mirror as s3_mirror
from kit.local_cloud.training.jobs import TrainingJobs
from kit.local_cloud.watch import MOST_RESTARTS, Watch

POLL_SECONDS = 0.5


class LocalSageMaker:
    """`kit.aws_api.SageMaker` from the services that carry its verbs out."""

    def __init__(
        self, labelling: LabellingService, training: TrainingJobs, hosting: Hosting, look: Callable[[], object]
    ) -> None:
        """`look` is called before a job is described: what people and programs wait with, again and again."""
        self.create_labeling_job = labelling.create_labeling_job
        self.describe_labeling_job = _after(look, labelling.describe_labeling_job)
        self.list_labeling_jobs = labelling.list_labeling_jobs
        self.stop_labeling_job = labelling.stop_labeling_job
        self.create_training_job = training.create_training_job
        self.describe_training_job = _after(look, training.describe_training_job)
        self.list_training_jobs = training.list_training_jobs
        self.stop_training_job = training.stop_training_job
        self.create_model = hosting.create_model
        self.create_endpoint_config = hosting.create_endpoint_config
        self.create_endpoint = hosting.create_endpoint
        self.describe_endpoint = hosting.describe_endpoint
        self.delete_endpoint = hosting.delete_endpoint
        self.delete_endpoint_config = hosting.delete_endpoint_config
        self.delete_model = hosting.delete_model
        self.list_endpoints = hosting.list_endpoints
        self.list_endpoint_configs = hosting.list_endpoint_configs
        self.list_models = hosting.list_models


def _after(look: Callable[[], object], describe: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    def described(**request: Any) -> dict[str, Any]:
        look()
        return describe(**request)

    return described


class LocalCloud:
    """The services of one run; a context manager.

    What an earlier local cloud on the same folder knew is there again: objects, jobs and labels; its endpoints come up
    anew.

    Args:
        folder: everything durable, and the logs.
        parts: what carries it; they stay open when it closes.
        truth: COCO file with the boxes that the scripted team enters; None when people label.
        workers: the e-mail addresses of those people, where there are several.
        assistance: how they are helped, whatever its programs: those of the parts are taken.
        place: the region and account that it is in the place of.
        labelling: whether labelling lies ahead: Label Studio, the slowest to come up, then starts beside the rest.
        say: told when a service has ended and is started again.

    Attributes:
        hosting: what is served.

    Raises:
        KitError: a service does not come up; those that did are stopped.
    """

    def __init__(
        self,
        folder: Path,
        parts: Parts,
        *,
        truth: Path | None = None,
        workers: Sequence[str] = (),
        assistance: Assistance | None = None,
        labelling: bool = True,
        say: Callable[[str], object],
        place: Place = HERE,
    ) -> None:
        self._place = place
        self._mirror = folder / "s3"
        self._s3 = parts.s3.client()
        self._server = parts.s3
        self._watch = Watch(lambda: parts.s3.service, self._restart_s3, say)
        with ExitStack() as services:
            self._labelling = LabellingService(
                folder / "labeling-jobs",
                self._s3,
                start_server=parts.label_studio,
                truth=truth,
                workers=workers,
                assistant=hired(
                    assistance and replace(assistance, train=parts.train, serve=parts.serve),
                    self._s3,
                    folder / "assistant",
                    say,
                ),
                say=say,
                place=place,
            )
            services.callback(self._labelling.close)
            if labelling:
                self._labelling.warm_up()
            s3_mirror.restore(self._s3, self._mirror)
            self._training = TrainingJobs(
                self._s3, folder / "training-jobs", command=parts.train, manner=parts.manner, place=place
            )
            services.callback(self._training.close)
            self.hosting = Hosting(
                self._s3, folder / "hosting", command=parts.serve, restarts=MOST_RESTARTS, say=say, place=place
            )
            services.callback(self.hosting.close)
            self._services = services.pop_all()

    def api(self) -> AwsApi:
        region, account = self._place.region, self._place.account
        return AwsApi(
            s3=self._s3,
            sagemaker=LocalSageMaker(self._labelling, self._training, self.hosting, self._watch.look),
            sagemaker_runtime=EndpointInvoker(self.hosting, self._place),
            logs=self._training.logs,
            durability=self,
            algorithm=ALGORITHM,
            region=region,
            account=account,
            role_arn=f"arn:aws:iam::{account}:role/workshop",
            workteam_arn=f"arn:aws:sagemaker:{region}:{account}:workteam/private-crowd/workshop",
            labelling_functions=f"arn:aws:lambda:{region}:{account}:function",
            portal=self._labelling.portal,
            labelled_by=self._labelling.labelled_by,
            continues_labels=True,
            propose=self._labelling.propose,
            poll_seconds=POLL_SECONDS,
        )

    def checkpoint(self) -> None:
        """Saves the objects of S3, which LocalStack forgets."""
        s3_mirror.save(self._s3, self._mirror)

    def _restart_s3(self) -> None:
        self._server.restart()
        s3_mirror.restore(self._s3, self._mirror)
        self._training.fail_what_lost_its_artifact()

    def close(self) -> None:
        """Ends the services; what they knew stays in the folder."""
        self._services.close()

    def __enter__(self) -> LocalCloud:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
