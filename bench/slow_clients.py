"""The endpoint among clients that are slow, silent or gone: `make bench-slow-clients`.

    .venvs/kit/bin/python bench/slow_clients.py --model FOLDER [--seconds 60] [--slow 250] [--gone 200]

A minute with 250 clients at a time that send nothing, a byte now and then, or all of a picture but its last byte, and
come back when they are turned away; 200 more a second hang up in the midst. Beside them one client after the other asks
for a picture's detections, and for /ping. Only this machine's loopback is used. Prints Markdown.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import socket
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

from serve import SAMPLES, endpoint, resident_mb

HEAD = b"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-image\r\nContent-Length: %d\r\n\r\n"
PING = b"GET /ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
LARGE = 6 * 1024 * 1024
DRIP_SECONDS = 1.0
# A connection for which there is no room waits a second before it asks again: so many may do so at a time.
HANGING_UP = 25
END_AT_ONCE = b"\1\0\0\0\0\0\0\0"  # SO_LINGER of no seconds: a reset in place of a farewell
READINGS = 6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True, help="a folder with detector.onnx and its companions")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--slow", type=int, default=250)
    parser.add_argument("--gone", type=int, default=200, help="a second")
    wanted = parser.parse_args()
    picture = sorted((SAMPLES / "held_out").glob("*.jpg"))[0].read_bytes()
    with tempfile.TemporaryDirectory(prefix="bench-slow-") as name:
        folder = Path(name)
        (folder / "model").symlink_to(wanted.model.resolve())
        with endpoint(folder) as (port, process):
            crowd = Crowd(port, process, picture)
            for title, slow, gone in (
                ("alone", 0, 0),
                ("in the crowd", wanted.slow, wanted.gone),
                ("afterwards", 0, 0),
            ):
                print(f"… {title}", file=sys.stderr, flush=True)
                asyncio.run(crowd.minute(title, wanted.seconds if slow else wanted.seconds / 6, slow, gone))
            log = (folder / "serve.log").read_text("utf-8", "replace")
    print(f"\nThe server's log: {len(log.splitlines())} lines, {log.count('Traceback')} tracebacks.")


class Crowd:
    """Clients of one server, and what the good ones among them saw."""

    def __init__(self, port: int, process: int, picture: bytes) -> None:
        self._port, self._process, self._picture = port, process, picture
        self._good = HEAD % len(picture) + picture
        print("| | asked | answered 200 | others | median ms | slowest ms | MB, on the way |")
        print("|---|---|---|---|---|---|---|")

    async def minute(self, title: str, seconds: float, slow: int, gone: int) -> None:
        """Prints a line each for detections and pings, of that many seconds in a crowd of that size."""
        end = time.monotonic() + seconds
        seen: dict[str, Counter[str]] = {"detections": Counter(), "/ping": Counter()}
        took: dict[str, list[float]] = {name: [] for name in seen}
        memory: list[float] = []

        async def until_the_end(step: Callable[[], Awaitable[None]]) -> None:
            while time.monotonic() < end:
                await step()

        async def good(name: str, request: bytes) -> None:
            began = time.monotonic()
            seen[name][await self._ask(request)] += 1
            took[name].append((time.monotonic() - began) * 1000)

        async def read_memory() -> None:
            memory.append(resident_mb(self._process))
            await asyncio.sleep(seconds / READINGS)

        kinds = itertools.cycle((self._silent, self._drip_head, self._drip_body, self._all_but_a_byte))
        tasks = [
            until_the_end(read_memory),
            until_the_end(lambda: good("detections", self._good)),
            until_the_end(lambda: good("/ping", PING)),
            *(until_the_end(kind) for kind in itertools.islice(kinds, slow)),
            *([self._hang_up_often(seconds, gone)] if gone else []),
        ]
        done, late = await asyncio.wait([asyncio.ensure_future(task) for task in tasks], timeout=seconds + 5)
        for task in late:
            task.cancel()
        for task in done:
            task.result()
        readings = " ".join(f"{reading:.0f}" for reading in memory)
        for name, statuses in seen.items():
            others = ", ".join(f"{count} {status}" for status, count in statuses.items() if status != "200") or "none"
            figures = f"{statistics.median(took[name]):.0f} | {max(took[name]):.0f} | {readings}"
            print(f"| {title}, {name} | {statuses.total()} | {statuses['200']} | {others} | {figures} |", flush=True)

    async def _ask(self, request: bytes) -> str:
        """The status of the answer."""
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
            writer.write(request)
            line = await asyncio.wait_for(reader.readline(), 60)
            writer.close()
        except (OSError, TimeoutError) as error:
            return type(error).__name__
        return line.decode().split(" ")[1] if line else "no answer"

    async def _send(self, *parts: bytes, drip: bool = False) -> None:
        """Sends and then waits to be closed, dripping or silent."""
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
            for part in parts:
                writer.write(part)
                await writer.drain()
            while True:
                try:
                    if not await asyncio.wait_for(reader.read(1000), DRIP_SECONDS):
                        break
                except TimeoutError:
                    if drip:
                        writer.write(b"x")
            writer.close()
        except OSError:
            await asyncio.sleep(0)  # closed in the midst: that is what is expected

    async def _silent(self) -> None:
        await self._send()

    async def _drip_head(self) -> None:
        await self._send(b"POST /invocations HTTP/1.1\r\nX: ", drip=True)

    async def _drip_body(self) -> None:
        await self._send(HEAD % LARGE, bytes(100_000), drip=True)

    async def _all_but_a_byte(self) -> None:
        await self._send(HEAD % LARGE, bytes(LARGE - 1))

    async def _hang_up_often(self, seconds: float, a_second: int) -> None:
        # In a process of its own: the clients of this one have no processor time for as many.
        with ProcessPoolExecutor(1) as apart:
            work = (hang_up_often, self._port, seconds, a_second, self._good)
            reached, failed = await asyncio.get_running_loop().run_in_executor(apart, *work)
        print(f"… {reached:.0f} hung up a second, {failed} could not connect", file=sys.stderr)


def hang_up_often(port: int, seconds: float, a_second: int, good: bytes) -> tuple[float, int]:
    """Connects, begins something and is gone, so many times a second; how many it were, and how many failed in all."""
    with ThreadPoolExecutor(HANGING_UP) as clients:
        each = clients.map(lambda _: hang_up_again(port, seconds, a_second / HANGING_UP, good), range(HANGING_UP))
        reached, failed = zip(*each, strict=True)
    return sum(reached) / seconds, sum(failed)


def hang_up_again(port: int, seconds: float, a_second: float, good: bytes) -> tuple[int, int]:
    """One of them after the other; how many it were, and how many of these failed."""
    beginnings = itertools.cycle((b"", b"POST /invoc", HEAD % LARGE + bytes(50_000), good))
    began, sent, failed = time.monotonic(), 0, 0
    while (elapsed := time.monotonic() - began) < seconds:
        if sent >= elapsed * a_second:
            time.sleep(sent / a_second - elapsed + 0.001)
            continue
        try:
            with socket.create_connection(("127.0.0.1", port), 5) as connection:
                if sent % 8 < 4:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, END_AT_ONCE)
                connection.sendall(next(beginnings))
        except OSError:
            failed += 1
        sent += 1
    return sent, failed


if __name__ == "__main__":
    main()
