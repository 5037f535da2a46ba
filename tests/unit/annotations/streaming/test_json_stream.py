"""Documents taken apart block by block, with Python's own JSON parser as the judge."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw, Struct

from kit.annotations.streaming import json_stream
from kit.annotations.streaming.json_stream import ROOT, elements, has_list


class Named(Struct):
    name: str


# Texts with what structures JSON in them mislead whoever counts braces.
TEXTS = st.text(st.sampled_from('{}[],:"\\ aé\n日'), max_size=6)
SCALARS = (
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=8
)
ELEMENTS = st.lists(VALUES | st.dictionaries(st.just("name"), TEXTS, min_size=1), max_size=6)
DOCUMENTS = ELEMENTS | st.dictionaries(st.sampled_from(["images", "annotations", "info"]), ELEMENTS | VALUES)


def taken_apart(text: str, block: int, *names: str) -> tuple[list[tuple[str, int, Any]], list[tuple[int, str]]]:
    """What is found in a document read in blocks of so many bytes, and what is wrong with it."""
    problems: list[tuple[int, str]] = []
    with tempfile.TemporaryDirectory() as folder, mock.patch.object(json_stream, "_BLOCK", block):
        path = Path(folder) / "document.json"
        path.write_text(text, encoding="utf-8")
        found = list(
            elements(path, dict.fromkeys(names, Named), lambda _file, line, told: problems.append((line, told)))
        )
    plain = [
        (name, number, json.loads(bytes(value)) if isinstance(value, Raw) else {"name": value.name})
        for name, number, value in found
    ]
    return plain, problems


@given(DOCUMENTS, st.integers(1, 60), st.sampled_from([None, 1]), st.booleans())
def test_every_element_is_found_whole(document: Any, block: int, indent: int | None, ascii_only: bool) -> None:
    text = json.dumps(document, indent=indent, ensure_ascii=ascii_only)
    names = ("images", "annotations") if isinstance(document, dict) else (ROOT,)
    lists = document if isinstance(document, dict) else {ROOT: document}
    expected = [
        (name, number, value)
        for name, values in lists.items()
        if name in names and isinstance(values, list)
        for number, value in enumerate(values, start=1)
    ]
    assert taken_apart(text, block, *names) == (expected, [])


@given(DOCUMENTS, st.integers(1, 60), st.data())
def test_a_document_that_is_cut_off_is_never_taken_for_whole(document: Any, block: int, data: st.DataObject) -> None:
    text = json.dumps(document, indent=1)
    cut = text[: data.draw(st.integers(0, len(text) - 1))]
    _, ((line, told),) = taken_apart(cut, block, ROOT, "images")
    assert told.startswith("not valid JSON")
    assert 1 <= line <= cut.count("\n") + 1


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('[{"a": 1},\n]', 2),
        ('[{"a": 1}\n{"a": 2}]', 2),
        ('[{"a": 1}]\n\n[]', 3),
        ('{"images": [{"a": 1},\n{"a": nul}]}', 2),
        ('{"images": [],\n"info" {}}', 2),
        ('{"images": [] "info": {}}', 1),
        ('{"images": [],}', 1),
        ("[,]", 1),
        ("text", 1),
    ],
)
@pytest.mark.parametrize("block", [3, 1000])
def test_what_is_not_json_is_told_with_its_line(text: str, line: int, block: int) -> None:
    _, ((found, told),) = taken_apart(text, block, ROOT, "images")
    assert told.startswith("not valid JSON")
    assert found == line


def test_an_endless_element_is_not_held_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_stream, "_LONGEST", 1 << 20)
    path = tmp_path / "document.json"
    path.write_bytes(b'[{"a": "' + b"x" * (3 << 20))
    told: list[str] = []
    assert list(elements(path, {ROOT: Raw}, lambda _file, _line, text: told.append(text))) == []
    assert told == ["an element of it is longer than 1 MB: not annotations"]


def test_a_list_is_found_wherever_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "document.json"
    path.write_text('{"info": {"categories": 1}, "images": [{"categories": []}], "categories": []}')
    assert has_list(path, "categories")
    assert not has_list(path, "annotations")
