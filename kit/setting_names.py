"""The settings' names, helps and defaults for make, which asks before there is an environment: standard library only.

`python -m kit.setting_names EPOCHS labeler` ends with status 2 and a sentence where one of the names is no setting.
"""

from __future__ import annotations

import ast
import difflib
import sys
from collections.abc import Collection, Iterator
from pathlib import Path

from kit.language import _

_DECLARATIONS = [
    node
    for path in sorted(Path(__file__).with_name("settings").glob("*.py"))
    for node in ast.parse(path.read_text(encoding="utf-8")).body
]
# The dataclasses that have all settings between them.
TRACKS = ("LocalSettings", "CloudSettings", "RehearsalSettings", "EndpointSettings", "CleanSettings")


def _constants() -> Iterator[tuple[str, str]]:
    """The texts that have a name in `kit.settings`: AUTO, PROCESS, DOCKER = "auto", "process", "docker"."""
    for node in _DECLARATIONS:
        match node:
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)):
                for name, value in zip(names, values, strict=True):
                    if isinstance(value, ast.Constant):
                        yield ast.unparse(name), str(value.value)


CONSTANTS = dict(_constants())


def declared(kind: str) -> dict[str, tuple[str, str]]:
    """The settings of a dataclass of `kit.settings`, those of its bases first.

    Of each name its help in English, and its default as it would be given, empty where that is no fixed one. The
    declaration is read, not imported: it needs click.
    """
    classes = {node.name: node for node in _DECLARATIONS if isinstance(node, ast.ClassDef)}
    found: dict[str, tuple[str, str]] = {}
    for base in classes[kind].bases:
        found.update(declared(ast.unparse(base)))
    for field in classes[kind].body:
        if isinstance(field, ast.AnnAssign) and isinstance(field.value, ast.Call):
            # name: type = setting(default, kind, marked("help"), …)
            default, _kind, text = field.value.args[:3]
            found[ast.unparse(field.target)] = ast.literal_eval(text.args[0]), _as_given(default)  # type: ignore[attr-defined]
    return found


def former_names() -> set[str]:
    """Names that settings had before, which still serve."""
    return {
        str(ast.literal_eval(keyword.value))
        for declaration in _DECLARATIONS
        for node in ast.walk(declaration)
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg == "formerly"
    }


def _as_given(default: ast.expr) -> str:
    """A literal, a constant of `kit.settings`, or the literal in an expression: ROOT / "runs"."""
    for node in ast.walk(default):
        if isinstance(node, ast.Name) and node.id in CONSTANTS:
            return CONSTANTS[node.id]
        if isinstance(node, ast.Constant) and node.value is not None and not isinstance(node.value, bool):
            return f"{node.value:g}" if isinstance(node.value, float) else str(node.value)
    return ""


def refusal(name: str, known: Collection[str], prefix: str = "") -> str:
    """The sentence for a name that is none of the known ones, with the nearest of them; `prefix` stands before both."""
    cases = {each.lower(): each for each in known}
    near = difflib.get_close_matches(name.lower(), cases, n=1)
    if near:
        return _("{name} is no setting; did you mean {nearest}?").format(
            name=prefix + name, nearest=prefix + cases[near[0]]
        )
    return _("{name} is no setting; `make help` lists all that there are.").format(name=prefix + name)


def main() -> int:
    known = {name.upper() for track in TRACKS for name in declared(track)}
    former = {name.upper() for name in former_names()}
    wrong = [name for name in sys.argv[1:] if name not in known | former]
    for name in wrong:
        print(_("Error: {what}").format(what=refusal(name, known)), file=sys.stderr)
    return 2 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
