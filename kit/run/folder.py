"""The one place that knows where a run's files are."""

from __future__ import annotations

import contextlib
import datetime
import difflib
import fcntl
import os
import secrets
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from kit.errors import InputError, SetupError
from kit.language import _

LATEST = "latest"
# Of S3 and the labelling server that `make up` starts for use by hand.
SERVICES = "services"
# How the folders begin that `make endpoint` works in, each for as long as it runs.
ENDPOINT_FOLDERS = "endpoint-"
# What a run of the samples takes at its largest: database, copies of the pictures, model and logs, with room to spare.
NEEDED_BYTES = 300_000_000
# What runs that begin from the labels of others have taken from them, by the name of the run (`earlier_labels`).
RELABEL = "relabel"
# In `RunFolder.to_label`.
TO_LABEL_MANIFEST = "output.manifest"
# So many runs are named where one is not known.
_MOST_NAMED = 10
# Far longer than a link on its way into place lives.
_ABANDONED_SECONDS = 60.0


@dataclass(frozen=True)
class RunFolder:
    """`runs/<id>/`, everything that a run leaves behind."""

    path: Path

    @property
    def run_id(self) -> str:
        return self.path.name

    @property
    def journal(self) -> Path:
        return self.path / "journal.json"

    @property
    def lock(self) -> Path:
        return self.path / ".lock"

    def is_locked(self) -> bool:
        """Whether a kit is at work on it; the folder need not exist."""
        try:
            with self.lock.open() as lock:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        return False

    @property
    def summary(self) -> Path:
        return self.path / "summary.json"

    @property
    def report(self) -> Path:
        return self.path / "report.html"

    @property
    def local_cloud(self) -> Path:
        """The local cloud's own state: its S3 objects, jobs, endpoints, the database of Label Studio, logs."""
        return self.path / "cloud"

    @property
    def contents(self) -> Path:
        """The state of the pictures and labels that the run works on (`kit.run.contents`)."""
        return self.path / "contents.json"

    @property
    def kept_labels(self) -> Path:
        """Labels of an earlier labelling job, of the pictures that have not changed since."""
        return self.results / "kept.manifest"

    @property
    def results(self) -> Path:
        """Files fetched from the bucket before it is deleted: labels, annotations, the model artifact."""
        return self.path / "results"

    @property
    def output_manifest(self) -> Path:
        return self.results / "output.manifest"

    @property
    def proposals(self) -> Path:
        """Augmented manifest of the boxes that Ground Truth's workers begin from, where they do (PRELABEL)."""
        return self.results / "proposals.manifest"

    @property
    def annotations(self) -> Path:
        return self.results / "annotations.json"

    @property
    def held_out_truth(self) -> Path:
        """COCO file of the pictures that the score is taken on."""
        return self.results / "held_out.coco.json"

    @property
    def training_truth(self) -> Path:
        """COCO file of the pictures that were trained on, for the report."""
        return self.results / "training.coco.json"

    @property
    def model_record(self) -> Path:
        """JSON of the model as JumpStart resolved it for the cloud track: model version, images, scripts, artifacts."""
        return self.path / "model.json"

    @property
    def model_artifact(self) -> Path:
        return self.results / "model.tar.gz"

    @property
    def training_log(self) -> Path:
        return self.results / "training.log"

    @property
    def detections(self) -> Path:
        """Drawings, one a held-out picture, under its name in the bucket."""
        return self.path / "detections"

    @property
    def detections_file(self) -> Path:
        """One JSON object a line: `{"picture": …, "seconds": …, "answer": {…}}`."""
        return self.results / "detections.jsonl"

    @property
    def invitations(self) -> Path:
        """The workers' mails: as they will read on AWS, or where none are sent."""
        return self.path / "invitations"

    @property
    def waiting(self) -> Path:
        """There while the run waits for people to label, or was killed while it did."""
        return self.path / "waiting"

    @property
    def labelling_state(self) -> Path:
        """While people label: see `kit.run.labelling_state`."""
        return self.path / "labelling.json"

    @property
    def training_state(self) -> Path:
        """While it trains: see `kit.run.training_state`."""
        return self.path / "training.json"

    @property
    def to_label(self) -> Path:
        """Pictures that somebody tried the model on and wants labelled, with the boxes that were shown."""
        return self.path / "to-label"

    @property
    def suspects(self) -> Path:
        """Labels worth another look: see `kit.run.suspected`."""
        return self.path / "suspects.json"

    @property
    def suspects_manifest(self) -> Path:
        """Augmented manifest of the pictures of those labels, the worst first: the input of an adjustment job."""
        return self.path / "suspects.manifest"

    @property
    def go_on(self) -> Path:
        """Made by `kit go-on`: labelling is to stop and the run to go on with the labels there are."""
        return self.path / "go-on"

    @property
    def waits_for_people(self) -> bool:
        """Whether a kit is at work on it and waits for labels that people draw."""
        return self.waiting.exists() and self.is_locked()


