"""LocalStack as this kit has it, by its environment's Python: `python serve.py FOLDER`.

S3's objects are in a folder of its own. The default is `/tmp/localstack-s3-storage` for every LocalStack of a machine,
with a folder for each bucket's name: of two runs whose buckets are called alike, the one that ended first took the
objects of the other.

Requests to names of the Internet are refused. A page in a browser on this machine could have its own name resolved to
127.0.0.1 (DNS rebinding) and read a run's objects as its own; LocalStack answers whatever name it is called by.
"""

from __future__ import annotations

import gc
import ipaddress
import runpy
import sys
from typing import Any
from urllib.parse import urlsplit


def refuse_names_of_the_internet(chain: Any, context: Any, _response: Any) -> None:
    host = context.request.headers.get("Host", "")
    if not is_of_this_machine(host):
        chain.respond(403, f"{host!r} is no name of this machine: ask for 127.0.0.1.\n")


def is_of_this_machine(host: str) -> bool:
    """Whether nobody could have registered what stands in a Host header: an address, a name without a dot (that of a
    service among containers), or one in `localhost`, which is always this machine."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:  # brackets with something else in them than an address
        return False
    name = name.removesuffix(".")
    if "." not in name or name.endswith(".localhost"):
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


if __name__ == "__main__":
    # Python looks for objects that nobody uses any more while it loads what stays: a sixth of the start.
    gc.set_threshold(50_000, 20, 100)
    from localstack.aws import handlers
    from localstack.services.s3 import provider

    provider.DEFAULT_S3_TMP_DIR = sys.argv.pop()
    handlers.preprocess_request.append(refuse_names_of_the_internet)
    runpy.run_module("localstack.runtime.main", run_name="__main__", alter_sys=True)
