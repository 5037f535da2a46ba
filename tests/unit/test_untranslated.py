"""What the code says to people is in the catalogue: a guard over the texts of errors, of the console and of help."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from kit import language

KIT = Path(language.__file__).parent
ERRORS = {"KitError", "InputError", "SetupError", "ServiceError", "MalformedError", "NoEngine", "NoGpu"}
SAYING = {"say", "heading", "confirms", "progress", "echo", "secho"}
OFFERING = {"command", "group", "option", "Option", "version_option"}
TRANSLATED = {"_", "marked"}
# A name, the same in every language.
NAMES = {"Label Studio: {}"}
# Their errors become the FailureReason of a job or an endpoint, which is English as AWS's own is.
AS_ON_AWS = {
    f"local_cloud/{name}.py"
    for name in ("labelling/adjustment", "labelling/request", "model_archive", "training/channels")
}
# The double is a program of its own; people read what the kit makes of its answers.
NOT_READ = "aws_double/"


def name_of(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def texts(node: ast.AST) -> Iterator[str]:
    """The literals below a node that are not handed to the catalogue; what an f-string fills in is `{}`."""
    if isinstance(node, ast.Call) and name_of(node.func) in TRANSLATED:
        return
    if isinstance(node, ast.JoinedStr):
        yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    for child in ast.iter_child_nodes(node):
        yield from texts(child)


def is_said(text: str) -> bool:
    """Whether this is words rather than a name, a format or a separator."""
    return " " in text.strip() and re.search(r"[a-z]{3}", text) is not None and text not in NAMES


def said(source: str) -> list[tuple[int, str]]:
    """The untranslated words that a module says to people, each with its line."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        spoken: list[ast.expr] = node.args if name_of(node.func) in ERRORS | SAYING else []
        if name_of(node.func) in OFFERING:
            spoken = [keyword.value for keyword in node.keywords if keyword.arg == "help"]
        found += [(node.lineno, text) for each in spoken for text in texts(each) if is_said(text)]
    return found


def test_all_that_is_said_to_people_is_in_the_catalogue() -> None:
    modules = [path.relative_to(KIT).as_posix() for path in KIT.rglob("*.py")]
    read = [module for module in modules if module not in AS_ON_AWS and not module.startswith(NOT_READ)]
    assert {"cli.py", "tracks/local.py"} <= set(read)
    found = {module: said((KIT / module).read_text(encoding="utf-8")) for module in read}
    assert {module: texts for module, texts in found.items() if texts} == {}, "put it into `_()`"


@pytest.mark.parametrize(
    "source",
    [
        'raise InputError(f"{path}: cannot be read")',
        'raise errors.SetupError(f"{_(where)}: " + "the disk is full")',
        'say("  user profile")',
        'click.echo("\\n".join(["it is done", last]))',
        '@click.option("--json", help="Print it as JSON.")\ndef command(): ...',
    ],
)
def test_the_guard_sees_what_is_not_translated(source: str) -> None:
    assert len(said(source)) == 1


@pytest.mark.parametrize(
    "source",
    [
        'raise InputError(_("{path}: cannot be read").format(path=path))',
        'raise InputError(f"{path}:{line}: {error}")',
        'say(f"  mAP@0.5 {score}")',
        'log("not for people")',
    ],
)
def test_the_guard_lets_pass_what_is(source: str) -> None:
    assert said(source) == []
