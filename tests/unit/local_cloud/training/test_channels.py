"""Names of a channel's files, as SageMaker's File mode gives them."""

import pytest

from kit.errors import ServiceError
from kit.local_cloud.training.channels import name_in_channel


@pytest.mark.parametrize(
    ("prefix", "key", "name"),
    [
        ("training/", "training/images/1.jpg", "images/1.jpg"),
        ("training", "training/images/1.jpg", "images/1.jpg"),
        ("training", "training2/1.jpg", "training2/1.jpg"),  # a prefix is no folder
        ("a/training", "a/training-2.jpg", "training-2.jpg"),
        ("data/train.csv", "data/train.csv", "train.csv"),  # a single object
        ("", "images/写真 1.jpg", "images/写真 1.jpg"),
        ("a?b#c/", "a?b#c/1.jpg", "1.jpg"),
    ],
)
def test_a_file_is_named_by_what_follows_the_prefix(prefix: str, key: str, name: str) -> None:
    assert name_in_channel("bucket", key, prefix) == name


@pytest.mark.parametrize("key", ["t/../x", "t/a/../../../x", "t//etc/passwd", "t/./x", "t/a\0b"])
def test_a_key_that_would_leave_the_channel_is_refused(key: str) -> None:
    with pytest.raises(ServiceError, match="cannot be a file name"):
        name_in_channel("bucket", key, "t/")
