"""Settings with where each came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from kit.language import _, marked
from kit.setting_types import declarations
from kit.settings.cloud import CleanSettings, RehearsalSettings
from kit.settings.run import LocalSettings
from kit.settings.shared import EndpointSettings, RunsSettings

# Of every setting that there is.
DECLARATIONS = {
    name: each
    for kind in (LocalSettings, RehearsalSettings, EndpointSettings, CleanSettings)
    for name, each in declarations(kind).items()
}
# Today's names of settings by those that they had before.
FORMER = {each.formerly: name for name, each in DECLARATIONS.items() if each.formerly}
# Origins, as `ResolvedSettings` has them.
DEFAULT, FILE, MAKE = marked("default"), "kit.toml", "make"
S_co = TypeVar("S_co", bound=RunsSettings, covariant=True)


@dataclass(frozen=True)
class ResolvedSettings(Generic[S_co]):
    """Settings, and for each name where its value came from: one of `DEFAULT`, `FILE`, `MAKE`, KIT_<NAME>, --<name>."""

    settings: S_co
    origins: Mapping[str, str]


def source_of(name: str, origin: str) -> str:
    """The form in which a setting was given, for a sentence: `--epochs`, `EPOCHS`, `epochs of kit.toml`."""
    if origin == FILE:
        return _("{name} of {file}").format(name=name, file=FILE)
    return name.upper() if origin in (MAKE, DEFAULT) else origin
