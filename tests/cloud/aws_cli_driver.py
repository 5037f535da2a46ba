"""The AWS command line, kept running: a JSON list of arguments a line on standard input, an object a line as answer.

Run by the environment `aws-cli`; a process for each command would spend its time on loading, and so would each command
that reads the service models anew. Its waiters look every two seconds in place of every two minutes: on the double
things take moments.
"""

import contextlib
import functools
import io
import json
import sys
import time
import types

import awscli  # type: ignore[import-not-found]  # noqa: F401 (which says where its own botocore is)
import botocore.loaders
import botocore.waiter
from awscli.clidriver import create_clidriver  # type: ignore[import-not-found]

botocore.waiter.time = types.SimpleNamespace(sleep=lambda seconds: time.sleep(min(seconds, 2)))  # type: ignore[attr-defined]

read = functools.cache(botocore.loaders.JSONFileLoader().load_file)
botocore.loaders.JSONFileLoader.load_file = lambda _self, path: read(path)  # type: ignore[method-assign]

for line in sys.stdin:
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = create_clidriver().main(json.loads(line))
    written = [stream.buffer.getvalue().decode() for stream in (out, err)]  # type: ignore[attr-defined]
    print(json.dumps({"status": status, "out": written[0], "err": written[1]}), flush=True)
