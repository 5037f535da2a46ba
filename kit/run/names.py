"""The names of a run's stages and of the things it makes.

Plain data, so that whoever only tells of a run needs none of the code. `suffix` is the run's id: letters, digits and
hyphens; everything made bears it, so that it can be listed.
"""

from __future__ import annotations

import re

from kit.language import _, marked

# In the order they are run in, each with its title; the code of each is `kit/stages/<name>.py`.
STAGES = {
    "pictures": marked("Pictures into the bucket"),
    "labelling": marked("Labelling"),
    "conversion": marked("Conversion to JumpStart's data set"),
    "training": marked("Fine-tuning"),
    "endpoint": marked("Deployment to an endpoint"),
    "detection": marked("Detection on held-out pictures"),
    "scoring": marked("Scoring"),
    "clean-up": marked("Clean-up"),
}
CLEAN_UP = "clean-up"
# What is done on AWS before the stages, or beside them.
PREPARATIONS = {
    "prelabel": marked("Boxes to begin from"),
    "role": marked("Execution role"),
    "team": marked("Private team"),
    "images": marked("The kit's own images into the registry"),
    "studio": "SageMaker Studio",
}
_TITLES = PREPARATIONS | STAGES


def title_of(name: str) -> str:
    """The title of a stage or preparation, in the reader's language."""
    return _(_TITLES.get(name, name))


# Kinds of the ledger that others than their own file ask for (`kit.resources`).
ENDPOINT, LABELING_JOB, TRAINING_JOB = "endpoint", "labeling-job", "training-job"

STEM, BUCKET_STEM = "plugs-", "jumpstart-finetune-handson-"
# The tags of whatever AWS takes tags of, so that it is found where no ledger names it.
KIT_TAG, RUN_TAG = "kit", "run"
KIT = "jumpstart-rehearsal-kit"
# A run's id as `kit.run.folder` and `kit.tracks.studio` give it.
_RUN = r"(?P<run>\d{8}-\d{6}-[a-z0-9-]+|studio-[0-9a-f]{8})"
_GIVEN = tuple(
    re.compile(pattern)
    for pattern in (
        rf"{BUCKET_STEM}{_RUN}",
        rf"{STEM}{_RUN}-\d+/.+",
        rf"{STEM}{_RUN}-u[0-9a-f]{{12}}",
        rf"{STEM}{_RUN}",
    )
)


def tags(suffix: str) -> dict[str, str]:
    return {KIT_TAG: KIT, RUN_TAG: suffix}


def run_in(name: str) -> str | None:
    """The run whose bucket, log stream, user or other thing is called so; None for what the kit calls nothing by."""
    matches = (pattern.fullmatch(name) for pattern in _GIVEN)
    return next((match["run"] for match in matches if match), None)


def is_run(text: str) -> bool:
    """Whether it is the id of a run, which may be taken for the name of its folder."""
    return re.fullmatch(_RUN, text) is not None


def bucket(suffix: str) -> str:
    return f"{BUCKET_STEM}{suffix}"


def resource(suffix: str) -> str:
    """Of whatever there is one of in a run: endpoint, its configuration, model, role, team, Studio domain, …"""
    return f"{STEM}{suffix}"


def job(suffix: str, number: int) -> str:
    """Of the run's training or labelling job: names are taken for good, so a new attempt has the next number."""
    return f"{resource(suffix)}-{number}"


def image_repository(suffix: str, image: str) -> str:
    return f"{resource(suffix)}/{image}"


def worker(suffix: str, token: str) -> str:
    """Of somebody among people who are not of the run; `token` is twelve hexadecimal digits."""
    return f"{resource(suffix)}-u{token}"


def globally(token: str) -> str:
    """Of what has to be unique beyond the account."""
    return f"{STEM}{token}"
