"""`kit export RUN OUT`: the model of a run, to be used elsewhere."""

from __future__ import annotations

from pathlib import Path

import click

from kit.commands.run_argument import run_names
from kit.commands.setting_flags import SettingsCommand
from kit.language import _
from kit.run.trained_model import model_of
from kit.settings import ResolvedSettings, RunsSettings
from kit.tracks.export import export as export_model


@click.command(
    cls=SettingsCommand,
    kind=RunsSettings,
    help="\n\n".join(
        [
            _("Write the model of RUN into the folder OUT, to be used without the kit."),
            _("Both networks (ONNX), the classes, a card with the scores, the licence, and a program that uses them."),
        ]
    ),
)
@click.argument("run", shell_complete=run_names)
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help=_("Replace the files that are there."))
def export(resolved: ResolvedSettings[RunsSettings], run: str, out: Path, force: bool) -> None:
    model = model_of(resolved.settings.runs, run)
    names = export_model(model, out, overwrite=force)
    click.echo(_("{out}: the model of {run}: {files}").format(out=out, run=model.run.run_id, files=", ".join(names)))
