"""Every setting, declared once: its type, default and help, what it decides, and which commands take it.

A dataclass holds the settings of a kind of command; `kit.commands.setting_flags` fills it. To add one, add a field:
`make help`, `--help`, KIT_<NAME>, kit.toml and the Makefile follow, and so does the training request of a
hyperparameter. What is left to do is to use it, to translate its help, and its row in docs/*/reference.md.
"""

from kit.settings.cloud import (
    CleanSettings,
    CloudSettings,
    DoctorSettings,
    InstanceSettings,
    RehearsalSettings,
    StudioSettings,
)
from kit.settings.resolved import DECLARATIONS, DEFAULT, FILE, FORMER, MAKE, ResolvedSettings, S_co, source_of
from kit.settings.run import LocalSettings, RelabelSettings, Settings
from kit.settings.shared import (
    AUTO,
    DOCKER,
    GROUND_TRUTH,
    HUMAN,
    JUMPSTART,
    LABEL_STUDIO,
    OWN,
    PROCESS,
    SCRIPTED,
    BrowserSettings,
    DetectSettings,
    EndpointAgeSettings,
    EndpointSettings,
    KeepSettings,
    LabelStudioSettings,
    PageSettings,
    RegionSettings,
    RunSettings,
    RunsSettings,
    RuntimeSettings,
    ServicesSettings,
    WorkersSettings,
)

__all__ = [
    "AUTO",
    "DECLARATIONS",
    "DEFAULT",
    "DOCKER",
    "FILE",
    "FORMER",
    "GROUND_TRUTH",
    "HUMAN",
    "JUMPSTART",
    "LABEL_STUDIO",
    "MAKE",
    "OWN",
    "PROCESS",
    "SCRIPTED",
    "BrowserSettings",
    "CleanSettings",
    "CloudSettings",
    "DetectSettings",
    "DoctorSettings",
    "EndpointAgeSettings",
    "EndpointSettings",
    "InstanceSettings",
    "KeepSettings",
    "LabelStudioSettings",
    "LocalSettings",
    "PageSettings",
    "RegionSettings",
    "RehearsalSettings",
    "RelabelSettings",
    "ResolvedSettings",
    "RunSettings",
    "RunsSettings",
    "RuntimeSettings",
    "S_co",
    "ServicesSettings",
    "Settings",
    "StudioSettings",
    "WorkersSettings",
    "source_of",
]
