"""Makes Label Studio's empty database once, so that a run need not.

    python -m kit.local_cloud.labelling.label_studio_database .venvs/label-studio

The database holds no user: Label Studio creates the user it is started with in a database that does not have it. Label
Studio's program (`containers/label-studio/serve.py`) begins with `database.sql`, so that a minute of migrations is left
out. For another version of Label Studio `make empty-database` writes that anew: its further migrations on top of
what is there, all of them where that is an empty file.
"""

from __future__ import annotations

import argparse
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from kit.atomic_file import write_atomically
from kit.errors import KitError, SetupError
from kit.language import _
from kit.local_cloud.process import GuardedProcess, child_environment
from kit.repository import ROOT

_PROGRAM = ROOT / "containers" / "label-studio" / "serve.py"
# In Label Studio's environment.
PREPARED_DATABASE = Path("var/label_studio.sqlite3")

DATABASE_NAME = "label_studio.sqlite3"
MIGRATION_SECONDS = 600.0
_KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "TMPDIR", "PYTHONUNBUFFERED", "AWS_EC2_METADATA_DISABLED")


def label_studio_command(environment: Path, *arguments: str) -> list[str | Path]:
    """A command line of Label Studio's own, for the virtual environment that holds it."""
    return [environment.absolute() / "bin" / "python", "-I", _PROGRAM, *arguments]


def label_studio_environment(data_folder: Path) -> dict[str, str]:
    """The whole environment of a Label Studio process that keeps to `data_folder` and to this machine.

    Label Studio reads each setting from LABEL_STUDIO_<NAME> and then from plain <NAME> (HOST, DEBUG, PASSWORD, ...),
    so nothing but a few harmless variables of the user's shell may get in.
    """
    inherited = child_environment({})
    return {
        **{name: inherited[name] for name in _KEPT_VARIABLES if name in inherited},
        # It writes settings of its own under the home folder.
        "HOME": str(data_folder),
        "LABEL_STUDIO_BASE_DATA_DIR": str(data_folder),
        "LABEL_STUDIO_DJANGO_DB": "sqlite",
        "LABEL_STUDIO_LOG_LEVEL": "WARNING",
        "LABEL_STUDIO_COLLECT_ANALYTICS": "false",
        "LABEL_STUDIO_LATEST_VERSION_CHECK": "false",
        "LABEL_STUDIO_SENTRY_DSN": "",
        "LABEL_STUDIO_FRONTEND_SENTRY_DSN": "",
        # Its pages let the server fetch tips from GitHub, with no switch to stop it; S3 here is plain http.
        "HTTPS_PROXY": "http://127.0.0.1:9",
    }


def prepare_database(environment: Path) -> None:
    """Writes a migrated database without users to `PREPARED_DATABASE` in `environment`, replacing what is there.

    Args:
        environment: the virtual environment that holds `label-studio`.

    Raises:
        SetupError: Label Studio is not installed there, or its migrations failed.
    """
    target = environment.absolute() / PREPARED_DATABASE
    target.parent.mkdir(parents=True, exist_ok=True)
    # Beside the target, so that the finished file can be moved there in one step.
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".migrating-") as name:
        folder = Path(name)
        process = GuardedProcess(
            _("The migration of Label Studio's database"),
            label_studio_command(environment, "init", "--quiet"),
            environment=label_studio_environment(folder),
            log=folder / "migration.log",
            directory=folder,
        )
        try:
            status = process.wait(MIGRATION_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise SetupError(
                _("{name} did not end within {seconds:.0f} s:").format(name=process.name, seconds=MIGRATION_SECONDS)
                + f"\n{process.log_tail()}"
            ) from error
        finally:
            process.stop()
        if status != 0:
            raise SetupError(
                _("{name} ended with status {status}:").format(name=process.name, status=status)
                + f"\n{process.log_tail()}"
            )
        (folder / DATABASE_NAME).replace(target)


def write_statements(environment: Path, target: Path) -> None:
    """Writes the statements that make the database of `prepare_database`, below the version that it is of."""
    (package,) = environment.glob("lib/*/site-packages/label_studio-*.dist-info")
    version = package.name.removesuffix(".dist-info").partition("-")[2]
    with closing(sqlite3.connect(environment / PREPARED_DATABASE)) as database:
        statements = "\n".join(database.iterdump())
    write_atomically(target, f"{heading(version)}\n{statements}\n".encode())


def heading(version: str) -> str:
    """The comment above the statements for a version of Label Studio."""
    return (
        f"-- The empty database of Label Studio {version} (https://github.com/HumanSignal/label-studio, Apache-2.0),\n"
        "-- as its own migrations make it; written by `make empty-database`."
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Make Label Studio's empty database.")
    parser.add_argument("environment", type=Path, help="the virtual environment that holds label-studio")
    parser.add_argument("--write", type=Path, help="a file for the statements that make such a database")
    wanted = parser.parse_args()
    try:
        prepare_database(wanted.environment)
        if wanted.write:
            write_statements(wanted.environment, wanted.write)
    except KitError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_status)


if __name__ == "__main__":
    main()
