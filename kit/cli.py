"""The command line: parses, calls, prints, and turns a KitError into one sentence and an exit status."""

from __future__ import annotations

import datetime
import os
import sys
import traceback
from typing import Any

import click

from kit import advice, stopping
from kit.commands.check import check
from kit.commands.clean import clean
from kit.commands.cloud import cloud, cloud_clean, cloud_quota, cloud_rehearsal, cloud_studio, doctor
from kit.commands.compare import compare
from kit.commands.convert import convert
from kit.commands.detect import detect
from kit.commands.draw import draw
from kit.commands.endpoint import endpoint
from kit.commands.export import export
from kit.commands.go_on import go_on
from kit.commands.help_page import HelpPage
from kit.commands.images import base_image, images
from kit.commands.local import local
from kit.commands.relabel import relabel
from kit.commands.runs import runs
from kit.commands.services import services
from kit.commands.setting_flags import require_taken, resolve
from kit.commands.status import status
from kit.commands.suspects import suspects
from kit.errors import KitError, SetupError
from kit.language import Lines, _, marked, translate_click
from kit.run.reminder import old_endpoints
from kit.settings import EndpointAgeSettings


@click.group(
    context_settings={"help_option_names": ["-h", "--help"]},
    invoke_without_command=True,
    help="\n\n".join(
        [
            _("The SageMaker JumpStart object-detection workshop, rehearsed on this machine."),
            _("`kit local` runs all of it here, `kit cloud` on AWS; others work on annotation files of four formats."),
            # \b: click keeps the lines as they are.
            "\b\n"
            + _(
                "Exit status: 0 done; 1 training would fail (check); 2 what was given cannot be used;\n"
                "3 this machine or account lacks something; 4 a service or a job failed; 5 a mistake in the kit;\n"
                "130 stopped by Ctrl-C, 143 by SIGTERM, 129 by a terminal that closed."
            ),
        ]
    ),
)
@click.version_option(
    package_name="jumpstart-rehearsal-kit", message="kit %(version)s", help=_("Show the version and exit.")
)
@click.option(
    "--debug", is_flag=True, help=_("Show all that is known of an error: where it comes from, and its causes.")
)
@click.pass_context
def kit(context: click.Context, debug: bool) -> None:
    context.obj["debug"], context.obj["command"] = debug, context.invoked_subcommand
    if context.invoked_subcommand is None:
        click.echo(context.get_help())
        click.echo()
        click.echo(_("Begin with `kit local`; `kit status` tells how the latest run stands and what to do next."))
    if context.invoked_subcommand in WITH_SERVICES:
        context.with_resource(stopping.at_safe_places())
    if context.invoked_subcommand not in ON_AWS:
        # The SDKs' own chatter: no look for the credentials of an instance.
        os.environ.setdefault("AWS_EC2_METADATA_DISABLED", "true")
    if context.invoked_subcommand is not None:
        require_taken(kit.commands[context.invoked_subcommand], kit.commands)
    remind()


def remind() -> None:
    """Tells on standard error of endpoints on AWS that are older than ENDPOINT_HOURS.

    Raises:
        InputError: the settings that it goes by cannot be read.
    """
    settings = resolve(EndpointAgeSettings).settings
    now = datetime.datetime.now(datetime.timezone.utc)
    for sentence in old_endpoints(settings.runs, settings.endpoint_hours, now):
        click.secho(sentence, fg="red", bold=True, err=True)


# The exit status of an error that nobody foresaw.
MISTAKE = 5
CLOUD = (cloud, cloud_clean, cloud_studio, doctor, cloud_quota)
# `detect` too, when it asks an endpoint there.
ON_AWS = (*(command.name for command in CLOUD), detect.name, endpoint.name)
# What speaks to services, or starts them.
WITH_SERVICES = (
    *ON_AWS,
    *(command.name for command in (cloud_rehearsal, local, relabel, suspects, images, base_image, services)),
)
STOPPED = marked("Stopped.")
# Told when one of these was stopped; with any other command there is nothing to go on with.
STOPPED_BY_COMMAND = {
    **dict.fromkeys(
        (local.name, cloud.name, relabel.name),
        marked("Stopped. The same command goes on from the last finished stage."),
    ),
    **dict.fromkeys(
        (cloud_clean.name, cloud_studio.name, images.name, base_image.name),
        marked("Stopped. The same command does the rest."),
    ),
    **dict.fromkeys((cloud_rehearsal.name, suspects.name), marked("Stopped. The same command begins anew.")),
}

for command in (
    *CLOUD,
    cloud_rehearsal,
    local,
    relabel,
    runs,
    go_on,
    endpoint,
    status,
    compare,
    suspects,
    convert,
    check,
    draw,
    detect,
    export,
    images,
    base_image,
    services,
    clean,
):
    kit.add_command(command)


def main() -> None:
    # A terminal that closes and a polite kill end a run as Ctrl-C does: everything it started is stopped first.
    stopping.listen()
    translate_click()
    click.Context.formatter_class = HelpPage
    options: dict[str, Any] = {}
    try:
        kit.main(standalone_mode=False, obj=options)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        stopping.tell(_(STOPPED_BY_COMMAND.get(options.get("command"), STOPPED)))
        sys.exit(stopping.exit_status())
    except Exception as error:  # noqa: BLE001 (the one place where everything that went wrong is told)
        if options.get("debug"):
            traceback.print_exc()
        print(_("Error: {what}").format(what=Lines(_told(error))), file=sys.stderr)
        sys.exit(_status(error))


def _told(error: Exception) -> str:
    """One sentence with what to do next."""
    if isinstance(error, KitError):
        return str(error)
    if told := _of_this_machine(error):
        return told[0].upper() + told[1:]
    return _(
        "A mistake in the kit ({kind}: {what}); `kit --debug …` with the same command shows where. Please report it."
    ).format(kind=type(error).__name__, what=error)


def _status(error: Exception) -> int:
    if isinstance(error, KitError):
        return error.exit_status
    return SetupError.exit_status if _of_this_machine(error) else MISTAKE


def _of_this_machine(error: Exception) -> str | None:
    return advice.full_disk(error) or advice.not_writable(error)
