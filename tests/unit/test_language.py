"""What people read, in both languages."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from babel.messages import checkers, extract, mofile, pofile
from babel.messages.catalog import Catalog

from kit import language
from tests.end_to_end import command
from tests.unit.test_command_line import begun, finished

KIT = Path(language.__file__).parent
JAPANESE = language.CATALOGUES / "ja" / "LC_MESSAGES"
METHODS = [("**.py", "python"), ("**.j2", "jinja2")]


@pytest.fixture(scope="module")
def catalogue() -> Catalog:
    with (JAPANESE / "kit.po").open("rb") as stream:
        return pofile.read_po(stream, locale="ja")


def collected() -> set[str]:
    """The texts of the code and the templates."""
    found = extract.extract_from_dir(KIT, METHODS, keywords={"_": None, "marked": None})
    return {message for _file, _line, message, *_rest in found if isinstance(message, str)}


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


def test_what_is_compiled_is_what_is_written(catalogue: Catalog) -> None:
    compiled = io.BytesIO()
    mofile.write_mo(compiled, catalogue)
    kept = mofile.read_mo(io.BytesIO((JAPANESE / "kit.mo").read_bytes()))
    expected = mofile.read_mo(io.BytesIO(compiled.getvalue()))
    assert {m.id: m.string for m in kept if m.id} == {m.id: m.string for m in expected if m.id}, "`make messages`"


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


def test_another_language_is_english(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    finished(tmp_path, "r1")
    monkeypatch.setenv("LANG_UI", "")
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    assert "Open " in command.kit("status", "r1", folder=tmp_path).stdout


def test_scripts_read_the_same_in_every_language(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    finished(tmp_path, "r1")
    english = command.kit("compare", "r1", "r1", "--json", folder=tmp_path).stdout
    monkeypatch.setenv("LANG_UI", "ja")
    assert command.kit("compare", "r1", "r1", "--json", folder=tmp_path).stdout == english