def create(runs: Path, name: str, now: datetime.datetime) -> RunFolder:
    """Makes a new folder; a run is in it once it has a journal."""
    runs.mkdir(parents=True, exist_ok=True)
    stem = f"{now:%Y%m%d-%H%M%S}-{name}"
    number = 1
    while True:
        folder = runs / (stem if number == 1 else f"{stem}-{number}")
        try:
            folder.mkdir()
            break
        except FileExistsError:
            number += 1
    return RunFolder(folder)


def make_latest(folder: RunFolder) -> None:
    """Points `runs/latest` at a run, and removes what a kit that was killed while it did so has left."""
    runs = folder.path.parent
    for left in runs.glob(f".{LATEST}.*"):
        # Another kit may be at the same just now.
        with contextlib.suppress(FileNotFoundError):
            if time.time() - left.lstat().st_mtime > _ABANDONED_SECONDS:
                left.unlink()
    fresh = runs / f".{LATEST}.{secrets.token_hex(8)}"
    fresh.symlink_to(folder.run_id)
    fresh.replace(runs / LATEST)


def latest(runs: Path) -> RunFolder | None:
    """The run that `runs/latest` points at, if there is one."""
    link = runs / LATEST
    return RunFolder(link.resolve()) if link.exists() else None


def every(runs: Path) -> list[RunFolder]:
    """The runs that there are, by name; those of one track are then the oldest first."""
    return [RunFolder(path.parent) for path in sorted(runs.glob("*/journal.json")) if not path.parent.is_symlink()]


def find(runs: Path, name: str) -> RunFolder:
    """A run by its name, `latest`, or the path of its folder.

    Raises:
        InputError: there is no such run; names the nearest, or the last ones.
    """
    for path in (runs / name, Path(name)):
        if RunFolder(path).journal.is_file():
            return RunFolder(path.resolve())
    known = [folder.run_id for folder in every(runs)]
    if near := difflib.get_close_matches(name, known, n=3):
        raise InputError(
            _("There is no run {name} under {runs}; did you mean {nearest}?").format(
                name=name, runs=runs, nearest=_(" or ").join(near)
            )
        )
    if not known:
        raise InputError(_("There is no run under {runs} yet; `make local` begins one.").format(runs=runs))
    named = ", ".join([*(["…"] if len(known) > _MOST_NAMED else []), *known[-_MOST_NAMED:]])
    raise InputError(
        _("There is no run {name} under {runs}; there are: {known}.").format(name=name, runs=runs, known=named)
    )


def is_abandoned(folder: Path, runs: Path) -> bool:
    """Whether this is a run in `runs`, there still or deleted, that no kit is at work on."""
    return folder.parent == runs and folder.name != SERVICES and not RunFolder(folder).is_locked()


def require_space(folder: Path) -> None:
    """Raises SetupError when the disk that holds `folder`, which need not exist yet, is too full for a run, or may not
    be written to."""
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    if not os.access(existing, os.W_OK | os.X_OK):
        raise SetupError(
            _(
                "{folder} may not be written to; give yourself the right to it, or set RUNS to a folder elsewhere."
            ).format(folder=existing)
        )
    free = shutil.disk_usage(existing).free
    if free < NEEDED_BYTES:
        raise SetupError(
            _(
                "The disk of {folder} is full: {free:.0f} MB are free, a run needs {needed:.0f} MB; "
                "free some space, or set RUNS to a folder elsewhere."
            ).format(folder=folder, free=free / 1e6, needed=NEEDED_BYTES / 1e6)
        )
