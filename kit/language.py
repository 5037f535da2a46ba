"""The language that people read: what LANG_UI asks for, else what the locale says; English where there is no catalogue.

Catalogues are GNU gettext's (https://docs.python.org/3/library/gettext.html), under `kit/locale/`; `make messages`
collects the texts and compiles what is translated. Logs, and what a program reads, are not translated; an error in a
journal is in the language in which it was told.
"""

from __future__ import annotations

import functools
import gettext
import os
import re
import string
from collections.abc import Mapping
from pathlib import Path
from typing import Any

DOMAIN = "kit"
CATALOGUES = Path(__file__).with_name("locale")
# What acts on a terminal or shows a line otherwise than it is: control characters, line and paragraph separators, marks
# that turn the direction of reading, and halves of characters, which cannot be printed at all.
_ACTS = re.compile("[\0-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


@functools.lru_cache  # not `cache`: the installer has to get as far as telling an old Python that it is one
def translations() -> gettext.NullTranslations:
    """The catalogue of this process's language."""
    asked = os.environ.get("LANG_UI")
    return gettext.translation(DOMAIN, CATALOGUES, languages=[asked] if asked else None, fallback=True)


def in_language(code: str, text: str) -> str:
    """The text in a language that may not be the process's own; English where there is no catalogue of it."""
    return gettext.translation(DOMAIN, CATALOGUES, languages=[code], fallback=True).gettext(text)


def translate_click() -> None:
    """Gives click its own words ("Usage", "Options"), which it asks of gettext's global catalogue by the locale."""
    if asked := os.environ.get("LANG_UI"):
        os.environ["LANGUAGE"] = asked  # gettext's own variable, before the locale's
    gettext.bindtextdomain("click", CATALOGUES)
    gettext.textdomain("click")


def language() -> str:
    """ISO 639-1 code of the language that texts come out in."""
    return str(translations().info().get("language", "en"))


def marked(text: str) -> str:
    """The text as it is, for the catalogue to hold: it is translated where it is shown."""
    return text


def harmless(text: str, *, keep: str = "") -> str:
    """The text with what would act on a terminal written out, as `\\x1b`; what is in `keep` stays."""
    return _ACTS.sub(lambda found: found[0] if found[0] in keep else ascii(found[0])[1:-1], text)


class Lines(str):
    """Lines of our own to fill a placeholder with: they stay lines."""

    __slots__ = ()


class _Filling(string.Formatter):
    def format_field(self, value: Any, spec: str) -> str:
        return harmless(str(super().format_field(value, spec)), keep="\n" if isinstance(value, Lines) else "")


_FILLING = _Filling()


class _Sentence(str):
    """A sentence for people. What it is filled with may be from somebody's file: a name or a text that holds a new line
    or a terminal's command must not be more than a part of it.

    Attributes:
        text: as the catalogues know it.
        filled: what its placeholders were filled with; None while they stand.
    """

    __slots__ = ("filled", "text")
    text: str
    filled: Mapping[str, object] | None

    def format(self, *arguments: object, **named: object) -> str:
        told = _Sentence(_FILLING.vformat(self, arguments, named))
        told.text, told.filled = self.text, named
        return told


def _(text: str) -> str:
    """The text in the reader's language; placeholders are filled in afterwards, with `str.format`."""
    sentence = _Sentence(translations().gettext(text) if text else "")  # to gettext "" names the catalogue's header
    sentence.text, sentence.filled = text, None
    return sentence


def in_every_language(sentence: str) -> dict[str, str]:
    """A sentence of `_` by language code, so that it is read in whatever language the reader's is later on.

    The sentences, and errors with sentences, that it is filled with are told anew as well; any other text is in every
    language as it is.
    """
    codes = ["en", *sorted(folder.name for folder in CATALOGUES.iterdir() if folder.is_dir())]
    catalogues = {code: gettext.translation(DOMAIN, CATALOGUES, languages=[code], fallback=True) for code in codes}
    return {code: str(_told(sentence, catalogue)) for code, catalogue in catalogues.items()}


def _told(value: object, catalogue: gettext.NullTranslations) -> object:
    if isinstance(value, BaseException) and value.args:
        value = value.args[0]
    if not isinstance(value, _Sentence) or not value.text:
        return value
    text = catalogue.gettext(value.text)
    if value.filled is None:
        return text
    return _FILLING.vformat(text, (), {name: _told(each, catalogue) for name, each in value.filled.items()})
