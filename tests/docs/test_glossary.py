"""The glossary: the same words in both languages, and in the kit's Japanese messages. `make docs-check`"""

from __future__ import annotations

import functools
import re

import pytest
from babel.messages import pofile

from kit.language import CATALOGUES
from tests.docs.test_docs import DOCS

# A word of the glossary as messages write it, where that is otherwise than the glossary does.
SPELLINGS = {
    "clean-up": "clean(?:-| )up",
    "labelling job": "labell?ing job",
    "held-out pictures": "held-out",
    "region": "(?<!crowd )region",  # of COCO
}
# Words whose meaning in a message is often another one: "score" a goal, "class" a JSON member, "loss" of data.
OF_THE_REPORT_ALONE = {"class", "score", "loss", "IoU, intersection over union", "AP, average precision"}


# Commands, placeholders, settings, paths, flags, suffixes.
_TYPED = re.compile(r"`[^`]*`|\{[^}]*\}|\bmake [a-z-]+|[A-Z]{2,}[A-Z_=]*|\S+/\S*|--[a-z-]+|\.[a-z]+")


def rows(language: str) -> list[list[str]]:
    """The cells of the glossary's rows, headings aside."""
    text = (DOCS / language / "glossary.md").read_text(encoding="utf-8")
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in re.findall(r"^\|.*\|$", text, re.M)]
    return [row for row in cells if not re.match(r"[-:| ]*$", row[0]) and row[0] not in ("word", "用語")]


def japanese_of(word: str) -> list[str]:
    """`境界ボックス（枠）` is either."""
    return [part for part in re.split("[（）、]", word) if part]


def terms() -> dict[str, list[str]]:
    return {english: japanese_of(japanese) for english, japanese, *_rest in rows("en")}


def test_both_languages_have_the_same_words_in_the_same_order() -> None:
    english, japanese = rows("en"), rows("ja")
    assert len(english) > 30
    assert [set(row[:2]) for row in english] == [set(row[:2]) for row in japanese]


@functools.cache
def messages() -> tuple[tuple[str, str], ...]:
    """English without what is filled in and typed, and its Japanese."""
    with (CATALOGUES / "ja" / "LC_MESSAGES" / "kit.po").open("rb") as stream:
        catalogue = pofile.read_po(stream, locale="ja")
    return tuple((_TYPED.sub("", str(each.id)), str(each.string)) for each in catalogue if each.id)


@pytest.mark.parametrize("english", sorted(set(terms()) - OF_THE_REPORT_ALONE))
def test_messages_use_the_glossary_s_word(english: str) -> None:
    word = re.compile(rf"\b(?:{SPELLINGS.get(english, re.escape(english))})(?:s|es)?\b", re.I)
    wrong = {
        text: told
        for text, told in messages()
        if word.search(text) and not any(each in told for each in terms()[english])
    }
    assert wrong == {}


def test_a_box_is_called_one_thing() -> None:
    """境界ボックス as the workshop calls it, or 枠 for short; never the bare ボックス, nor the English word."""
    bare = re.compile("(?<!境界)ボックス|バウンディング")
    assert [told for _text, told in messages() if bare.search(told)] == []
    for page in [*(DOCS / "ja").glob("*.md"), DOCS.parent / "README.ja.md"]:
        assert not bare.search(page.read_text(encoding="utf-8")), page


def test_japanese_says_each_thing_in_one_way() -> None:
    """Words that were used beside the ones of today: for the double, a terminal, and what is written without its ー."""
    other = re.compile("代役|端末|カテゴリー|不可|(?:フォルダ|メモリ|ライブラリ|ハイパーパラメータ)(?!ー)")
    assert [told for _text, told in messages() if other.search(told)] == []
    for page in [*(DOCS / "ja").glob("*.md"), DOCS.parent / "README.ja.md", DOCS.parent / "Makefile"]:
        assert not other.search(page.read_text(encoding="utf-8")), page


def test_what_is_to_be_pressed_is_called_as_it_stands_on_the_button() -> None:
    """Label Studio's buttons and those of Ground Truth's portal are English whatever the language."""
    told = (CATALOGUES.parent / "stages" / "instructions.ja.liquid").read_text(encoding="utf-8")
    assert told.count("Submit") == 2
    assert "送信" not in told + "".join(japanese for _english, japanese in messages())
