"""The kit's own detector as the model that is fine-tuned."""

from __future__ import annotations

from kit.aws_api import CLASS_NAMES, Algorithm
from kit.local_cloud.docker.images import image_name
from kit.training_settings import HYPERPARAMETERS

# Processes run what is in the images, and take no notice of their names.
ALGORITHM = Algorithm(
    training_image=image_name("training"),
    inference_image=image_name("inference"),
    training_instance="ml.g4dn.xlarge",
    endpoint_instance="ml.m5.large",
    hyperparameters={},
    metric_definitions=(
        {"Name": "epoch", "Regex": r"^epoch (\d+)/"},
        {"Name": "Train_Loss", "Regex": r"Train_Loss=([0-9.]+)"},
        {"Name": "Val_CrossEntropy", "Regex": r"Val_CrossEntropy=([0-9.]+)"},
        {"Name": "pictures_per_second", "Regex": r"pictures_per_second=([0-9.]+)"},
    ),
    tunable=HYPERPARAMETERS | {CLASS_NAMES},
)
