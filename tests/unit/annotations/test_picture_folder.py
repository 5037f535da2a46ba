"""Which file an annotation means."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from kit.annotations.picture_folder import PictureFolder
from kit.errors import InputError

COMPOSED, DECOMPOSED = unicodedata.normalize("NFC", "ガば é.jpg"), unicodedata.normalize("NFD", "ガば é.jpg")


def folder_with(folder: Path, *names: str) -> PictureFolder:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return PictureFolder(folder)


@pytest.mark.parametrize(
    ("files", "source", "found"),
    [
        (["a.jpg"], "s3://bucket/some/where/a.jpg", "a.jpg"),
        (["x/a.jpg", "y/a.jpg", "a.jpg"], "s3://b/images/y/a.jpg", "y/a.jpg"),
        (["x/a.jpg", "y/a.jpg", "a.jpg"], "a.jpg", "a.jpg"),
        (["x/a.jpg", "y/a.jpg"], "C:\\data\\x\\a.jpg", "x/a.jpg"),
        (["deep/er/a.jpg"], "a.jpg", "deep/er/a.jpg"),
        (["cup 1.jpg"], "s3://b/cup%201.jpg", "cup 1.jpg"),
        (["cup%201.jpg"], "s3://b/cup 1.jpg", "cup%201.jpg"),
        (["cup%201.jpg", "cup 1.jpg"], "s3://b/cup%201.jpg", "cup%201.jpg"),
        ([DECOMPOSED], COMPOSED, DECOMPOSED),
        ([COMPOSED], DECOMPOSED, COMPOSED),
        (["IMG_1.JPG"], "img_1.jpg", "IMG_1.JPG"),
        (["IMG_1.JPG", "img_1.jpg"], "img_1.jpg", "img_1.jpg"),
        (["my cup (1).jpg"], "/data/upload/3/0a1b2c3d-my_cup_1.jpg", "my cup (1).jpg"),
        (["b.webp"], "b.webp", "b.webp"),
    ],
)
def test_a_picture_is_found_where_it_can_be_no_other(tmp_path: Path, files: list[str], source: str, found: str) -> None:
    assert folder_with(tmp_path, *files).find(source) == tmp_path / found


@pytest.mark.parametrize(
    ("files", "source", "said"),
    [
        (["x/a.jpg", "y/a.jpg"], "a.jpg", "a.jpg may be any of x/a.jpg, y/a.jpg; say in the labels in which folder"),
        (["A.jpg", "a.JPG"], "a.jpg", "a.jpg may be any of A.jpg, a.JPG"),
        (["cup.png"], "cup.jpg", "there is no picture cup.jpg in .*; is it cup.png?"),
        (["sub/kangaroo_017.jpg"], "kangaroo_17.jpg", "there is no picture .*; is it sub/kangaroo_017.jpg?"),
        (["a.jpg"], "quite-another.jpg", "there is no picture quite-another.jpg in [^;]*$"),
        ([".hidden.jpg", ".cache/a.jpg"], "a.jpg", "there is no picture a.jpg in [^;]*$"),
    ],
)
def test_what_comes_near_is_named(tmp_path: Path, files: list[str], source: str, said: str) -> None:
    with pytest.raises(InputError, match=said.replace("?", r"\?")):
        folder_with(tmp_path, *files).find(source)


def test_two_uploads_of_one_name_are_not_one_file(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, "a.jpg")
    folder.find("/data/upload/1/0a1b2c3d-a.jpg")
    folder.find("/data/upload/1/0a1b2c3d-a.jpg")
    with pytest.raises(InputError, match=r"0a1b2c3d-a\.jpg and .*4e5f6a7b-a\.jpg would both be the file"):
        folder.find("/data/upload/1/4e5f6a7b-a.jpg")
