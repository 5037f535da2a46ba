"""JumpStart's public bucket with one model in it: a spec of the shape that the SDK reads.

The shape is that of `JumpStartModelSpecs` in the SDK; values follow the nearest spec that AWS has published (version
2.0.3 of the same family). The artifacts are empty: the double trains the kit's own detector whatever the request names.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from kit.local_cloud.account import REGION

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# The beginning of each region's bucket.
BUCKETS = "jumpstart-cache-prod-"
MODEL_ID = "mxnet-od-ssd-512-mobilenet1-0-coco"
VERSION = "2.0.3"
_SPEC_KEY = f"community_models_specs/{MODEL_ID}/specs_v{VERSION}.json"
_SCRIPTS = "source-directory-tarballs/mxnet"
_TRAINING_SCRIPT = f"{_SCRIPTS}/transfer_learning/od/v2.0.3/sourcedir.tar.gz"
_INFERENCE_SCRIPT = f"{_SCRIPTS}/inference/od/v2.0.3/sourcedir.tar.gz"
_TRAINING_ARTIFACT = f"mxnet-training/train-{MODEL_ID}.tar.gz"
_PREPACKED_ARTIFACT = f"mxnet-infer/prepack/v1.0.0/infer-prepack-{MODEL_ID}.tar.gz"
_INFERENCE_ARTIFACT = f"mxnet-infer/infer-{MODEL_ID}.tar.gz"
_TRAINING_INSTANCES = [
    "ml.p3.2xlarge", "ml.p3.16xlarge", "ml.p3dn.24xlarge", "ml.p2.xlarge", "ml.p2.8xlarge", "ml.p2.16xlarge",
    "ml.g4dn.xlarge", "ml.g4dn.2xlarge", "ml.g4dn.4xlarge", "ml.g4dn.16xlarge",
]  # fmt: skip


def fill(s3: S3Client, region: str) -> None:
    """Makes the region's bucket, whole but for the model's spec."""
    bucket, request = f"{BUCKETS}{region}", dict[str, Any]()
    if region != REGION:
        request["CreateBucketConfiguration"] = {"LocationConstraint": region}
    s3.create_bucket(Bucket=bucket, **request)
    manifest = [{"model_id": MODEL_ID, "version": VERSION, "min_version": "2.100.0", "spec_key": _SPEC_KEY}]
    s3.put_object(Bucket=bucket, Key="models_manifest.json", Body=json.dumps(manifest).encode())
    for key in (_TRAINING_SCRIPT, _INFERENCE_SCRIPT, _TRAINING_ARTIFACT, _INFERENCE_ARTIFACT, _PREPACKED_ARTIFACT):
        s3.put_object(Bucket=bucket, Key=key, Body=b"")


def put_spec(s3: S3Client, region: str, **changes: Any) -> None:
    """Writes the model's spec, with other members where asked for: deprecated, say."""
    content = json.dumps({**spec(region), **changes}).encode()
    s3.put_object(Bucket=f"{BUCKETS}{region}", Key=_SPEC_KEY, Body=content)


