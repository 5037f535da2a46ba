"""Which tests one worker runs: those of a module, and those that share what takes long to make."""

from __future__ import annotations

# The beginnings of paths, each with its group: the rehearsal of `make local`, doubles of AWS, the real Label Studio. Of
# those that fit, the first counts. The double has two groups, as no test run is shorter than its longest group.
GROUPS = {
    "tests/end_to_end/test_rehearsal.py": "rehearsal",
    "tests/end_to_end/test_endpoint.py": "rehearsal",
    "tests/end_to_end/test_detect.py": "rehearsal",
    "tests/browser/test_accessibility.py": "rehearsal",
    "tests/end_to_end/test_suspects.py": "rehearsal",
    "tests/browser/test_report.py": "rehearsal",
    "tests/browser/test_endpoint_page.py": "rehearsal",
    "tests/cloud/test_all.py": "double in trouble",
    "tests/cloud/test_faults.py": "double in trouble",
    "tests/cloud/test_kills.py": "double in trouble",
    "tests/cloud/test_missing_members.py": "double in trouble",
    "tests/cloud/test_slow_aws.py": "double in trouble",
    "tests/cloud/": "double",
    "tests/integration/test_label": "label-studio",
    "tests/browser/test_proposals.py": "label-studio",
}
# Some tests in containers look at all that the engine holds: no two of them may run at once.
ENGINE = "engine"


def group_of(test: str) -> str:
    """The group of a test, by pytest's name of it."""
    if is_in_containers(test):
        return ENGINE
    return next((group for path, group in GROUPS.items() if test.startswith(path)), test.partition("::")[0])


def is_in_containers(test: str) -> bool:
    """Whether a test, by pytest's name of it, needs a container engine."""
    return "[docker" in test or test.startswith("tests/containers/")
