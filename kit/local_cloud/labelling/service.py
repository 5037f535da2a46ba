"""Labelling of the local cloud: Label Studio started when it is wanted, its jobs, and the team that works on them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from kit import stopping
from kit.annotations.formats import coco
from kit.annotations.model import AnnotatedPicture
from kit.aws_api import LabellingPortal
from kit.errors import ServiceError
from kit.local_cloud.account import HERE, Place
from kit.local_cloud.labelling import people
from kit.local_cloud.labelling.jobs import LabelingJobs, how_to_correct
from kit.local_cloud.labelling.label_studio import LabellingServer, LabelStudioAccess
from kit.local_cloud.labelling.label_studio_projects import labelled_by
from kit.local_cloud.labelling.model_proposals import show_least_certain_first
from kit.local_cloud.labelling.proposals import BEGUN_WITH, propose
from kit.local_cloud.labelling.scripted_team import ScriptedTeam
from kit.local_cloud.records import Records
from kit.local_cloud.watch import Watch

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_POLL_SECONDS = 0.1
_ENDING_SECONDS = 2.0


class Assistant(Protocol):
    """Proposes boxes to those who label."""

    def see_to(self, labelled: int) -> None:
        """Told again and again how many pictures are labelled; returns at once."""

    def leave(self) -> None:
        """Ends all that it does."""


class LabellingService:
    """Ground Truth's verbs of boto3's `sagemaker` client; the server comes up at the first of them, or at `warm_up`.

    Args:
        folder: for the jobs' records.
        start_server: returns when the server answers.
        truth: COCO file with the boxes that a scripted team enters; None when people label.
        workers: the e-mail addresses of those people; none for one user that whoever is there signs in as.
        assistant: hires who helps those people on a project of the server's, whose classes it is told; None for nobody.
        say: told when the server has ended and is started again.
        place: in the ARNs.
    """

    def __init__(
        self,
        folder: Path,
        s3: S3Client,
        *,
        start_server: Callable[[], LabellingServer],
        truth: Path | None,
        workers: Sequence[str] = (),
        assistant: Callable[[LabelStudioAccess, int, Sequence[str]], Assistant] | None = None,
        say: Callable[[str], object],
        place: Place = HERE,
    ) -> None:
        self._folder = folder
        self._s3 = s3
        self._start_server = start_server
        self._truth = truth
        self._workers = workers
        self._hire = assistant
        self._assistant: Assistant | None = None
        self._place = place
        self._starter = ThreadPoolExecutor(1)
        self._server: Future[LabellingServer] | None = None
        self._say = say
        self._jobs: LabelingJobs | None = None
        self._team: ScriptedTeam | None = None
        self._watch: Watch | None = None

    def create_labeling_job(self, **request: Any) -> dict[str, Any]:
        return self._opened().create_labeling_job(**request)

    def describe_labeling_job(self, *, LabelingJobName: str) -> dict[str, Any]:
        jobs = self._opened()
        try:
            description = jobs.describe_labeling_job(LabelingJobName=LabelingJobName)
        except ServiceError:
            # That it does not answer may be the first that is seen of its end.
            if not self._ends_now():
                raise
            description = self._opened().describe_labeling_job(LabelingJobName=LabelingJobName)
        if self._team is not None and description["LabelingJobStatus"] == "InProgress":
            self._team.see_to(jobs.project(LabelingJobName=LabelingJobName))
        elif self._hire is not None and self._truth is None:
            self._assist(self._hire, jobs, description)
        return description

    def _assist(
        self,
        hire: Callable[[LabelStudioAccess, int, Sequence[str]], Assistant],
        jobs: LabelingJobs,
        description: Mapping[str, Any],
    ) -> None:
        """Has somebody see to the job in progress, and lets them go when it has ended."""
        if description["LabelingJobStatus"] != "InProgress":
            self._dismiss()
            return
        job = description["LabelingJobName"]
        if self._assistant is None:
            project = jobs.project(LabelingJobName=job)
            if not self._workers:
                show_least_certain_first(self._access(), project)
            self._assistant = hire(self._access(), project, jobs.labels(LabelingJobName=job))
        self._assistant.see_to(description["LabelCounters"]["TotalLabeled"])

    def _dismiss(self) -> None:
        if self._assistant is not None:
            self._assistant.leave()
            self._assistant = None

    def stop_labeling_job(self, *, LabelingJobName: str) -> dict[str, Any]:
        return self._opened().stop_labeling_job(LabelingJobName=LabelingJobName)

    def list_labeling_jobs(self, *, NameContains: str, StatusEquals: str) -> dict[str, Any]:
        """From the records alone: what is listed needs no server."""
        found = [
            {"LabelingJobName": record["name"], "LabelingJobArn": record["arn"], "LabelingJobStatus": record["status"]}
            for record in Records(self._folder).all()
            if NameContains in record["name"] and record["status"] == StatusEquals
        ]
        return {"LabelingJobSummaryList": found}

    def portal(self, job: str) -> LabellingPortal | None:
        """Where people label the job; None when the scripted team does."""
        if self._truth is not None:
            return None
        if not self._workers:
            return self._opened().portal(LabelingJobName=job)
        jobs = self._opened()
        project = jobs.project(LabelingJobName=job)
        further = how_to_correct() if jobs.began_with(LabelingJobName=job) else ""
        return people.portal(self._access(), project, self._folder.with_name("people.json"), self._workers, further)

    def labelled_by(self, job: str) -> dict[str, int]:
        """How many of the job's pictures each person has labelled; of a team's alone, by their addresses."""
        if not self._workers:
            return {}
        counts = labelled_by(self._access(), self._opened().project(LabelingJobName=job))
        names = people.users(self._access())
        # Labels that the job began with are the server's own user's, unless somebody has corrected them.
        return {names[user]: count for user, count in counts.items() if names[user] != self._access().user}

    def propose(self, job: str, proposals: Mapping[str, AnnotatedPicture], version: str = BEGUN_WITH) -> None:
        """Shows boxes to begin from on pictures of the job that nobody has labelled; see `proposals.propose`."""
        propose(self._access(), self._opened().project(LabelingJobName=job), proposals, version)

    def warm_up(self) -> None:
        """Starts the server beside what else is going on."""
        if self._server is None:
            self._server = self._starter.submit(self._start_server)

    def close(self) -> None:
        self._dismiss()
        if self._team is not None:
            self._team.leave()
        self._starter.shutdown()
        if self._server is not None and self._server.exception() is None:
            self._server.result().close()

    def _opened(self) -> LabelingJobs:
        """The jobs, once the server answers; raises what kept it from coming up."""
        server = self._started()
        if self._watch is None:
            self._watch = Watch(lambda: server.service, server.restart, self._say)
        started_again = self._watch.look()
        if self._jobs is None:
            self._jobs = LabelingJobs(self._folder, s3=self._s3, label_studio=server.access, place=self._place)
        if self._truth is not None and (self._team is None or started_again):
            if self._team is not None:
                self._team.leave()
            pictures = {picture.file_name: picture for picture in coco.read(self._truth).pictures}
            self._team = ScriptedTeam(server.access, pictures)
        return self._jobs

    def _ends_now(self) -> bool:
        """Whether the server has ended, or does within a moment."""
        service = self._started().service
        deadline = time.monotonic() + _ENDING_SECONDS
        while service.exit_status() is None and time.monotonic() < deadline:
            stopping.pause(_POLL_SECONDS)
        return service.exit_status() is not None

    def _access(self) -> LabelStudioAccess:
        return self._started().access

    def _started(self) -> LabellingServer:
        self.warm_up()
        assert self._server is not None  # noqa: S101 (what warm_up is for)
        while not self._server.done():
            stopping.pause(_POLL_SECONDS)
        return self._server.result()
