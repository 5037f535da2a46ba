"""Help for those who label: a model learns beside from what they have labelled and proposes boxes on the rest."""

from __future__ import annotations

import functools
import queue
import shutil
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError

from kit.annotations.model import AnnotatedPicture, LabelState
from kit.annotations.picture_files import upright_size
from kit.errors import KitError
from kit.language import _
from kit.local_cloud.beside.cross_validation import FEWEST, Command
from kit.local_cloud.beside.lone_training import Example
from kit.local_cloud.beside.proposer import FIRST, Proposer, learn, next_at
from kit.local_cloud.container_files import ContainerFiles
from kit.local_cloud.labelling.label_studio import LabelStudioAccess
from kit.local_cloud.labelling.label_studio_projects import labelled_pictures
from kit.local_cloud.labelling.model_proposals import propose_anew
from kit.local_cloud.own_model import unpack_own
from kit.local_cloud.process import giving_way
from kit.s3_uri import bucket_and_key

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


_NEVER = sys.maxsize


@dataclass(frozen=True)
class KnownModel:
    """A model that an earlier run has made: model.tar.gz, its classes, and the lowest score that the run draws."""

    archive: Path
    labels: tuple[str, ...]
    threshold: float


@dataclass(frozen=True)
class Assistance:
    """How people are helped.

    Attributes:
        train, serve: the programs that keep SageMaker's contracts.
        hyperparameters: the run's.
        model: proposes from the first picture on; None for one that learns from what is labelled.
    """

    train: Command
    serve: Command
    hyperparameters: Mapping[str, str]
    model: KnownModel | None = None


def hired(
    assistance: Assistance | None, s3: S3Client, folder: Path, say: Callable[[str], object]
) -> Callable[[LabelStudioAccess, int, Sequence[str]], Assistant] | None:
    """What hires an assistant, for `LabellingService`; None where nobody is to help."""
    if assistance is None:
        return None
    return functools.partial(Assistant, assistance=assistance, s3=s3, folder=folder, say=say)


@dataclass
class _Progress:
    """At how many labelled pictures there is something to do next, and who is at it."""

    due_at: int
    at_work: threading.Thread | None = None
    told: queue.SimpleQueue[str] = field(default_factory=queue.SimpleQueue)


class Assistant:
    """Works on one project of Label Studio, in a thread of its own and at the lowest priority.

    Whatever fails costs its proposals and no more: it is told, and the labelling goes on.

    Args:
        project: Label Studio's number of it.
        labels: the classes of the job.
        folder: for models and copies of pictures; removed by `leave`.
        say: told of what it does, by `see_to`.
    """

    def __init__(
        self,
        access: LabelStudioAccess,
        project: int,
        labels: Sequence[str],
        *,
        assistance: Assistance,
        s3: S3Client,
        folder: Path,
        say: Callable[[str], object],
    ) -> None:
        self._access, self._s3, self._project, self._labels = access, s3, project, tuple(labels)
        self._folder, self._assistance, self._say = folder, assistance, say
        self._leave = threading.Event()
        self._state = _Progress(due_at=0 if assistance.model else FIRST)
        self._begun = False

    def see_to(self, labelled: int) -> None:
        """Begins to learn, or to propose, where enough is labelled and nobody is at it; says what has come of it."""
        while not self._state.told.empty():
            self._say(self._state.told.get())
        thread = self._state.at_work
        if labelled < self._state.due_at or (thread is not None and thread.is_alive()) or self._leave.is_set():
            return
        # What is labelled adds nothing to a model that is there.
        self._state.due_at = next_at(labelled) if self._assistance.model is None else _NEVER
        thread = self._state.at_work = threading.Thread(target=self._work, args=(labelled,), daemon=True)
        thread.start()

    def leave(self) -> None:
        """Ends what runs, and removes its files."""
        self._leave.set()
        if self._state.at_work is not None:
            self._state.at_work.join()
        self._forget()

    def _work(self, labelled: int) -> None:
        try:
            self._propose(labelled)
        except (KitError, ClientError, BotoCoreError, Boto3Error, OSError) as error:
            if not self._leave.is_set():
                reason = str(error).rstrip(".")
                self._tell(_("  No proposals this time: {reason}. Labelling goes on.").format(reason=reason))

    def _propose(self, labelled: int) -> None:
        if not self._begun:
            # What an earlier one has left that was killed: its pictures may have changed since.
            self._forget()
            self._begun = True
        pictures = self._fetched()
        to_do = [each for each in pictures.values() if each.picture.state is LabelState.UNLABELLED]
        if not to_do:
            return
        proposer = self._known() if self._assistance.model else self._learned(list(pictures.values()))
        if proposer is None or self._leave.is_set():
            return
        found = proposer.propose(to_do, self._labels, giving_way(self._assistance.serve))
        proposed, certainties = dict[str, AnnotatedPicture](), dict[str, float]()
        for picture, _file in to_do:
            of_it = found[picture.file_name]
            boxes = tuple(each.box for each in of_it.detections)
            proposed[picture.source] = AnnotatedPicture(picture.source, picture.width, picture.height, boxes)
            certainties[picture.source] = of_it.certainty
        count = propose_anew(self._access, self._project, proposed, f"assist-{labelled}", certainties)
        told = _("  Boxes proposed: {boxes}, on {count} of the pictures to label; none counts until it is submitted.")
        self._tell(told.format(boxes=sum(len(each.boxes) for each in proposed.values()), count=count))

    def _known(self) -> Proposer | None:
        model = self._assistance.model
        if model is None:
            return None
        files = ContainerFiles(self._folder / "ml")
        if not files.model.exists():
            unpack_own(model.archive, files.model)
        return Proposer(files, model.labels, model.threshold)

    def _learned(self, pictures: Sequence[Example]) -> Proposer | None:
        examples = [each for each in pictures if each.picture.state is LabelState.LABELLED and each.picture.boxes]
        if len(examples) < FEWEST:
            return None
        told = _("  A model learns from the {count} pictures with boxes, in the background; ASSIST=0 does without.")
        self._tell(told.format(count=len(examples)))
        folder = self._folder / "model"
        if folder.exists():
            shutil.rmtree(folder)
        commands = (giving_way(self._assistance.train), giving_way(self._assistance.serve))
        hyperparameters = self._assistance.hyperparameters
        return learn(examples, self._labels, hyperparameters, folder, commands, ended=self._leave.is_set)

    def _fetched(self) -> Mapping[str, Example]:
        """The project's pictures with their sizes, and a copy of each in the folder; by S3 URI."""
        copies = self._folder / "pictures"
        copies.mkdir(parents=True, exist_ok=True)
        found = {}
        for uri, picture in labelled_pictures(self._access, self._project).items():
            copy = copies / picture.file_name
            if not copy.exists():
                self._s3.download_file(*bucket_and_key(uri), str(copy))
            width, height = upright_size(copy)
            sized = AnnotatedPicture(uri, width, height, picture.boxes, picture.state)
            found[uri] = Example(sized, copy)
        return found

    def _tell(self, text: str) -> None:
        self._state.told.put(text)

    def _forget(self) -> None:
        if self._folder.exists():
            shutil.rmtree(self._folder)
