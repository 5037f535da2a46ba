"""The repositories of the kit's own images in the account's registry (Amazon ECR)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from botocore.exceptions import ClientError

from kit.aws.session import Aws
from kit.aws_api import tag_list
from kit.run import names
from kit.run.journal import Journal

IMAGES = ("training", "inference")


@dataclass(frozen=True)
class ImageRepository:
    """`listed`: whether to ask the registry what is left."""

    name: ClassVar[str] = "image-repository"
    stands_on: ClassVar[tuple[str, ...]] = ()
    aws: Aws
    listed: bool = True

    def make(self, journal: Journal, repository: str) -> None:
        journal.will_create(self.name, repository)
        try:
            self.aws.client("ecr").create_repository(
                repositoryName=repository, tags=tag_list(names.tags(journal.run_id))
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "RepositoryAlreadyExistsException":
                raise

    def delete(self, repository: str) -> None:
        """With its images."""
        try:
            self.aws.client("ecr").delete_repository(repositoryName=repository, force=True)
        except ClientError as error:
            if error.response["Error"]["Code"] != "RepositoryNotFoundException":
                raise

    def left(self, suffix: str) -> list[str]:
        if not self.listed:
            return []
        wanted = {names.image_repository(suffix, image) for image in IMAGES}
        pages = self.aws.client("ecr").get_paginator("describe_repositories").paginate()
        return [r["repositoryName"] for page in pages for r in page["repositories"] if r["repositoryName"] in wanted]
