"""The machine's own Chromium."""

from __future__ import annotations

import shutil

import pytest

# Debian's name, Ubuntu's, Google's.
_NAMES = ("chromium", "chromium-browser", "google-chrome")
EXECUTABLE = next(filter(None, map(shutil.which, _NAMES)), None)

# Looked at before any fixture, so that no whole run is made in vain.
needs_chromium = pytest.mark.skipif(
    EXECUTABLE is None,
    reason=f"no Chromium on this machine ({', '.join(_NAMES)}); Debian: apt-get install chromium",
)
