"""LocalStack with S3's objects in a folder of its own: `python _localstack.py FOLDER`, by its environment's Python.

Its default is `/tmp/localstack-s3-storage` for every LocalStack of a machine, with a folder for each bucket's name: of
two runs whose buckets are called alike, the one that ended first took the objects of the other.
"""

from __future__ import annotations

import runpy
import sys

from localstack.services.s3 import provider  # type: ignore[import-not-found]

provider.DEFAULT_S3_TMP_DIR = sys.argv.pop()
runpy.run_module("localstack.runtime.main", run_name="__main__", alter_sys=True)
