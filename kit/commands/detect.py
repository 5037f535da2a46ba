"""`kit detect SOURCE…`: what a model finds on anybody's pictures."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kit import stopping
from kit.annotations.labels import parse_labels
from kit.commands.run_argument import run_names
from kit.commands.setting_flags import SettingsCommand
from kit.console import Console
from kit.errors import InputError
from kit.language import _
from kit.settings import DetectSettings, ResolvedSettings

if TYPE_CHECKING:
    from kit.detection.found import FoundPicture
    from kit.tracks.detect import Outcome

_PATH = click.Path(path_type=Path)
# As `kit.detection.outputs` has them, which takes OpenCV's second to import.
FORMS = ("drawings", "json-lines", "coco", "yolo", "label-studio-predictions", "ground-truth", "voc")
# Of pictures that could not be used; what could be was done.
SOME_BROKEN = 1


@click.command(
    cls=SettingsCommand,
    kind=DetectSettings,
    help="\n\n".join(
        [
            _("Find objects on pictures, by the model of the latest finished run or another."),
            _(
                "SOURCE is a picture, a folder with subfolders, a pattern, a film, or - for pictures from a pipe. "
                "Broken pictures are named and passed over; exit status 1 then."
            ),
        ]
    ),
)
@click.argument("sources", metavar="[SOURCE]...", nargs=-1)
@click.option("--camera", type=click.IntRange(0), metavar="NUMBER", help=_("A camera, 0 for the first, until Ctrl-C."))
@click.option("--run", shell_complete=run_names, help=_("The run whose model is asked; default: the latest finished."))
@click.option("--model", type=_PATH, help=_("A model.tar.gz of the kit's own detector."))
@click.option("--endpoint", metavar="NAME", help=_("A live endpoint, on AWS or where --endpoint-url leads."))
@click.option(
    "--endpoint-url",
    metavar="URL",
    envvar="AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME",
    help=_("Where the endpoint is asked in place of AWS, such as http://127.0.0.1:8080."),
)
@click.option(
    "--labels",
    help=_("Names of the classes, if the endpoint numbers them from 0: a,b,c or a label category file."),
)
@click.option(
    "--out",
    "paths",
    type=_PATH,
    multiple=True,
    help=_("Where to write (may be repeated): a folder (drawings), .jsonl (JSON lines), .json (COCO), .manifest."),
)
@click.option(
    "--as",
    "forms",
    type=click.Choice(FORMS),
    metavar="FORMAT",
    multiple=True,
    help=_("The format of each --out, in the same order: {forms}.").format(forms=", ".join(FORMS)),
)
@click.option("--force", is_flag=True, help=_("Replace the files that are there."))
@click.option("--json", "as_json", is_flag=True, help=_("Print JSON lines: the pictures, then the summary."))
def detect(
    resolved: ResolvedSettings[DetectSettings],
    sources: tuple[str, ...],
    camera: int | None,
    run: str | None,
    model: Path | None,
    endpoint: str | None,
    endpoint_url: str | None,
    labels: str | None,
    paths: tuple[Path, ...],
    forms: tuple[str, ...],
    force: bool,
    as_json: bool,
) -> None:
    # Here, because OpenCV and the SDK take a second that the other commands do not need.
    from kit.detection import films, found, outputs
    from kit.detection import sources as given
    from kit.tracks import detect as track

    if not sources and camera is None:
        raise InputError(_("Say what to look at: a picture, a folder, a film, --camera 0, or - for a pipe."))
    if sum(each is not None for each in (run, model, endpoint)) > 1:
        raise InputError(_("--run, --model and --endpoint each name a model; give one of them."))
    console = Console(beside=as_json)
    wanted = outputs.outputs_of(paths, forms, overwrite=force)
    looked_at = given.sources_of(sources, sys.stdin.buffer)
    if camera is not None:
        looked_at = (*looked_at, given.CameraSource(films.Camera(camera)))
    outputs.require_apart(wanted, looked_at)

    def tell(picture: FoundPicture) -> None:
        if as_json:
            click.echo(found.line_of(picture), nl=False)
        elif not paths and picture.frame is None:
            console.say(f"  {picture.picture}: {_counted(Counter(each.label for each in picture.detections))}")

    named = parse_labels(labels) if labels else ()
    chosen = track.Chosen(run, model, endpoint, endpoint_url, named)
    with track.opened(resolved.settings, chosen) as ready:
        console.say(
            _("Asking {model}; what scores {threshold:.2f} or more counts.").format(
                model=ready.title, threshold=ready.threshold
            )
        )
        outcome = track.detect(ready, looked_at, wanted, console, tell)
    if as_json:
        for broken in outcome.broken:
            click.echo(json.dumps({"picture": broken.picture, "error": broken.reason}, ensure_ascii=False))
        click.echo(json.dumps(track.summary(ready, outcome), ensure_ascii=False))
    _tell(console, outcome)
    if outcome.stopped and camera is None:
        sys.exit(stopping.exit_status())
    if outcome.broken:
        sys.exit(SOME_BROKEN)


def _tell(console: Console, outcome: Outcome) -> None:
    for broken in outcome.broken:
        console.say(_("  passed over: {picture}: {reason}").format(picture=broken.picture, reason=broken.reason))
    console.say(
        _("Pictures: {pictures}; passed over: {broken}; found: {found}; {rate:.1f} pictures a second").format(
            pictures=outcome.pictures,
            broken=len(outcome.broken),
            found=_counted(outcome.by_label),
            rate=outcome.pictures / outcome.seconds if outcome.seconds else 0,
        )
    )
    if outcome.stopped:
        console.say(_("Stopped; what was found until then is there."))


def _counted(labels: Counter[str]) -> str:
    return ", ".join(_("{count} {what}").format(count=count, what=label) for label, count in labels.items()) or _(
        "nothing"
    )
