"""The journal of a run: what was done and what was created, written atomically before and after each effect.

After a kill at any point it tells which stages are finished, and which resources may exist. A resource is entered
before it is created, so that nothing can exist that the ledger does not name.
"""

from __future__ import annotations

import dataclasses
import datetime
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec

from kit.atomic_file import write_atomically
from kit.errors import InputError
from kit.language import _, in_every_language, language
from kit.run.names import LABELING_JOB, TRAINING_JOB
from kit.run.results import Result, StageResult, from_json, to_json
from kit.settings import FORMER

FORMAT = 1


@dataclass(frozen=True)
class StageRecord:
    """One stage of the run.

    Attributes:
        state: "running" (or killed while running), "finished", "failed", or "outdated", which was finished with other
            pictures or labels and is to be done anew.
        attempts: how often it was begun.
        done: how many pictures were labelled at the last look, where the stage is labelling.
        seconds: wall-clock time of the last attempt.
        result: what `kit.run.results` makes of the stage's result.
    """

    state: Literal["running", "finished", "failed", "outdated"]
    attempts: int
    started: str
    seconds: float = 0.0
    result: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    error: str = ""
    done: int = 0


@dataclass(frozen=True)
class Resource:
    """Something that exists outside the run folder, or may; `deleted` once it is known to be gone.

    `entered` and `left` say when: between them it may have cost money. What is `outdated` was made from other pictures
    or labels than the run has now.
    """

    kind: str
    name: str
    deleted: bool = False
    entered: str = ""
    left: str = ""
    outdated: bool = False

    @property
    def is_job(self) -> bool:
        """Whether it ends rather than being deleted: SageMaker keeps the records of jobs for ever, at no cost."""
        return self.kind in (LABELING_JOB, TRAINING_JOB)

    def __post_init__(self) -> None:
        for name, moment in (("entered", self.entered), ("left", self.left)):
            if moment:
                _require_moment(name, moment)


@dataclass(frozen=True)
class _Content:
    """The file, as msgspec checks it."""

    format: Literal[1]
    run: str
    track: str
    created: str
    settings: dict[str, Any]
    runtime: str
    runtime_reason: str | dict[str, str]
    stages: dict[str, StageRecord]
    resources: list[Resource]

    def __post_init__(self) -> None:
        _require_moment("created", self.created)


