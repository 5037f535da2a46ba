"""What people read, in both languages."""

from __future__ import annotations

import io
import os
import re
import subprocess
from pathlib import Path

import click
import pytest
import rich.table
from babel.messages import checkers, extract, mofile, pofile
from babel.messages.catalog import Catalog
from rich.cells import cell_len

from kit import language
from kit.console import Console
from tests.end_to_end import command
from tests.unit.runs import begun, finished

KIT = Path(language.__file__).parent
JAPANESE = language.CATALOGUES / "ja" / "LC_MESSAGES"
METHODS = [("**.py", "python"), ("**.j2", "jinja2")]


@pytest.fixture(scope="module")
def catalogue() -> Catalog:
    with (JAPANESE / "kit.po").open("rb") as stream:
        return pofile.read_po(stream, locale="ja")


def collected() -> set[str]:
    """The texts of the code and the templates, and of what installs them."""
    return {
        message
        for folder in (KIT, KIT.parent / "requirements")
        for _file, _line, message, *_rest in extract.extract_from_dir(
            folder, METHODS, keywords={"_": None, "marked": None}
        )
        if isinstance(message, str)
    }


def test_every_text_is_translated(catalogue: Catalog) -> None:
    translated = {message.id: message.string for message in catalogue if message.id}
    assert sorted(text for text in collected() if not translated.get(text)) == [], "`make messages`, then translate"
    assert sorted(set(translated) - collected()) == [], "`make messages` takes these away"


def test_every_translation_has_the_placeholders_of_its_text(catalogue: Catalog) -> None:
    for message in catalogue:
        if message.id:
            assert sorted(re.findall(r"\{[^}]*\}", message.id)) == sorted(re.findall(r"\{[^}]*\}", message.string))
            assert sorted(re.findall(r"`[^`]*`", message.id)) == sorted(re.findall(r"`[^`]*`", message.string))
            for check in checkers.checkers:
                check(catalogue, message)


def test_clicks_words_are_those_of_the_click_that_is_here() -> None:
    found = extract.extract_from_dir(Path(click.__file__).parent, [("**.py", "python")])
    there = {message for _file, _line, message, *_rest in found}
    with (JAPANESE / "click.po").open("rb") as stream:
        translated = [message.id for message in pofile.read_po(stream) if message.id]
    assert translated
    assert [message for message in translated if message not in there] == []


@pytest.mark.parametrize("domain", ["kit", "click"])
def test_what_is_compiled_is_what_is_written(domain: str) -> None:
    compiled = io.BytesIO()
    with (JAPANESE / f"{domain}.po").open("rb") as stream:
        mofile.write_mo(compiled, pofile.read_po(stream, locale="ja"))
    kept = mofile.read_mo(io.BytesIO((JAPANESE / f"{domain}.mo").read_bytes()))
    expected = mofile.read_mo(io.BytesIO(compiled.getvalue()))
    assert {str(m.id): m.string for m in kept if m.id} == {str(m.id): m.string for m in expected if m.id}


@pytest.mark.parametrize(
    "settings",
    [
        {"LANG_UI": "ja"},
        {"LANG_UI": "", "LC_ALL": "ja_JP.UTF-8"},  # the locale says so
        {"LANG_UI": "ja", "LC_ALL": "de_DE.UTF-8"},  # LANG_UI before the locale
    ],
    ids=["LANG_UI", "locale", "both"],
)
def test_the_terminal_speaks_japanese(
    tmp_path: Path, settings: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _run, journal = begun(tmp_path, "r1")
    journal.begin("labelling")
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    done = command.kit("status", "r1", folder=tmp_path)
    assert "ラベリング" in done.stdout
    assert "同じ設定で `make local` を実行すると、そこから続きます。" in done.stdout


@pytest.mark.parametrize("arguments", [(), ("local",), ("convert",), ("services",)], ids=" ".join)
def test_help_is_japanese_and_fits_the_terminal(
    tmp_path: Path, arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANG_UI", "ja")
    monkeypatch.setenv("COLUMNS", "80")
    page = command.kit(*arguments, "--help", folder=tmp_path).stdout
    assert page.startswith("使い方：kit ")
    assert "この説明を表示して終了する" in page
    assert not re.search(r"Usage|Options:|Commands:|Show this", page)
    assert [line for line in page.splitlines() if cell_len(line) > 80] == []


def test_a_table_cuts_nothing_off_a_sentence_without_spaces(capsys: pytest.CaptureFixture[str]) -> None:
    table = rich.table.Table("作るもの", "すること")
    table.add_row("枠" * 150, "画" * 150)
    Console().table(table)
    shown = capsys.readouterr().out
    assert (shown.count("枠"), shown.count("画")) == (150, 150)


@pytest.mark.parametrize(("asked", "japanese"), [("ja", True), ("en", False)])
def test_make_lists_every_target_in_the_reader_s_language(asked: str, japanese: bool) -> None:
    listed = subprocess.run(["make", "help"], cwd=KIT.parent, env={**os.environ, "LANG_UI": asked}, capture_output=True)
    targets = [line for line in listed.stdout.decode().splitlines() if line.startswith("  ")]
    assert len(targets) > 20
    assert [line for line in targets if bool(re.search("[ぁ-ヶ]", line)) is not japanese] == []


def test_a_mistyped_command_is_told_in_japanese(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG_UI", "ja")
    done = command.kit("locl", folder=tmp_path)
    assert done.returncode == 2
    assert "エラー：コマンド 'locl' はありません。 もしかして：'local'" in done.stderr


def test_check_tells_its_findings_in_japanese(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "input.manifest").write_text('{"source-ref": "a.jpg"}\n{"source-ref"')
    monkeypatch.setenv("LANG_UI", "ja")
    said = command.kit("check", "input.manifest", folder=tmp_path).stdout
    assert "input.manifest:1: 警告: a.jpg：まだラベルがありません" in said
    assert "input.manifest:2: エラー: 正しい JSON ではありません" in said
    assert "このままでは学習に失敗します" in said


def test_another_language_is_english(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    finished(tmp_path, "r1")
    monkeypatch.setenv("LANG_UI", "")
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    assert "Open " in command.kit("status", "r1", folder=tmp_path).stdout


def test_scripts_read_the_same_in_every_language(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    finished(tmp_path, "r1")
    finished(tmp_path, "r2")
    english = command.kit("compare", "r1", "r2", "--json", folder=tmp_path).stdout
    monkeypatch.setenv("LANG_UI", "ja")
    assert command.kit("compare", "r1", "r2", "--json", folder=tmp_path).stdout == english
