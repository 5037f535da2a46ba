"""The AWS command line as a client of the double."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kit.local_cloud import environments
from kit.repository import ROOT
from kit.tracks.rehearsal import environment_for

_ENVIRONMENT = ROOT / ".venvs" / "aws-cli"
# A command that is asked again after a minute finds what the first has made; Label Studio may take longer to come up.
_PATIENCE = ("--cli-read-timeout", "600")


@dataclass(frozen=True)
class AwsCli:
    """`aws <arguments>`, one command at a time."""

    process: subprocess.Popen[str]

    def __call__(self, *arguments: str, region: str = "us-east-1") -> Any:
        """What the command prints, read as JSON where it prints anything; it has to succeed."""
        status, out, err = self.tried(*arguments, region=region)
        assert status == 0, f"aws {' '.join(arguments)}: {err}"
        return json.loads(out) if out.strip() else None

    def tried(self, *arguments: str, region: str = "us-east-1") -> tuple[int, str, str]:
        """Status, standard output and standard error of the command."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps([*arguments, "--region", region, "--output", "json", *_PATIENCE]) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        return answer["status"], answer["out"], answer["err"]


@contextmanager
def aws_cli(url: str) -> Iterator[AwsCli]:
    environments.require(_ENVIRONMENT)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    driver = Path(__file__).with_name("aws_cli_driver.py")
    with subprocess.Popen(
        [_ENVIRONMENT / "bin" / "python", driver],
        env={**kept, **environment_for(url), "AWS_PAGER": ""},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield AwsCli(process)
        assert process.stdin is not None
        process.stdin.close()
