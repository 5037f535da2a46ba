"""The input of a stage, and the layout of the workshop's bucket."""

from __future__ import annotations

from dataclasses import dataclass

from kit.aws_api import AwsApi
from kit.console import Console
from kit.run import names
from kit.run.folder import RunFolder
from kit.run.journal import Journal
from kit.run.picture_set import PictureSet
from kit.s3_uri import s3_uri
from kit.settings import Settings

IMAGES = "bounding_box/images/"
INPUT_MANIFEST = "bounding_box/manifest.json"
LABEL_CATEGORIES = "bounding_box/label_categories.json"
INSTRUCTIONS = "bounding_box/instructions.liquid"
LABELLING_OUTPUT = "bounding_box/ground_truth"
TRAINING = "bounding_box/training/"
TRAINING_ANNOTATIONS = TRAINING + "annotations.json"
TRAINING_IMAGES = TRAINING + "images/"
MODEL_OUTPUT = "bounding_box/model"


@dataclass(frozen=True)
class Context:
    """A run in progress. A stage reads earlier results from the journal and returns its own."""

    settings: Settings
    pictures: PictureSet
    api: AwsApi
    folder: RunFolder
    journal: Journal
    console: Console

    @property
    def suffix(self) -> str:
        """The part that tells this run's names from others: letters, digits and hyphens."""
        return self.folder.run_id

    @property
    def bucket(self) -> str:
        return names.bucket(self.suffix)

    def uri(self, key: str) -> str:
        return s3_uri(self.bucket, key)
