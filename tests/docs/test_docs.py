"""The docs: both languages in step, every link leads somewhere, every command exists. `make docs-check`"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from kit.cli import kit
from kit.settings import DECLARATIONS

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAIRS = [
    (ROOT / "README.md", ROOT / "README.ja.md"),
    *((path, DOCS / "ja" / path.name) for path in sorted((DOCS / "en").glob("*.md"))),
]
PAGES = [page for pair in PAIRS for page in pair]
MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = set(re.findall(r"^([a-z][a-z-]*):", MAKEFILE, re.M))
TARGETS_IN_HELP = set(re.findall(r"^([a-z][a-z-]*):.*## ", MAKEFILE, re.M))
SETTINGS = {name.upper() for name in DECLARATIONS}
# What may stand before `=` after a target: the settings, and what the Makefile itself reads.
VARIABLES = {
    *SETTINGS,
    *re.findall(r"\$\(([A-Z]+)\)", MAKEFILE),
    "LANG_UI",
}


@dataclass(frozen=True)
class Page:
    """What has to be the same in both languages.

    Attributes:
        headings: their levels, in order.
        tables: rows of each table, in order.
        commands: lines of the shell blocks, and inline code that begins with `make` or `kit`; in order.
        links: their addresses, in order.
    """

    headings: list[str]
    tables: list[int]
    commands: list[str]
    links: list[str]


def read(path: Path) -> Page:
    tokens = list(_flat(MarkdownIt("commonmark").enable("table").parse(path.read_text(encoding="utf-8"))))
    rows: list[int] = []
    for token in tokens:
        if token.type == "table_open":
            rows.append(0)
        elif token.type == "tr_open":
            rows[-1] += 1
    return Page(
        headings=[token.tag for token in tokens if token.type == "heading_open"],
        tables=rows,
        commands=list(_commands(tokens)),
        links=[str(token.attrGet("href")) for token in tokens if token.type == "link_open"],
    )


def _flat(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from _flat(token.children or [])


def _commands(tokens: list[Token]) -> Iterator[str]:
    for token in tokens:
        if token.type == "fence" and token.info == "sh":
            for line in token.content.splitlines():
                if command := re.sub(r"\s+#\s.*", "", line).strip():
                    yield command
        elif token.type == "code_inline" and re.match(r"(make|kit) ", token.content):
            yield token.content


def neutral(link: str) -> str:
    """A link with the language taken out: README.ja.md and README.md, docs/ja and docs/en are one."""
    return re.sub(r"\.ja\.md", ".md", re.sub(r"\b(en|ja)/", "", link))


@pytest.mark.parametrize(("english", "japanese"), PAIRS, ids=[english.name for english, _ in PAIRS])
def test_both_languages_are_in_step(english: Path, japanese: Path) -> None:
    one, other = read(english), read(japanese)
    assert one.headings == other.headings
    assert one.tables == other.tables
    assert one.commands == other.commands
    assert list(map(neutral, one.links)) == list(map(neutral, other.links))


def test_no_page_is_in_one_language_only() -> None:
    names = [{path.name for path in (DOCS / language).glob("*.md")} for language in ("en", "ja")]
    assert names[0] == names[1]
    assert names[0] >= {"README.md", "course.md", "troubles.md", "reference.md"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    links = [link for link in read(page).links if "://" not in link]
    assert links, "a page that one cannot leave"
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_exists(page: Path) -> None:
    commands = read(page).commands
    wrong = [command for command in commands if (problem := problem_of(command)) and problem]
    assert {command: problem_of(command) for command in wrong} == {}


def problem_of(command: str) -> str:
    """What is wrong with a command of the docs; empty when nothing is, or when it is not ours."""
    words = shlex.split(command, comments=True)
    if words[0] == "make":
        unknown = [word for word in words[1:] if "=" not in word and word not in TARGETS]
        unset = [word for word in words[1:] if "=" in word and word.split("=")[0] not in VARIABLES]
        return "; ".join([*(f"no target {word}" for word in unknown), *(f"no setting {word}" for word in unset)])
    if Path(words[0]).name == "kit":
        return _problem_of_kit(words[1:])
    return ""


def _problem_of_kit(words: list[str]) -> str:
    known = [option for parameter in kit.params for option in parameter.opts]
    while words and words[0] in known:
        words = words[1:]
    if not words or words[0] in ("--help", "…"):
        return ""
    command = kit.commands.get(words[0])
    if command is None:
        return f"no command {words[0]}"
    options = [option for parameter in command.params for option in parameter.opts]
    given = [word.split("=")[0] for word in words[1:] if word.startswith("-")]
    return "; ".join(f"no option {option}" for option in given if option not in (*options, "--help"))


def test_the_check_sees_what_is_wrong() -> None:
    assert problem_of("make nonsense") == "no target nonsense"
    assert problem_of("make local NONSENSE=1") == "no setting NONSENSE=1"
    assert problem_of("kit nonsense") == "no command nonsense"
    assert problem_of("kit status --nonsense") == "no option --nonsense"
    assert problem_of("make local EPOCHS=5 IMAGES=~/pictures") == ""
    assert problem_of("kit --debug compare a b --json") == ""


def test_every_command_and_target_is_in_the_reference_or_the_help() -> None:
    """Nothing that people can type is without a word on what it does."""
    for name, command in kit.commands.items():
        assert isinstance(command, click.Command)
        assert command.help, name
    assert {"status", "compare", "docs-check", "messages"} <= TARGETS_IN_HELP


@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_setting_is_in_the_reference(language: str) -> None:
    tokens = _flat(MarkdownIt("commonmark").parse((DOCS / language / "reference.md").read_text(encoding="utf-8")))
    assert SETTINGS - {token.content for token in tokens if token.type == "code_inline"} == set()
