"""The workshop's 36 steps, and the pictures: all there, in both languages, and made by the script. `make docs-check`"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token
from PIL import Image

from tests import screenshots
from tests.docs.test_docs import DOCS, PAGES, ROOT, TARGETS_IN_HELP, _flat, neutral

LANGUAGES = ("en", "ja")


def tokens_of(page: Path) -> list[Token]:
    return list(_flat(MarkdownIt("commonmark").enable("table").parse(page.read_text(encoding="utf-8"))))


def steps(language: str) -> list[list[str]]:
    """The cells of each numbered row."""
    rows = re.findall(r"^\| (\d+) \| (.*?) \| (.*?) \| (.*?) \|(.*?)\|$", page_of_steps(language), re.M)
    return [[cell.strip() for cell in row] for row in rows]


def page_of_steps(language: str) -> str:
    return (DOCS / language / "steps.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_36_are_there_in_order_with_what_is_done_in_their_place(language: str) -> None:
    found = steps(language)
    assert [int(number) for number, *_cells in found] == list(range(1, 37))
    assert [number for number, asked, here, on_aws, _picture in found if not (asked and here and on_aws)] == []


def test_both_languages_show_the_same_pictures_of_the_same_steps() -> None:
    shown = [
        {number: re.findall(r"\((\S+?)\)", picture) for number, *_cells, picture in steps(language)}
        for language in LANGUAGES
    ]
    assert shown[0] == shown[1]
    assert shown[0]["26"] == ["images/labelling.webp", "images/status.webp"]


def test_the_menus_of_the_japanese_console_are_named_in_both_languages() -> None:
    for name in ("ラベリングワークフォース", "プライベートチームを作成", "ラベリングジョブの作成", "境界ボックス"):
        assert all(name in page_of_steps(language) for language in LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_screenshot_is_one_that_the_script_makes_small_enough_to_load(language: str) -> None:
    folder = DOCS / language / "images"
    assert {path.name for path in folder.iterdir()} == {f"{name}.webp" for name in screenshots.NAMES}
    for path in folder.iterdir():
        with Image.open(path) as picture:
            assert picture.format == "WEBP"
        assert path.stat().st_size <= screenshots.LARGEST_BYTES


def test_every_screenshot_is_shown_in_both_languages() -> None:
    for language in LANGUAGES:
        pages = [page for page in PAGES if page.parent.name == language or page.name == _README[language]]
        shown = {
            str(token.attrGet("src") or token.attrGet("href"))
            for page in pages
            for token in tokens_of(page)
            if token.type in ("image", "link_open")
        }
        names = {Path(address).name for address in shown if address.endswith(".webp")}
        assert names == {f"{name}.webp" for name in screenshots.NAMES}


_README = {"en": "README.md", "ja": "README.ja.md"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_picture_exists_and_says_what_it_shows(page: Path) -> None:
    pictures = [token for token in tokens_of(page) if token.type == "image"]
    assert [token.attrGet("src") for token in pictures if not (page.parent / str(token.attrGet("src"))).exists()] == []
    assert [token.attrGet("src") for token in pictures if not token.content.strip()] == []


def test_both_readmes_show_the_same_pictures() -> None:
    shown = [
        [neutral(str(token.attrGet("src"))) for token in tokens_of(ROOT / _README[language]) if token.type == "image"]
        for language in LANGUAGES
    ]
    assert shown[0] == shown[1] != []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_target_of_the_help_is_in_the_guide(language: str) -> None:
    told = set()
    for page in (DOCS / language).glob("*.md"):
        told |= set(re.findall(r"\bmake ([a-z-]+)", page.read_text(encoding="utf-8")))
    assert TARGETS_IN_HELP - told == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_accuracy_to_expect_is_what_was_measured(language: str) -> None:
    told = (DOCS / language / "own-pictures.md").read_text(encoding="utf-8")
    figures = re.findall(r"\b0\.\d+", told)
    assert len(figures) >= 4
    measured = (ROOT / "bench" / "README.md").read_text(encoding="utf-8")
    assert [figure for figure in figures if figure not in measured] == []
