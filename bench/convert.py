"""Pictures a second and peak memory of conversions, beside other programs': `make bench-convert`.

    .venvs/kit/bin/python bench/convert.py [--sizes 10000 100000 1000000] [--peers-up-to 100000] [--rounds 3]
                                           [--folders-up-to 100000] [--legs "→ YOLO"] [--folder FOLDER]

Writes annotation files of these sizes into a temporary folder (5 GB for a million pictures) or into FOLDER, and has
each program convert them, one after the other, in a process of its own: as often as there are rounds, the largest size
once. Prints Markdown.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from convert_files import HEIGHT, WIDTH, name, write_coco, write_cvat, write_ground_truth, write_label_studio
from machine import BENCH, machine, run
from PIL import Image

from kit.errors import KitError

CONVERTERS = BENCH.parent / ".venvs" / "converters" / "bin" / "python"
# Supervision wants the picture files, and is the slowest: more would only take longer.
MOST_PICTURE_FILES = 10_000
# A file system allows 65,000 names for a file.
_MOST_LINKS = 50_000


@dataclass(frozen=True)
class Peer:
    """Another program that does a leg, or what comes nearest to it.

    Attributes:
        program: as `convert_one.py` calls it.
        does: its name, and what it does where that is not the leg itself.
    """

    program: str
    does: str
    python: Path = CONVERTERS
    most: int | None = None


SDK = "label_studio_sdk"
GLOBOX = Peer("globox", "globox")
SUPERVISION = Peer("supervision", "supervision", most=MOST_PICTURE_FILES)
GLOBOX_BY_HAND = Peer("globox_by_hand", "globox behind a loop of ours that reads the manifest, to COCO")
SUPERVISION_BY_HAND = Peer("supervision_by_hand", "supervision behind such a loop, to COCO", most=MOST_PICTURE_FILES)


@dataclass(frozen=True)
class Leg:
    """A conversion by the kit, and what it is compared with.

    Attributes:
        source: the name of the file.
        suffix: of what the kit is to write, which tells it the format; peers write COCO.
        to: the format where the suffix does not tell it.
        folder: whether there is a file for each picture, so that the sizes are limited.
    """

    name: str
    source: str
    suffix: str
    peers: tuple[Peer, ...] = ()
    to: str = ""
    folder: bool = False


LEGS = (
    Leg("Ground Truth → JumpStart", "output.manifest", "", (GLOBOX_BY_HAND, SUPERVISION_BY_HAND)),
    Leg(
        "Label Studio → Ground Truth",
        "export.json",
        ".manifest",
        (Peer(SDK, "label-studio-sdk, to COCO", Path(sys.executable)),),
    ),
    Leg("Label Studio → COCO", "export.json", ".json", (Peer(SDK, "label-studio-sdk", Path(sys.executable)),)),
    Leg("Ground Truth → COCO", "output.manifest", ".json", (GLOBOX_BY_HAND, SUPERVISION_BY_HAND)),
    Leg("COCO → COCO", "coco.json", ".json", (GLOBOX, SUPERVISION)),
    Leg("Ground Truth → Label Studio tasks", "output.manifest", ".tasks", to="label-studio"),
    Leg("CVAT → COCO", "annotations.xml", ".json"),
    # What these write, the next read.
    Leg("Ground Truth → YOLO", "output.manifest", ".yolo", to="yolo", folder=True),
    Leg("YOLO → COCO", "output-kit.yolo", ".json", folder=True),
    Leg("Ground Truth → Pascal VOC", "output.manifest", ".voc", to="voc", folder=True),
    Leg("Pascal VOC → COCO", "output-kit.voc", ".json", folder=True),
)
KIT = Peer("kit", "kit", Path(sys.executable))


@dataclass(frozen=True)
class Measured:
    """Medians of the rounds."""

    leg: Leg
    peer: Peer
    pictures: int
    seconds: float
    processor: float
    peak_mb: float

    @property
    def rate(self) -> float:
        return self.pictures / self.seconds


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--peers-up-to", type=int, default=100_000)
    parser.add_argument("--folders-up-to", type=int, default=100_000, help="formats with a file for each picture")
    parser.add_argument("--legs", help="only those with this in their name")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path)
    wanted = parser.parse_args()
    sizes = sorted(wanted.sizes)
    legs = tuple(leg for leg in LEGS if (wanted.legs or "") in leg.name)
    with _folder(wanted.folder) as folder:
        try:
            measured = [
                each
                for size in sizes
                for each in measure(folder, legs, size, wanted, 1 if size == sizes[-1] else wanted.rounds)
            ]
        except KitError as error:
            print(f"Error: {error}", file=sys.stderr)
            return error.exit_status
    print(report(measured))
    return 0


@contextmanager
def _folder(given: Path | None) -> Iterator[Path]:
    if given is not None:
        given.mkdir(parents=True, exist_ok=True)
        yield given.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="bench-convert-") as made:
        yield Path(made)


def measure(
    folder: Path, legs: Sequence[Leg], pictures: int, wanted: argparse.Namespace, rounds: int
) -> Iterator[Measured]:
    """Legs at one size: in each round the kit and its peers have their turn."""
    peers_up_to, in_folders = wanted.peers_up_to, pictures <= wanted.folders_up_to
    write_ground_truth(folder / "output.manifest", pictures)
    write_label_studio(folder / "export.json", pictures)
    write_coco(folder / "coco.json", pictures)
    write_cvat(folder / "annotations.xml", pictures)
    _picture_files(folder / "images", pictures if in_folders else min(peers_up_to, MOST_PICTURE_FILES))
    for leg in legs:
        if leg.folder and not in_folders:
            continue
        limits = {peer: min(peers_up_to, peer.most or peers_up_to) for peer in leg.peers if peer.python.exists()}
        targets = {KIT: folder / f"{Path(leg.source).stem}-kit{leg.suffix}"}
        for peer in (peer for peer, limit in limits.items() if pictures <= limit):
            targets[peer] = folder / f"{Path(leg.source).stem}-{peer.program}.json"
        found: dict[Peer, list[dict[str, float]]] = {peer: [] for peer in targets}
        for _ in range(rounds):
            for peer, target in targets.items():
                to = [leg.to] if leg.to and peer is KIT else []
                command = [peer.python, BENCH / "convert_one.py", peer.program, folder / leg.source, target, *to]
                if leg.folder:
                    shutil.rmtree(target, ignore_errors=True)
                found[peer].append(json.loads(run(command, PYTHONPATH=str(BENCH.parent))))
        if leg.to == "yolo":
            (targets[KIT] / "images").symlink_to(folder / "images")  # which say the sizes
        for peer, results in found.items():
            middle = {key: statistics.median(result[key] for result in results) for key in results[0]}
            print(f"{leg.name}, {peer.does}: {pictures} pictures, {middle['seconds']:.1f} s", file=sys.stderr)
            yield Measured(leg, peer, pictures, **middle)


def _picture_files(folder: Path, pictures: int) -> None:
    """One picture under many names."""
    folder.mkdir(exist_ok=True)
    for number in range(pictures):
        first, path = folder / name(number - number % _MOST_LINKS), folder / name(number)
        if path.exists():
            continue
        if path == first:
            Image.new("RGB", (WIDTH, HEIGHT)).save(path)
        else:
            os.link(first, path)


def report(measured: Sequence[Measured]) -> str:
    lines = [
        f"{datetime.date.today().isoformat()}, {machine()}.",
        "",
        "| Leg | kit, times as fast as | at | by the clock | by processor time |",
        "|---|---|---:|---:|---:|",
    ]
    for leg in LEGS:
        for peer in leg.peers:
            of_peer = [each for each in measured if (each.leg, each.peer) == (leg, peer)]
            if not of_peer:
                continue
            other = of_peer[-1]
            (kit,) = (each for each in measured if (each.leg, each.peer, each.pictures) == (leg, KIT, other.pictures))
            lines.append(
                f"| {leg.name} | {peer.does} | {other.pictures:,} | {other.seconds / kit.seconds:.1f} | "
                f"{other.processor / kit.processor:.1f} |"
            )
    lines += ["", "| Leg | program | pictures | pictures/s | processor | peak MB |", "|---|---|---:|---:|---:|---:|"]
    lines += [
        f"| {each.leg.name} | {each.peer.does} | {each.pictures:,} | {each.rate:,.0f} | "
        f"{each.processor / each.seconds:.0%} | {each.peak_mb:.0f} |"
        for leg in LEGS
        for peer in (KIT, *leg.peers)
        for each in measured
        if (each.leg, each.peer) == (leg, peer)
    ]
    lines += [
        "",
        "| Leg | pictures | kit's peak MB | pictures | kit's peak MB | more |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for leg in LEGS:
        of_kit = sorted((each.pictures, each.peak_mb) for each in measured if (each.leg, each.peer) == (leg, KIT))
        if of_kit:
            (few, few_mb), (many, many_mb) = of_kit[0], of_kit[-1]
            lines.append(f"| {leg.name} | {few:,} | {few_mb:.0f} | {many:,} | {many_mb:.0f} | {many_mb - few_mb:.0f} |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
