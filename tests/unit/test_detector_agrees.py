"""The detector never imports the kit, nor the kit it: what both must know is held together here."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator

from kit.annotations.picture_files import MOST_PIXELS
from kit.aws_api import LARGEST_BODY
from kit.repository import ROOT

DETECTOR = ROOT / "containers" / "detector" / "detector"


def nodes() -> Iterator[ast.AST]:
    for path in sorted(DETECTOR.rglob("*.py")):
        yield from ast.walk(ast.parse(path.read_text(encoding="utf-8")))


def product(node: ast.expr) -> int:
    """Of a number, or of numbers multiplied."""
    return math.prod(each.value for each in ast.walk(node) if isinstance(each, ast.Constant))  # type: ignore[misc]


def test_a_picture_that_is_labelled_can_be_trained_on() -> None:
    assigned = [
        product(node.value)
        for node in nodes()
        if isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == ["MOST_PIXELS"]
    ]
    assert assigned == [MOST_PIXELS]


def test_a_body_that_the_kit_sends_is_one_that_the_server_takes() -> None:
    defaults = [
        product(node.args[1])
        for node in nodes()
        if isinstance(node, ast.Call) and node.args and ast.unparse(node.args[0]) == "'DETECTOR_LARGEST_BODY'"
    ]
    assert defaults == [LARGEST_BODY]
