"""Labelling by people ends early when somebody asks for it while it waits, and at no other time."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from kit.aws_api import LabellingPortal
from kit.errors import InputError
from kit.local_cloud.service_model import client_error
from kit.run import names
from kit.run.context import Context
from kit.run.opening import locked
from kit.run.picture_set import PictureSet
from kit.run.run_picture import RunPicture
from kit.stages import labelling
from tests.unit.stages.contexts import context_in


class LabellingUntilStopped:
    """A job of 35 pictures that nobody labels further; `at_look` is called at each look at it."""

    def __init__(self, at_look: Any, labelled: int = 2) -> None:
        self.looks = 0
        self.labelled = labelled
        self.stopped = False
        self._at_look = at_look

    def describe_labeling_job(self, **_: Any) -> dict[str, Any]:
        self.looks += 1
        self._at_look(self.looks)
        status = "Stopped" if self.stopped else "InProgress"
        return {"LabelingJobStatus": status, "LabelCounters": {"TotalLabeled": self.labelled}}

    def stop_labeling_job(self, **_: Any) -> dict[str, Any]:
        self.stopped = True
        return {}


class NoObjects:
    def download_file(self, _bucket: str, _key: str, file: str) -> None:
        Path(file).touch()


ONE = PictureSet((RunPicture(Path("a.jpg"), "a.jpg", "a.jpg"),), ("a", "b"))


def labelled(context: Context, sagemaker: LabellingUntilStopped, *, by_people: bool = True) -> None:
    """Runs the stage to its end, which finds no boxes."""
    objects: Any = NoObjects()
    job: Any = sagemaker
    portal = LabellingPortal("http://127.0.0.1:1") if by_people else None
    api = dataclasses.replace(context.api, sagemaker=job, s3=objects, portal=lambda _job: portal)
    with pytest.raises(InputError, match="Nobody drew a box"):
        labelling.run(dataclasses.replace(context, api=api))


def test_what_was_asked_for_at_another_time_does_not_end_it(tmp_path: Path) -> None:
    context = context_in(tmp_path, pictures=ONE)
    context.journal.will_create("labeling-job", names.job(context.suffix, 1))
    context.folder.go_on.touch()
    waited: list[bool] = []

    def at_look(number: int) -> None:
        waited.append(context.folder.waits_for_people)
        if number == 5:
            context.folder.go_on.touch()

    sagemaker = LabellingUntilStopped(at_look)
    with locked(context.folder):
        labelled(context, sagemaker)
    assert sagemaker.looks == 6
    # The next attempt does not come to the same end at once: nobody drew a box.
    assert context.journal.is_outdated("labeling-job", names.job(context.suffix, 1))
    # The first look is for a job of an earlier attempt.
    assert waited == [False, True, True, True, True, True]
    assert not context.folder.go_on.exists()
    assert not context.folder.waits_for_people


def test_a_program_that_labels_is_not_waited_for(tmp_path: Path) -> None:
    context = context_in(tmp_path, pictures=ONE)
    waited: list[bool] = []
    sagemaker = LabellingUntilStopped(lambda _look: None)

    def at_look(number: int) -> None:
        waited.append(context.folder.waits_for_people)
        context.folder.go_on.touch()
        sagemaker.stopped = number == 4

    sagemaker._at_look = at_look
    with locked(context.folder):
        labelled(context, sagemaker, by_people=False)
    assert sagemaker.looks == 4
    assert not any(waited)


def test_with_too_few_labels_it_says_so_and_goes_on_waiting(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    context = context_in(tmp_path, pictures=ONE)
    context.journal.will_create("labeling-job", names.job(context.suffix, 1))

    def at_look(number: int) -> None:
        if number in (3, 5):
            context.folder.go_on.touch()
        sagemaker.labelled = 1 if number < 5 else 2

    sagemaker = LabellingUntilStopped(at_look, labelled=1)
    with locked(context.folder):
        labelled(context, sagemaker)
    assert sagemaker.looks == 6
    assert capsys.readouterr().out.count("Labelled so far: 1; at least 2 are needed") == 1


class StoppedAsItEnds(LabellingUntilStopped):
    """SageMaker refuses the stop, in words of its own: the job has ended since it was looked at, or it has not."""

    def __init__(self, at_look: Any, *, ended: bool) -> None:
        super().__init__(at_look)
        self._ended = ended

    def stop_labeling_job(self, **_: Any) -> dict[str, Any]:
        self.stopped = self._ended
        raise client_error("StopLabelingJob", "ValidationException", "Not in a status in which it can be stopped.")


def test_a_stop_pressed_as_the_job_ends_is_as_good(tmp_path: Path) -> None:
    context = context_in(tmp_path, pictures=ONE)
    sagemaker = StoppedAsItEnds(lambda number: context.folder.go_on.touch() if number == 2 else None, ended=True)
    with locked(context.folder):
        labelled(context, sagemaker)
    assert sagemaker.stopped
    assert not context.folder.go_on.exists()


def test_a_stop_that_is_refused_while_the_job_runs_is_told(tmp_path: Path) -> None:
    context = context_in(tmp_path, pictures=ONE)
    sagemaker = StoppedAsItEnds(lambda number: context.folder.go_on.touch() if number == 2 else None, ended=False)
    with locked(context.folder), pytest.raises(ClientError, match="Not in a status in which it can be stopped"):
        labelled(context, sagemaker)


class EndedWithoutCounters:
    """A job of an earlier attempt that has ended; how many pictures are labelled SageMaker does not say."""

    def describe_labeling_job(self, **_: Any) -> dict[str, Any]:
        return {"LabelingJobStatus": "Completed", "LabelCounters": {}}

    def create_labeling_job(self, **_: Any) -> dict[str, Any]:
        raise NotImplementedError


def test_a_job_that_has_ended_is_not_labelled_again_because_its_counters_are_missing(tmp_path: Path) -> None:
    context = context_in(tmp_path, pictures=ONE)
    job: Any = EndedWithoutCounters()
    with locked(context.folder):
        labelled(context, job)
