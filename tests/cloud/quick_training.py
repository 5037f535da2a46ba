"""A training program that keeps SageMaker's contract and takes no time: its model is one that was trained before.

For tests of what happens around a training job, dozens of times; what happens in it is tested elsewhere.
"""

import os
import sys
import tarfile
from pathlib import Path

base = Path(os.environ["SAGEMAKER_BASE_DIR"])
assert (base / "input" / "data" / "training" / "annotations.json").is_file()
print("Val_CrossEntropy=1.234", flush=True)
with tarfile.open(sys.argv[1]) as archive:
    for member in archive:
        if member.isfile():
            target = base / "model" / member.name
            target.parent.mkdir(parents=True, exist_ok=True)
            content = archive.extractfile(member)
            assert content is not None
            target.write_bytes(content.read())
