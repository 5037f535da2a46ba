"""`make doctor`: what this machine has, and whether the workshop can run on the AWS account; makes nothing."""

from __future__ import annotations

import platform
import shutil
import webbrowser
from collections.abc import Iterator, Sequence

import rich.table

from kit.aws import preflight
from kit.aws.finding import FAIL, PASS, WARNING, Finding, failed
from kit.aws.jumpstart import JumpStartModel
from kit.aws.session import open_account
from kit.console import Console
from kit.errors import KitError, SetupError
from kit.language import _
from kit.local_cloud.docker.engine import NoEngine, probe_engine
from kit.local_cloud.process import choose_port
from kit.run.folder import require_space
from kit.settings import DoctorSettings


def run(settings: DoctorSettings, console: Console) -> None:
    """Shows everything that can be found out, the account's part too where there is one.

    Raises:
        SetupError: something would keep the workshop from running on AWS.
    """
    findings, model = list(of_this_machine(settings)), None
    try:
        aws = open_account(settings.region)
    except SetupError as error:
        without_account = _("`make cloud-rehearsal PLAN=1` shows plan and price without an account")
        findings.append(Finding(_("AWS account"), FAIL, str(error), without_account))
        not_asked = _("not asked: there is no account to ask")
        for what in (_("permissions"), _("quotas"), _("JumpStart model"), _("private workforce")):
            findings.append(Finding(what, WARNING, not_asked))
    else:
        of_the_account, model = preflight.look(aws, settings)
        findings += of_the_account
    show(findings, console)
    fit(findings, model)


def of_this_machine(settings: DoctorSettings) -> Iterator[Finding]:
    """Python, disk, port, container engine and browser."""
    yield Finding("Python", PASS, platform.python_version())
    for what, check in (
        (_("disk"), lambda: require_space(settings.runs)),
        ("LABEL_STUDIO_PORT", lambda: choose_port(settings.label_studio_port, setting="LABEL_STUDIO_PORT")),
    ):
        try:
            check()
        except KitError as error:
            yield Finding(what, FAIL, str(error))
        else:
            yield Finding(what, PASS, _("free"))
    engine = probe_engine()
    if isinstance(engine, NoEngine):
        yield Finding(_("Docker engine"), WARNING, engine.reason, _("none is needed: RUNTIME=process does without"))
    else:
        yield Finding(_("Docker engine"), PASS, engine.version)
    browser = _browser()
    if browser is None:
        yield Finding(_("browser"), WARNING, _("none was found on this machine"), _("whoever labels needs one"))
    else:
        yield Finding(_("browser"), PASS, browser)


def show(findings: Sequence[Finding], console: Console) -> None:
    """Prints the findings as a table."""
    table = rich.table.Table("", _("check"), _("found out"), _("what to do"), box=None, pad_edge=False)
    for finding in findings:
        table.add_row(_(finding.status), finding.what, finding.found, finding.todo)
    console.heading(_("Preflight"))
    console.table(table)


def fit(findings: Sequence[Finding], model: JumpStartModel | None) -> JumpStartModel:
    """The model that was found.

    Raises:
        SetupError: something failed; names it.
    """
    failures = failed(findings)
    if failures or model is None:
        names = ", ".join(finding.what for finding in failures)
        raise SetupError(
            _("The workshop cannot run on this account as it is: {names}; see the table above.").format(names=names)
        )
    return model


def _browser() -> str | None:
    for name in ("firefox", "google-chrome", "chromium", "chromium-browser", "microsoft-edge", "safari"):
        if shutil.which(name):
            return name
    try:
        return type(webbrowser.get()).__name__
    except webbrowser.Error:
        return None
