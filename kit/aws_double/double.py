"""The double's services put together: moto's, and SageMaker in each region that somebody has asked in."""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from kit.aws_double import jumpstart_catalogue
from kit.aws_double.clock import Clock
from kit.aws_double.delays import Delays, NewRoles
from kit.aws_double.faults import Faults
from kit.aws_double.moto import Moto
from kit.aws_double.region import Region
from kit.local_cloud import environments
from kit.local_cloud.account import REGION, Place
from kit.local_cloud.cloud import LocalCloud
from kit.local_cloud.labelling.label_studio import LabelStudioServer
from kit.local_cloud.parts import Command, Parts


@dataclass(frozen=True)
class Programs:
    """The programs that train and serve, under SageMaker's container contract."""

    train: Command = environments.TRAIN
    serve: Command = environments.SERVE


class Double:
    """An account. A region comes up when the first request in it arrives, with JumpStart's bucket in it.

    Args:
        folder: for logs and records, a folder in it for each region.
        truth: COCO file with the boxes that the invited worker, a program, draws.
        delays: how long things take.
    """

    def __init__(self, folder: Path, moto: Moto, programs: Programs, truth: Path, delays: Delays) -> None:
        self.moto = moto
        self.faults = Faults()
        self.quotas: dict[str, float] = {}
        self.clock = Clock()
        self.new_roles = NewRoles(delays, self.clock)
        self._folder = folder
        self._programs = programs
        self._truth = truth
        self.delays = delays
        self._spec_changes: dict[str, Any] = {}
        self._regions: dict[str, Region] = {}
        self._open = ExitStack()
        self._lock = threading.Lock()

    def region(self, name: str) -> Region:
        """Raises KitError when it does not come up."""
        with self._lock:
            if name not in self._regions:
                self._regions[name] = self._opened(Place(name))
            return self._regions[name]

    @functools.cache  # noqa: B019 (one double lives as long as its process)
    def client(self, service: str, region: str = REGION) -> Any:
        """A boto3 client of moto's, for the double itself."""
        return boto3.Session().client(  # type: ignore[call-overload]
            service,
            endpoint_url=self.moto.url,
            region_name=region,
            aws_access_key_id="double",
            aws_secret_access_key="double",  # noqa: S106 (moto asks for any)
            config=Config(proxies={}),
        )

    def change_spec(self, **members: Any) -> None:
        """Writes the model's spec anew in every region, with these members in place of its own."""
        with self._lock:
            self._spec_changes = members
            for region in self._regions:
                jumpstart_catalogue.put_spec(self.client("s3", region), region, **members)

    def left(self) -> list[str]:
        """All that somebody would still find on this AWS, jobs that have ended left out."""
        buckets = [bucket["Name"] for bucket in self.client("s3").list_buckets()["Buckets"]]
        left = [f"bucket {name}" for name in buckets if not name.startswith(jumpstart_catalogue.BUCKETS)]
        left += [f"role {role['RoleName']}" for role in self.client("iam").list_roles()["Roles"]]
        with self._lock:
            regions = list(self._regions.values())
        return left + [what for region in regions for what in region.left()]

    def close(self) -> None:
        self._open.close()

    def _opened(self, place: Place) -> Region:
        folder = self._folder / place.region
        parts = Parts(
            self.moto,
            label_studio=lambda: LabelStudioServer(
                environments.LABEL_STUDIO, folder / "label-studio", s3_url=self.moto.url, port=None
            ),
            train=self._programs.train,
            serve=self._programs.serve,
            manner="as a process of this machine, in place of AWS",
        )
        local = self._open.enter_context(
            LocalCloud(folder, parts, truth=self._truth, labelling=False, say=print, place=place)
        )
        jumpstart_catalogue.fill(self.client("s3", place.region), place.region)
        jumpstart_catalogue.put_spec(self.client("s3", place.region), place.region, **self._spec_changes)
        return Region(
            place,
            local.api(),
            local.hosting,
            functools.partial(self.client, region=place.region),
            clock=self.clock,
            delays=self.delays,
            new_roles=self.new_roles,
            faults=self.faults,
            quotas=self.quotas,
        )


@contextlib.contextmanager
def open_double(folder: Path, programs: Programs, *, truth: Path, delays: Delays) -> Iterator[Double]:
    """Starts everything; the arguments are those of `Double`.

    Raises:
        KitError: a service does not come up.
    """
    environments.require(*environments.OF_THE_AWS_DOUBLE)
    with Moto(folder) as moto, contextlib.closing(Double(folder, moto, programs, truth, delays)) as double:
        double.region(REGION)
        yield double
