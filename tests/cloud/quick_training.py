"""A training program that keeps SageMaker's contract and takes no time: its model is in the folder of its argument.

For tests of what happens around a training job, dozens of times; what happens in it is tested elsewhere.
"""

import os
import shutil
import sys
from pathlib import Path

base = Path(os.environ["SAGEMAKER_BASE_DIR"])
assert (base / "input" / "data" / "training" / "annotations.json").is_file()
print("Val_CrossEntropy=1.234", flush=True)
shutil.copytree(sys.argv[1], base / "model", dirs_exist_ok=True)
