"""The language that people read: what LANG_UI asks for, else what the locale says; English where there is no catalogue.

Catalogues are GNU gettext's (https://docs.python.org/3/library/gettext.html), under `kit/locale/`; `make messages`
collects the texts and compiles what is translated. Logs, and what a program reads, are not translated; an error in a
journal is in the language in which it was told.
"""

from __future__ import annotations

import functools
import gettext
import os
from pathlib import Path

DOMAIN = "kit"
CATALOGUES = Path(__file__).with_name("locale")


@functools.lru_cache  # not `cache`: the installer has to get as far as telling an old Python that it is one
def translations() -> gettext.NullTranslations:
    """The catalogue of this process's language."""
    asked = os.environ.get("LANG_UI")
    return gettext.translation(DOMAIN, CATALOGUES, languages=[asked] if asked else None, fallback=True)


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


def _(text: str) -> str:
    """The text in the reader's language; placeholders are filled in afterwards, with `str.format`."""
    return translations().gettext(text) if text else ""  # to gettext "" is the name of the catalogue's header
