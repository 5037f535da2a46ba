"""Both tracks run the same stages, and no stage asks which track it is on."""

from __future__ import annotations

import ast
import inspect
import sys
from pathlib import Path

import pytest

from kit.tracks.driver import STAGES

MODULES = sorted({stage.run.__module__ for stage in STAGES})


@pytest.mark.parametrize("module", MODULES)
def test_a_stage_knows_no_track(module: str) -> None:
    tree = ast.parse(Path(inspect.getfile(sys.modules[module])).read_text(encoding="utf-8"))
    imported = {
        node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module is not None
    } | {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    clouds = {"kit.aws", "kit.aws_double", "kit.local_cloud", "boto3"}
    assert [name for name in imported if {name, ".".join(name.split(".")[:2]), name.split(".")[0]} & clouds] == []
    asked = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert asked & {"track", "endpoint_url", "runtime_reason"} == set()
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert names & {"CloudSettings", "LocalCloud", "isinstance"} == set()
