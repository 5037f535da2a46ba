"""Clients of an endpoint: each sends a picture, waits for the answer and sends the next, over one kept connection.

    python bench/serve_load.py PORT PICTURE... [--clients 1] [--requests 130]

A process of its own, of the standard library alone, so that it takes little from what it measures; it says how much.
Prints one JSON object: every request's milliseconds, the seconds of all, the clients' own processor time and how often
each status was answered.
"""

from __future__ import annotations

import argparse
import itertools
import json
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path

HEADERS = {"Content-Type": "application/x-image", "Accept": "application/json;verbose"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("port", type=int)
    parser.add_argument("pictures", type=Path, nargs="+")
    parser.add_argument("--clients", type=int, default=1)
    parser.add_argument("--requests", type=int, default=130)
    wanted = parser.parse_args()
    bodies = itertools.cycle([path.read_bytes() for path in wanted.pictures])
    # Both are taken from by all clients; `next` of either is one step that no other thread comes between.
    waiting = iter(list(itertools.islice(bodies, wanted.requests)))
    milliseconds: list[float] = []
    statuses: Counter[int] = Counter()

    def client(_: int) -> None:
        connection = HTTPConnection("127.0.0.1", wanted.port, timeout=60)
        for body in waiting:
            began = time.perf_counter()
            connection.request("POST", "/invocations", body, HEADERS)
            answer = connection.getresponse()
            answer.read()
            milliseconds.append((time.perf_counter() - began) * 1000)
            statuses[answer.status] += 1
        connection.close()

    began, used = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(wanted.clients) as pool:
        list(pool.map(client, range(wanted.clients)))
    seconds, used = time.perf_counter() - began, time.process_time() - used
    print(json.dumps({"milliseconds": milliseconds, "seconds": seconds, "cpu_seconds": used, "statuses": statuses}))


if __name__ == "__main__":
    main()
