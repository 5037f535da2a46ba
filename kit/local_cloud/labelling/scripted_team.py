"""A work team of one program: it labels a job's pictures from known boxes while the job is looked at."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from kit.annotations.model import AnnotatedPicture
from kit.errors import KitError
from kit.local_cloud.labelling.annotator import annotate
from kit.local_cloud.labelling.label_studio import LabelStudioAccess


class ScriptedTeam:
    """Works on jobs in the background, each in a thread of its own.

    Args:
        truth: the boxes to enter, by the file name of the picture.
    """

    def __init__(self, access: LabelStudioAccess, truth: Mapping[str, AnnotatedPicture]) -> None:
        self._access = access
        self._truth = truth
        self._at_work: dict[int, threading.Thread] = {}
        self._failures: dict[int, KitError] = {}
        self._leave = threading.Event()

    def see_to(self, project: int) -> None:
        """Starts on a project of Label Studio unless somebody is at it.

        Raises:
            KitError: what kept the worker from finishing it.
        """
        if project in self._failures:
            raise self._failures[project]
        if project not in self._at_work:
            thread = self._at_work[project] = threading.Thread(target=self._work, args=(project,), daemon=True)
            thread.start()

    def leave(self) -> None:
        """Stops after the picture in hand."""
        self._leave.set()
        for thread in self._at_work.values():
            thread.join()

    def _work(self, project: int) -> None:
        try:
            for _ in annotate(self._access, project, self._truth):
                if self._leave.is_set():
                    return
        except KitError as error:
            self._failures[project] = error
