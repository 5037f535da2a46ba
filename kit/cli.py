"""The command line: parses, calls, prints, and turns a KitError into one sentence and an exit status."""

from __future__ import annotations

import datetime
import errno
import os
import signal
import sys
from types import FrameType

import click

from kit.commands.check import check
from kit.commands.cloud import cloud, cloud_clean, cloud_quota, doctor
from kit.commands.convert import convert
from kit.commands.draw import draw
from kit.commands.go_on import go_on
from kit.commands.images import base_image, images
from kit.commands.local import local
from kit.commands.services import services
from kit.errors import KitError, SetupError
from kit.settings import CloudSettings, resolve
from kit.workshop.reminder import old_endpoints


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="jumpstart-rehearsal-kit", message="kit %(version)s")
@click.pass_context
def kit(context: click.Context) -> None:
    """The SageMaker JumpStart object-detection workshop, rehearsed on this machine.

    `kit local` runs all of it here, `kit cloud` on AWS; others work on annotation files of any of the four formats.

    \b
    Exit status: 0 done; 1 training would fail (check); 2 what was given cannot be used;
    3 this machine or account lacks something; 4 a service or a job failed; 130 stopped by Ctrl-C.
    """
    if context.invoked_subcommand not in ON_AWS:
        # The SDKs' own chatter: no look for the credentials of an instance.
        os.environ.setdefault("AWS_EC2_METADATA_DISABLED", "true")
    remind()


def remind() -> None:
    """Tells on standard error of endpoints on AWS that are older than ENDPOINT_HOURS."""
    try:
        settings = resolve({}, os.environ, kind=CloudSettings).settings
    except KitError:
        return  # the command itself says so
    assert isinstance(settings, CloudSettings)  # noqa: S101 (as asked for)
    now = datetime.datetime.now(datetime.timezone.utc)
    for sentence in old_endpoints(settings.runs, settings.endpoint_hours, now):
        click.secho(sentence, fg="red", bold=True, err=True)


CLOUD = (cloud, cloud_clean, doctor, cloud_quota)
ON_AWS = tuple(command.name for command in CLOUD)

for command in (*CLOUD, local, go_on, convert, check, draw, images, base_image, services):
    kit.add_command(command)


def main() -> None:
    # A terminal that closes and a polite kill end a run as Ctrl-C does: everything it started is stopped first.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    try:
        kit.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        print("Stopped. The same command goes on from the last finished stage.", file=sys.stderr)
        sys.exit(130)
    except KitError as error:
        print(f"Error: {error}", file=sys.stderr)
        sys.exit(error.exit_status)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        print(f"Error: The disk is full ({error.filename}); free some space and run it again.", file=sys.stderr)
        sys.exit(SetupError.exit_status)


def _stop(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)
