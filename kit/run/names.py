"""The stages of a run by name: plain data, so that whoever only tells of a run needs none of their code."""

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
