"""What takes seconds to load: loaded once, in the process that the tests' kits are forked from."""

# ruff: noqa: F401

import functools
import os
from typing import Any

os.environ["SAGEMAKER_SUPPRESS_V2_WARNING"] = "1"

import boto3
import botocore.loaders
import sagemaker.image_uris
import sagemaker.jumpstart.utils
import sagemaker.session

import kit.report.page
import kit.report.plots
import kit.tracks.clean
import kit.tracks.cloud
import tests.cloud.kit_process

# The first plot loads fonts, and how they are laid out.
kit.report.plots.bars({"": 1.0}, "", ["black"])

# The service models as well, which every session of botocore reads anew: for a kit's eight, a third of a second.
_read = functools.cache(botocore.loaders.JSONFileLoader().load_file)


def _load_file(_self: Any, path: str) -> Any:
    return _read(path)


botocore.loaders.JSONFileLoader.load_file = _load_file
for service in ("sagemaker", "sagemaker-runtime", "s3", "iam", "sts", "logs", "cognito-idp", "service-quotas"):
    boto3.Session(region_name="us-east-1").client(service)
