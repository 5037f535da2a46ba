"""The architecture: every folder stands on a floor and imports only from below, and no module imports in a circle."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import kit

KIT = Path(kit.__path__[0])
# From the top floor down; names on one floor do not import each other. A name is a folder or module of `kit`.
FLOORS = (
    ("__main__",),
    ("cli",),
    ("commands",),
    ("tracks",),
    ("stages", "report", "serving", "aws"),
    ("resources",),
    ("aws_double",),
    ("local_cloud",),
    ("run",),
    ("detection",),
    ("annotations",),
    ("training_settings", "setting_conflicts", "browser"),
    ("settings", "console", "advice", "aws_api", "atomic_file", "make_help"),
    ("setting_types", "setting_names"),
    ("errors", "s3_uri", "repository", "stopping", "line_breaks", "network", "qr_code"),
    ("language",),
)
FLOOR_OF = {name: number for number, names in enumerate(FLOORS) for name in names}


def modules() -> dict[str, Path]:
    found = {}
    for path in KIT.rglob("*.py"):
        parts = path.relative_to(KIT).with_suffix("").parts
        found[".".join(part for part in parts if part != "__init__")] = path
    return found


MODULES = modules()


def imports_of(module: str) -> Iterator[str]:
    """The kit's modules that a module imports anywhere in it, by their names below `kit`."""
    for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{module} imports relatively"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            if name.split(".")[0] != "kit":
                continue
            below = name.removeprefix("kit.")
            module_of_it = below if below in MODULES else below.rpartition(".")[0]
            if module_of_it:  # the package itself stands below all floors
                yield module_of_it


def test_every_folder_and_module_has_its_floor() -> None:
    assert {name.split(".")[0] for name in MODULES if name} == set(FLOOR_OF)


def test_no_import_leads_to_the_same_floor_or_up() -> None:
    wrong = [
        f"{module} -> {imported}"
        for module in MODULES
        if module
        for imported in imports_of(module)
        if (here := module.split(".")[0]) != (there := imported.split(".")[0]) and FLOOR_OF[there] <= FLOOR_OF[here]
    ]
    assert wrong == []


def test_the_services_of_the_local_cloud_do_not_import_each_other() -> None:
    services = ("labelling", "training", "hosting", "s3")
    assert set(services) <= {module.split(".")[1] for module in MODULES if module.startswith("local_cloud.")}
    wrong = [
        f"{module} -> {imported}"
        for module in MODULES
        for imported in imports_of(module)
        for here in services
        for there in services
        if here != there and module.startswith(f"local_cloud.{here}.") and imported.startswith(f"local_cloud.{there}.")
    ]
    assert wrong == []


def test_no_module_imports_itself_by_way_of_others() -> None:
    graph = {module: set(imports_of(module)) - {module} for module in MODULES}
    done: set[str] = set()

    def circle(module: str, path: tuple[str, ...]) -> tuple[str, ...] | None:
        if module in path:
            return (*path[path.index(module) :], module)
        if module in done:
            return None
        for imported in sorted(graph[module]):
            if found := circle(imported, (*path, module)):
                return found
        done.add(module)
        return None

    assert [found for module in sorted(graph) if (found := circle(module, ()))] == []


def test_status_and_completion_import_no_sdk() -> None:
    """They are typed often: what they reach may not take the SDKs' second."""
    code = (
        "import sys, kit.commands.status, kit.commands.run_argument, kit.run.reminder;"
        "print(*sorted({name.split('.')[0] for name in sys.modules}))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "kit" in loaded
    assert {"boto3", "botocore", "sagemaker", "docker", "matplotlib", "cv2", "label_studio_sdk"}.isdisjoint(loaded)