class Journal:
    """The journal file, read once and written at every change."""

    def __init__(self, path: Path, run_id: str, track: str, settings: Mapping[str, Any]) -> None:
        self._path = path
        self.run_id = run_id
        self.track = track
        self.settings = dict(settings)
        self.runtime = ""
        self._runtime_reason: str | dict[str, str] = ""
        self.created = _now()
        self.stages: dict[str, StageRecord] = {}
        self.resources: list[Resource] = []

    @classmethod
    def open(cls, path: Path) -> Journal:
        """Raises InputError when the file is not a journal of this version."""
        try:
            content = msgspec.convert(json.loads(path.read_text(encoding="utf-8")), _Content)
        except (OSError, ValueError, RecursionError) as error:
            raise _unreadable(path, str(error)) from error
        settings = {FORMER.get(name, name): value for name, value in content.settings.items()}
        journal = cls(path, content.run, content.track, settings)
        journal.created = content.created
        journal.runtime, journal._runtime_reason = content.runtime, content.runtime_reason
        journal.stages, journal.resources = content.stages, content.resources
        return journal

    @property
    def runtime_reason(self) -> str:
        """Why the runtime was chosen, in the reader's language."""
        if isinstance(self._runtime_reason, str):
            return self._runtime_reason  # of a run before there were several
        return self._runtime_reason.get(language(), "")

    @property
    def is_rehearsal(self) -> bool:
        """Whether it was run against a stand-in for AWS, which is gone with all that was made on it."""
        return bool(self.settings.get("endpoint_url"))

    def save(self) -> None:
        content = {
            "format": FORMAT,
            "run": self.run_id,
            "track": self.track,
            "created": self.created,
            "settings": self.settings,
            "runtime": self.runtime,
            "runtime_reason": self._runtime_reason,
            "stages": {name: dataclasses.asdict(record) for name, record in self.stages.items()},
            "resources": [dataclasses.asdict(resource) for resource in self.resources],
        }
        write_atomically(self._path, json.dumps(content, indent=2, ensure_ascii=False).encode())

    def is_finished(self, stage: str) -> bool:
        return stage in self.stages and self.stages[stage].state == "finished"

    def result(self, kind: type[Result]) -> Result:
        """The result of a finished stage.

        Raises:
            InputError: the stage is not finished, or its entry is not such a result.
        """
        if not self.is_finished(kind.stage):
            raise _unreadable(self._path, f"stages.{kind.stage}: not finished")
        try:
            return from_json(kind, self.stages[kind.stage].result)
        except msgspec.ValidationError as error:
            raise _unreadable(self._path, f"stages.{kind.stage}.result: {error}") from error

    def setting(self, name: str) -> Any:
        """A setting that the run was begun with. Raises InputError when the journal does not name it."""
        if name not in self.settings:
            raise _unreadable(self._path, f"settings.{name} is missing")
        return self.settings[name]

    def runs_on(self, runtime: str, reason: str) -> None:
        """Enters the runtime of this machine's part of the run, and why it was chosen, a sentence."""
        if reason != self.runtime_reason:
            self._runtime_reason = in_every_language(reason)
        self.runtime = runtime
        self.save()

    def begin(self, stage: str) -> None:
        before = self.stages.get(stage, StageRecord("running", 0, ""))
        self._set(stage, StageRecord("running", before.attempts + 1, _now(), done=before.done))

    def note_done(self, stage: str, done: int) -> None:
        """Enters how far a stage is that has been begun."""
        record = self.stages.get(stage)
        if record is not None and record.done != done:
            self._set(stage, dataclasses.replace(record, done=done))

    def finish(self, stage: str, seconds: float, result: StageResult) -> None:
        record = dataclasses.replace(self.stages[stage], state="finished", seconds=seconds, result=to_json(result))
        self._set(stage, record)

    def fail(self, stage: str, seconds: float, error: str) -> None:
        self._set(stage, dataclasses.replace(self.stages[stage], state="failed", seconds=seconds, error=error))

    def will_create(self, kind: str, name: str) -> None:
        """To be called before the resource is created."""
        resource = Resource(kind, name, entered=_now())
        # What was outdated and is gone was paid for, and stays.
        self.resources = [
            known
            for known in self.resources
            if (known.kind, known.name) != (kind, name) or (known.deleted and known.outdated)
        ]
        self.resources.append(resource)
        self.save()

    def mark_ended(self, kind: str, name: str) -> None:
        self.resources = [
            dataclasses.replace(known, deleted=True, left=_now())
            if (known.kind, known.name) == (kind, name) and not known.deleted
            else known
            for known in self.resources
        ]
        self.save()

    def outdate(self, stages: Iterable[str]) -> None:
        """Lets stages that were begun be done anew, because what they were done with has changed."""
        for stage in stages:
            if stage in self.stages:
                self.stages[stage] = dataclasses.replace(self.stages[stage], state="outdated", result={}, error="")
        self.save()

    def outdate_resources(self, kinds: Iterable[str]) -> None:
        """Marks all resources of these kinds as made from what has changed since."""
        chosen = set(kinds)
        self.resources = [
            dataclasses.replace(known, outdated=True) if known.kind in chosen else known for known in self.resources
        ]
        self.save()

    def is_outdated(self, kind: str, name: str) -> bool:
        return any((known.kind, known.name) == (kind, name) and known.outdated for known in self.resources)

    def existing(self) -> list[Resource]:
        """The resources that may exist, the latest first: the order to delete in."""
        return [resource for resource in reversed(self.resources) if not resource.deleted]

    def _set(self, stage: str, record: StageRecord) -> None:
        self.stages[stage] = record
        self.save()


def _unreadable(path: Path, reason: str) -> InputError:
    return InputError(
        _(
            "{path} cannot be read as a journal ({error}); look on AWS for what its run made, then remove the folder."
        ).format(path=path, error=reason)
    )


def _require_moment(name: str, text: str) -> None:
    """Raises ValueError unless it is a moment as `_now` writes it, which can be compared with others."""
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error
    if moment.tzinfo is None:
        raise ValueError(f"{name}: {text} has no time zone")


def _now() -> str:
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")
