"""The names of a run's stages and of the things it makes.

Plain data, so that whoever only tells of a run needs none of the code. `suffix` is the run's id: letters, digits and
hyphens; everything made bears it, so that it can be listed.
"""

from __future__ import annotations

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

_STEM = "plugs-"


def bucket(suffix: str) -> str:
    return f"jumpstart-finetune-handson-{suffix}"


def resource(suffix: str) -> str:
    """Of whatever there is one of in a run: endpoint, its configuration, model, role, team, Studio domain, …"""
    return f"{_STEM}{suffix}"


def job(suffix: str, number: int) -> str:
    """Of the run's training or labelling job: names are taken for good, so a new attempt has the next number."""
    return f"{resource(suffix)}-{number}"


def image_repository(suffix: str, image: str) -> str:
    return f"{resource(suffix)}/{image}"


def globally(token: str) -> str:
    """Of what has to be unique beyond the account, or among people who are not of the run."""
    return f"{_STEM}{token}"
