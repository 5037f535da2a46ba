"""Opens a page in the browser of whoever sits before this machine, where somebody does."""

from __future__ import annotations

import os
import platform
import shutil
import webbrowser

from kit.console import Console
from kit.language import _


def open_page(address: str, console: Console, *, wanted: bool) -> None:
    """Opens it and says so; does nothing where there is no desktop or nobody at the terminal.

    Args:
        address: a URL.
        wanted: the setting BROWSER.
    """
    if wanted and console.is_interactive and has_desktop() and _open(address):
        console.say(_("  It opens in the browser; BROWSER=0 leaves that out."))


def has_desktop() -> bool:
    """Whether a browser would come up before whoever is at the terminal: not over SSH, nor in CI.

    `BROWSER=0` in the environment, where other programs look for the name of a browser, says no as well.
    """
    if os.environ.get("BROWSER") == "0" or any(map(os.environ.get, ("CI", "SSH_CONNECTION"))):
        return False
    return platform.system() == "Darwin" or any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME")))


def _open(address: str) -> bool:
    if "WSL_DISTRO_NAME" in os.environ and (viewer := shutil.which("wslview")):
        # Windows's own browser, which files of Linux have other names for: wslview translates.
        return webbrowser.GenericBrowser(viewer).open(address)
    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return False
    # Without BROWSER that is one for the terminal, which the run is printed on.
    if type(browser) is webbrowser.GenericBrowser and not os.environ.get("BROWSER"):
        return False
    return browser.open(address)
