"""What takes seconds to load: loaded once, in the process that the tests' kits are forked from."""

# ruff: noqa: F401

import os

os.environ["SAGEMAKER_SUPPRESS_V2_WARNING"] = "1"

import sagemaker.image_uris
import sagemaker.jumpstart.utils
import sagemaker.session

import kit.tracks.clean
import kit.tracks.cloud
import tests.cloud.kit_process