def spec(region: str) -> dict[str, Any]:
    return {
        "model_id": MODEL_ID,
        "url": "https://cv.gluon.ai/model_zoo/detection.html",
        "version": VERSION,
        "min_sdk_version": "2.100.0",
        "training_supported": True,
        "incremental_training_supported": True,
        "hosting_ecr_specs": {"framework": "mxnet", "framework_version": "1.9.0", "py_version": "py38"},
        "hosting_artifact_key": _INFERENCE_ARTIFACT,
        "hosting_script_key": _INFERENCE_SCRIPT,
        "hosting_use_script_uri": False,
        "hosting_prepacked_artifact_key": _PREPACKED_ARTIFACT,
        "hosting_prepacked_artifact_version": "1.0.0",
        "inference_vulnerable": False,
        "inference_dependencies": [],
        "inference_vulnerabilities": [],
        "training_vulnerable": False,
        "training_dependencies": [],
        "training_vulnerabilities": [],
        "deprecated": False,
        "default_inference_instance_type": "ml.m5.large",
        "supported_inference_instance_types": ["ml.m5.large", "ml.m5.xlarge", "ml.g4dn.xlarge", "ml.p3.2xlarge"],
        "default_training_instance_type": "ml.g4dn.xlarge",
        "supported_training_instance_types": _TRAINING_INSTANCES,
        "training_ecr_specs": {"framework": "mxnet", "framework_version": "1.9.0", "py_version": "py38"},
        "training_instance_type_variants": _variants(region, "training", {"gpu": ("g4dn", "p2", "p3", "p3dn")}),
        "hosting_instance_type_variants": _variants(region, "inference", {"cpu": ("m5",), "gpu": ("g4dn", "p3")}),
        "training_artifact_key": _TRAINING_ARTIFACT,
        "training_script_key": _TRAINING_SCRIPT,
        "training_volume_size": 30,
        # As the published spec of the family's segmentation model has it (version 2.0.3).
        "training_enable_network_isolation": True,
        "inference_enable_network_isolation": True,
        "metrics": [{"Name": "val_cross_entropy", "Regex": r"Val_CrossEntropy=([0-9\.]+)"}],
        "hyperparameters": _hyperparameters(),
        "inference_environment_variables": [
            _variable("SAGEMAKER_PROGRAM", "inference.py", needed=False),
            _variable("SAGEMAKER_SUBMIT_DIRECTORY", "/opt/ml/model/code", needed=False),
            _variable("SAGEMAKER_CONTAINER_LOG_LEVEL", "20", needed=False),
            _variable("MODEL_CACHE_ROOT", "/opt/ml/model", needed=True),
            _variable("SAGEMAKER_ENV", "1", needed=True),
            _variable("SAGEMAKER_MODEL_SERVER_WORKERS", "1", needed=True),
            _variable("SAGEMAKER_MODEL_SERVER_TIMEOUT", "3600", needed=False),
            _variable("ENDPOINT_SERVER_TIMEOUT", "3600", needed=True),
        ],
        "predictor_specs": {
            "default_content_type": "application/x-image",
            "supported_content_types": ["application/x-image"],
            "default_accept_type": "application/json;verbose",
            "supported_accept_types": ["application/json;verbose", "application/json"],
        },
        "model_kwargs": {},
        "deploy_kwargs": {},
        "estimator_kwargs": {"encrypt_inter_container_traffic": True, "max_run": 360000},
        "fit_kwargs": {},
    }


def _variants(region: str, use: str, families: dict[str, tuple[str, ...]]) -> dict[str, Any]:
    """Which image an instance family takes, by names that stand for a region's addresses."""
    registry = f"763104351884.dkr.ecr.{region}.amazonaws.com/mxnet-{use}"
    aliases = {"cpu": f"{registry}:1.9.0-cpu-py38-ubuntu20.04-sagemaker", "gpu": f"{registry}:1.9.0-gpu-py38-cu112"}
    return {
        "regional_aliases": {region: {f"{kind}_ecr_uri_1": aliases[kind] for kind in families}},
        "variants": {
            family: {"regional_properties": {"image_uri": f"${kind}_ecr_uri_1"}}
            for kind, names in families.items()
            for family in names
        },
    }


def _hyperparameters() -> list[dict[str, Any]]:
    return [
        {
            "name": "train-only-top-layer",
            "type": "text",
            "default": "False",
            "options": ["True", "False"],
            "scope": "algorithm",
        },
        {"name": "epochs", "type": "int", "default": 5, "min": 1, "max": 1000, "scope": "algorithm"},
        {"name": "adam-learning-rate", "type": "float", "default": 0.001, "min": 1e-20, "max": 1, "scope": "algorithm"},
        {"name": "batch-size", "type": "int", "default": 2, "min": 1, "max": 1024, "scope": "algorithm"},
        {
            "name": "sagemaker_submit_directory",
            "type": "text",
            "default": "/opt/ml/input/data/code/sourcedir.tar.gz",
            "scope": "container",
        },
        {"name": "sagemaker_program", "type": "text", "default": "transfer_learning.py", "scope": "container"},
        {"name": "sagemaker_container_log_level", "type": "text", "default": "20", "scope": "container"},
    ]


def _variable(name: str, default: str, *, needed: bool) -> dict[str, Any]:
    return {"name": name, "type": "text", "default": default, "scope": "container", "required_for_model_class": needed}
