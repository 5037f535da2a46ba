"""How a setting is declared, and what its value may be: click's parameter types, and a few of the kit's own."""

from __future__ import annotations

import dataclasses
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from kit.language import _, marked
from kit.s3_uri import is_s3_uri


@dataclass(frozen=True)
class Declaration:
    """The declaration of a setting besides its name and default.

    Attributes:
        type: reads its text.
        help: English; in the catalogue.
        identity: whether it decides what comes out of a run; a run goes on under others of those that do not.
        hyperparameter: its name in CreateTrainingJob, where it is one.
        formerly: a name that it had before, which still serves; empty where it had none.
    """

    type: click.ParamType[Any, Any]
    help: str
    identity: bool
    hyperparameter: str | None
    formerly: str


def setting(
    default: Any,
    kind: click.ParamType[Any, Any],
    text: str,
    *,
    identity: bool = True,
    hyperparameter: str | None = None,
    formerly: str = "",
) -> Any:
    """A field of a settings dataclass; see `Declaration`."""
    declaration = Declaration(kind, text, identity, hyperparameter, formerly)
    return dataclasses.field(default=default, metadata={"declaration": declaration})


def declarations(kind: type[Any]) -> dict[str, Declaration]:
    """Of each setting of a settings dataclass, by its name."""
    return {field.name: field.metadata["declaration"] for field in dataclasses.fields(kind)}


def text_of(value: Any) -> str:
    """A setting's value, as JSON and TOML have it, in the form in which it is typed."""
    if isinstance(value, list):
        return ",".join(map(str, value))
    return str(int(value) if isinstance(value, bool) else "" if value is None else value)


class S3Address(str):
    """`s3://bucket/key`."""


class ExpandedPath(click.Path):
    """A path, absolute, with `~` expanded; it need not exist."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: ARG002
        return Path(value).expanduser().resolve()


class PathOrS3(ExpandedPath):
    """A path, or an `S3Address`."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return S3Address(value) if is_s3_uri(str(value)) else super().convert(value, param, ctx)


class Number(click.FloatRange):
    """click's range of numbers lets NaN pass, which is neither below it nor above."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        number = super().convert(value, param, ctx)
        if math.isnan(number):
            self.fail("NaN", param, ctx)
        return number


class Matching(click.ParamType[str, str]):
    """Text that a regular expression matches whole.

    Args:
        what: what such a text is, for the catalogue; see `expected`.
    """

    name = "text"

    def __init__(self, pattern: str, what: str) -> None:
        self._pattern = pattern
        self._what = what

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not re.fullmatch(self._pattern, value):
            self.fail(_(self._what), param, ctx)
        return value


class RunOrFile(Matching):
    """The name of a run, or a path, or an `S3Address`."""

    def __init__(self) -> None:
        super().__init__(r".*\S.*", marked("the name of a run, or the path of a file or folder"))

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        return S3Address(value) if is_s3_uri(value) else super().convert(value, param, ctx)


class CommaSeparated(click.ParamType["tuple[str, ...]", "str | tuple[str, ...]"]):
    """Texts between commas, each matched whole by a regular expression, none of them twice.

    Args:
        ignore_case: whether texts that differ in capitals alone are the same.
    """

    name = "text,text"

    def __init__(self, pattern: str, what: str, *, ignore_case: bool = False) -> None:
        self._pattern = pattern
        self._what = what
        self._ignore_case = ignore_case

    def convert(
        self, value: str | tuple[str, ...], param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        if isinstance(value, tuple):  # the default
            return value
        texts = tuple(text.strip() for text in value.split(","))
        if not all(re.fullmatch(self._pattern, text) for text in texts):
            self.fail(_(self._what), param, ctx)
        if len({text.lower() if self._ignore_case else text for text in texts}) != len(texts):
            self.fail(_("a list in which no name stands twice"), param, ctx)
        return texts


NAMES = CommaSeparated(r".+", marked("a comma-separated list of names, none of them empty"))
EMAIL_ADDRESSES = CommaSeparated(
    r"[^@\s,]+@[^@\s,]+",
    marked("comma-separated e-mail addresses, such as a@example.org,b@example.org"),
    ignore_case=True,
)
FAULTS = CommaSeparated(
    r"\w+=[\w.]+", marked("comma-separated faults, such as CreateTrainingJob=ResourceLimitExceeded")
)
INSTANCE = Matching(r"ml\.[a-z0-9-]+\.[a-z0-9]+", marked("an instance type, such as ml.g4dn.xlarge"))
PORT = click.IntRange(1, 65535)


def expected(kind: click.ParamType[Any, Any], error: click.BadParameter) -> str:
    """The end of a sentence that says what a value has to be, which `kind` refused with `error`."""
    if isinstance(kind, click.IntRange):
        return _("a whole number from {low} to {high}").format(low=kind.min, high=kind.max)
    if isinstance(kind, click.FloatRange):
        return _("a number from {low:g} to {high:g}").format(low=kind.min, high=kind.max)
    if isinstance(kind, click.Choice):
        return _(" or ").join(kind.choices)
    if kind is click.BOOL:
        return _("1 (yes) or 0 (no)")
    return error.message
