"""The settings' names and helps for make, which asks before there is an environment: standard library only.

python -m kit.setting_names                   a line for each setting, by the target that takes it
python -m kit.setting_names EPOCHS labeler    status 2 and a sentence where one of the names is no setting
"""

from __future__ import annotations

import ast
import difflib
import sys
from collections.abc import Collection
from pathlib import Path

from kit.language import _

_DECLARATION = ast.parse(Path(__file__).with_name("settings.py").read_text(encoding="utf-8"))
# The dataclasses that have all settings between them.
_TRACKS = ("LocalSettings", "CloudSettings", "RehearsalSettings")


def declared(kind: str) -> dict[str, str]:
    """The settings of a dataclass of `kit.settings`, those of its bases first: each one's name and help in English.

    The declaration is read, not imported: it needs click.
    """
    classes = {node.name: node for node in _DECLARATION.body if isinstance(node, ast.ClassDef)}
    found: dict[str, str] = {}
    for base in classes[kind].bases:
        found.update(declared(ast.unparse(base)))
    for field in classes[kind].body:
        if isinstance(field, ast.AnnAssign) and isinstance(field.value, ast.Call):
            # name: type = setting(default, kind, marked("help"), …)
            found[ast.unparse(field.target)] = ast.literal_eval(field.value.args[2].args[0])  # type: ignore[attr-defined]
    return found


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
    known = {name.upper() for track in _TRACKS for name in declared(track)}
    wrong = [name for name in sys.argv[1:] if name not in known]
    for name in wrong:
        print(_("Error: {what}").format(what=refusal(name, known)), file=sys.stderr)
    if len(sys.argv) == 1:
        _list()
    return 2 if wrong else 0


def _list() -> None:
    listed: set[str] = set()
    titles = (
        _("Settings of `make local`, each as NAME=value:"),
        _("`make cloud` has these besides:"),
        _("`make cloud-rehearsal` has this besides:"),
    )
    for title, kind in zip(titles, _TRACKS, strict=True):
        print(title)
        for name, text in declared(kind).items():
            if name not in listed:
                print(f"  {name.upper():17} {_(text)}")
        listed.update(declared(kind))


if __name__ == "__main__":
    sys.exit(main())
