"""A model in SageMaker JumpStart's catalogue: whether it is fit to use, and every address that its jobs need.

The SDK's `retrieve` functions are asked rather than its estimators, which call home, look for default buckets and
roles, and add Debugger's configuration, closed to new customers. The requests are the same otherwise: a test compares
them.
"""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from kit.aws.session import Aws
from kit.aws_api import Algorithm
from kit.errors import InputError, ServiceError
from kit.language import _, marked

_TRAINING, _INFERENCE = marked("training"), marked("inference")
_VAL_CROSS_ENTROPY = "Val_CrossEntropy"
# Where SageMaker's training toolkit finds a script that comes as the channel "code".
_CODE_CHANNEL = "/opt/ml/input/data/code/sourcedir.tar.gz"


@dataclass(frozen=True)
class JumpStartModel:
    """A model of JumpStart's catalogue, resolved for a region and two instance types.

    Attributes:
        version: the one that `*` stands for today; a run keeps the one it was begun with.
        training_instances, endpoint_instances: the types that JumpStart names for it.
        warnings: what it says of known vulnerabilities and of deprecation, and what the kit cannot do for it.
    """

    model_id: str
    version: str
    algorithm: Algorithm
    training_instances: tuple[str, ...]
    endpoint_instances: tuple[str, ...]
    warnings: tuple[str, ...]


def resolve(
    aws: Aws, model_id: str, train_instance: str, endpoint_instance: str, *, version: str = "*", spot: bool = False
) -> JumpStartModel:
    """Looks the model up in the region's catalogue, which is a public bucket: nothing is made.

    Args:
        version: `*` for the newest.

    Raises:
        InputError: there is no such model in this region, or it cannot be fine-tuned.
        ServiceError: the catalogue cannot be read.
    """
    with _quiet():
        import sagemaker.session
        from sagemaker import (
            environment_variables,
            hyperparameters,
            image_uris,
            metric_definitions,
            model_uris,
            script_uris,
        )
        from sagemaker.jumpstart.enums import JumpStartScriptScope
        from sagemaker.jumpstart.utils import verify_model_region_and_return_specs

        session = sagemaker.session.Session(
            boto_session=aws.session, sagemaker_client=aws.client("sagemaker"), default_bucket="not-used"
        )
        # A model that is deprecated or known to be vulnerable is the user's to judge: preflight says which it is.
        tolerant = {"tolerate_vulnerable_model": True, "tolerate_deprecated_model": True}
        where: dict[str, Any] = {"region": aws.region, "sagemaker_session": session, **tolerant}
        try:
            spec: Any = verify_model_region_and_return_specs(
                model_id=model_id, version=version, scope=_TRAINING, **where
            )
            known: dict[str, Any] = {"model_id": model_id, "model_version": spec.version, **where}
            training = {**known, "instance_type": train_instance}
            serving = {**known, "instance_type": endpoint_instance}
            script = script_uris.retrieve(script_scope=_TRAINING, **known)
            pretrained = model_uris.retrieve(model_scope=_TRAINING, **training)
            # A container without a network cannot fetch its script: it comes as a channel, as the SDK sends it.
            isolated = bool(spec.training_enable_network_isolation)
            code = {"code": script} if isolated else {}
            algorithm = Algorithm(
                training_image=image_uris.retrieve(framework=None, image_scope=_TRAINING, **training),
                inference_image=image_uris.retrieve(framework=None, image_scope=_INFERENCE, **serving),
                training_instance=train_instance,
                endpoint_instance=endpoint_instance,
                hyperparameters={
                    **{name: str(value) for name, value in hyperparameters.retrieve_default(**training).items()},
                    "sagemaker_program": "transfer_learning.py",
                    "sagemaker_submit_directory": _CODE_CHANNEL if isolated else script,
                    "sagemaker_container_log_level": "20",
                    "sagemaker_region": aws.region,
                },
                metric_definitions=_metrics(metric_definitions.retrieve_default(**training) or []),
                tunable=frozenset(hyperparameters.retrieve_default(**training)),
                channels={"model": pretrained, **code},
                training_environment=environment_variables.retrieve_default(
                    script=JumpStartScriptScope.TRAINING, include_aws_sdk_env_vars=False, **training
                ),
                inference_environment=environment_variables.retrieve_default(**serving),
                volume_gb=spec.training_volume_size or 30,
                spot=spot,
                isolated_training=isolated,
                isolated_inference=bool(spec.inference_enable_network_isolation),
                encrypted_traffic=bool(spec.estimator_kwargs.get("encrypt_inter_container_traffic", False)),
            )
        except (KeyError, ValueError) as error:
            raise InputError(
                _(
                    "JumpStart cannot fine-tune MODEL_ID={model_id} in {region} ({error}); choose another model or "
                    "region."
                ).format(model_id=model_id, region=aws.region, error=" ".join(str(error).split())[:300])
            ) from error
        except (ClientError, BotoCoreError) as error:
            raise ServiceError(
                _("JumpStart's catalogue of {region} cannot be read: {error}; is JumpStart in this region?").format(
                    region=aws.region, error=error
                )
            ) from error
    return JumpStartModel(
        model_id,
        spec.version,
        algorithm,
        tuple(spec.supported_training_instance_types or ()),
        tuple(spec.supported_inference_instance_types or ()),
        tuple(_warnings(spec)),
    )


def _metrics(definitions: list[dict[str, str]]) -> tuple[dict[str, str], ...]:
    """JumpStart's own, and under the workshop's name the one that it follows."""
    own = [{"Name": d["Name"], "Regex": d["Regex"]} for d in definitions if d["Name"] != _VAL_CROSS_ENTROPY]
    return (*own, {"Name": _VAL_CROSS_ENTROPY, "Regex": rf"{_VAL_CROSS_ENTROPY}=([0-9\.]+)"})


def _warnings(spec: Any) -> Iterator[str]:
    if spec.use_inference_script_uri():
        yield _("its fine-tuned artifact may lack the script that serves it, which only the SDK's deploy() packs in")
    if spec.deprecated:
        yield _("deprecated: {reason}").format(reason=spec.deprecated_message or _("AWS will take it away"))
    for scope, found in (
        (_TRAINING, spec.training_vulnerabilities if spec.training_vulnerable else []),
        (_INFERENCE, spec.inference_vulnerabilities if spec.inference_vulnerable else []),
    ):
        if found:
            yield _("known vulnerabilities in its {scope} script: {names}").format(
                scope=_(scope), names=", ".join(found)
            )


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """The SDK without its telemetry and its chatter."""
    os.environ.setdefault("DISABLE_JUMPSTART_TELEMETRY", "1")
    os.environ.setdefault("SAGEMAKER_SUPPRESS_V2_WARNING", "1")
    names = ("sagemaker", "sagemaker.config", "sagemaker.jumpstart", "botocore.credentials")
    before = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.ERROR)
    try:
        yield
    finally:
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)
