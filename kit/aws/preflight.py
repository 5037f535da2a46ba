"""The checks before anything is made: a table of what passes, what to mind and what will not work."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from botocore.exceptions import BotoCoreError, ClientError

from kit.aws import own_trainer, permissions, quotas
from kit.aws.finding import FAIL, PASS, WARNING, Finding, said
from kit.aws.ground_truth import GROUND_TRUTH_ACCOUNTS
from kit.aws.jumpstart import JumpStartModel, resolve
from kit.aws.resources.workforce import Workforce
from kit.aws.resources.workteam import Workteam
from kit.aws.session import Aws
from kit.errors import InputError, KitError
from kit.language import _
from kit.local_cloud.docker.engine import NoEngine, probe_engine
from kit.setting_types import declarations
from kit.settings import DEFAULT, GROUND_TRUTH, OWN, CloudSettings, DoctorSettings, ResolvedSettings, source_of

# Of a bounding-box job: https://docs.aws.amazon.com/sagemaker/latest/dg/sms-bounding-box.html
_MOST_LABELS = 10


def look(
    aws: Aws,
    settings: DoctorSettings,
    labels: Sequence[str] = (),
    model_version: str = "*",
    *,
    labelled: bool = False,
    for_a_run: bool = False,
) -> tuple[list[Finding], JumpStartModel | None]:
    """Every check, each by reading only, and the model where JumpStart has it.

    Args:
        labels: the classes to label with, as far as they are known.
        labelled: whether the labels are there already.
        for_a_run: whether a run begins next: what only that needs, such as workers, is then a failure.
    """
    findings = [
        Finding(
            _("credentials"),
            PASS,
            _("{who}, account …{digits}, {region}").format(
                who=_who(aws.caller), digits=aws.account[-4:], region=aws.region
            ),
        )
    ]
    if not labelled:
        findings += _labelling(aws, settings, labels, for_a_run=for_a_run)
    findings += permissions.of_the_caller(aws, settings)
    findings += _quotas(aws, settings)
    if settings.trainer == OWN:
        model: JumpStartModel | None = own_trainer.model(
            settings.train_instance, settings.endpoint_instance, spot=settings.spot
        )
        findings.append(_engine())
    else:
        model, found = _jumpstart(aws, settings, model_version)
        findings += found
    findings += permissions.execution_role(aws, settings)
    return findings, model


def require_hyperparameters(resolved: ResolvedSettings[CloudSettings], model: JumpStartModel) -> None:
    """Refuses what was asked for and would not reach the training; a default that the model lacks is left to it.

    Raises:
        InputError: a hyperparameter was given that the model does not take.
    """
    settings = resolved.settings
    for name, declaration in declarations(CloudSettings).items():
        hyperparameter, origin = declaration.hyperparameter, resolved.origins[name]
        if hyperparameter is None or hyperparameter in model.algorithm.tunable or origin == DEFAULT:
            continue
        # It also draws which of one's own pictures are held out.
        if name == "seed" and settings.images is not None and settings.held_out:
            continue
        raise InputError(
            _(
                "{model} has no hyperparameter {hyperparameter}: leave {setting} out, or fine-tune with TRAINER=own."
            ).format(model=model.model_id, hyperparameter=hyperparameter, setting=source_of(name, origin))
        )


def _engine() -> Finding:
    engine = probe_engine()
    if isinstance(engine, NoEngine):
        return Finding(_("Docker engine"), FAIL, engine.reason, _("TRAINER=own builds and pushes images with it"))
    if engine.architecture != "amd64":
        return Finding(
            _("Docker engine"),
            FAIL,
            _("builds for {architecture}").format(architecture=engine.architecture),
            _("SageMaker wants amd64"),
        )
    return Finding(_("Docker engine"), PASS, engine.version)


def _jumpstart(aws: Aws, settings: DoctorSettings, version: str) -> tuple[JumpStartModel | None, list[Finding]]:
    try:
        model = resolve(
            aws,
            settings.model_id,
            settings.train_instance,
            settings.endpoint_instance,
            version=version,
            spot=settings.spot,
        )
    except KitError as error:
        return None, [Finding(_("JumpStart model"), FAIL, str(error), _("MODEL_ID=…, REGION=…, or TRAINER=own"))]
    return model, list(_model(model, settings))


def _labelling(aws: Aws, settings: DoctorSettings, labels: Sequence[str], *, for_a_run: bool) -> Iterator[Finding]:
    if settings.labeler != GROUND_TRUTH:
        return
    if aws.region not in GROUND_TRUTH_ACCOUNTS:
        yield Finding(
            _("Ground Truth"),
            FAIL,
            _("not in {region}").format(region=aws.region),
            _("REGION= one of {choices}").format(choices=", ".join(sorted(GROUND_TRUTH_ACCOUNTS))),
        )
        return
    yield Finding(
        _("Ground Truth"),
        WARNING,
        _("takes no new customers; whether it takes this account shows only at the first labelling job"),
        _("have labels ready from elsewhere (ANNOTATIONS=…), should it refuse"),
    )
    if len(labels) > _MOST_LABELS:
        yield Finding(
            _("labels"),
            FAIL,
            _("{count}, but a bounding-box job takes at most {most}").format(count=len(labels), most=_MOST_LABELS),
            _("fewer LABELS, or LABELER=label-studio"),
        )
    try:
        workforce, there = Workforce(aws).existing(), Workteam(aws).existing()
    except (ClientError, BotoCoreError) as error:
        yield Finding(_("private workforce"), FAIL, said(error), _("ask for sagemaker:ListWorkforces, ListWorkteams"))
        return
    if workforce is not None and "OidcConfig" in workforce and (settings.workers or there is None):
        yield Finding(
            _("private workforce"),
            FAIL,
            _("signs in through its own identity provider"),
            _("make a team in the console"),
        )
    elif not settings.workers and there is None:
        yield Finding(
            _("private workforce"),
            FAIL if for_a_run else WARNING,
            _("no team, and no workers given"),
            _("WORKERS=a@example.org,… when the run begins"),
        )
    elif workforce is None:
        yield Finding(_("private workforce"), PASS, _("none yet; one will be made, and taken away again"))
    else:
        yield Finding(
            _("private workforce"), PASS, _("{name} is there and will be used").format(name=workforce["WorkforceName"])
        )


def _quotas(aws: Aws, settings: DoctorSettings) -> Iterator[Finding]:
    names = (
        quotas.training_quota(settings.train_instance, spot=settings.spot),
        quotas.endpoint_quota(settings.endpoint_instance),
    )
    try:
        found = quotas.find(aws, set(names))
    except (ClientError, BotoCoreError) as error:
        yield Finding(
            _("quotas"),
            WARNING,
            _("cannot be asked for ({reason})").format(reason=said(error)),
            _("a job may be refused for them later"),
        )
        return
    for name in names:
        if name not in found:
            yield Finding(
                _("quota {name}").format(name=name),
                WARNING,
                _("SageMaker lists no such quota"),
                _("check the instance type"),
            )
        elif found[name].value < 1:
            yield Finding(
                _("quota {name}").format(name=name),
                FAIL,
                _("is 0"),
                _("make cloud-quota asks AWS for 1; or choose another instance"),
            )
        else:
            yield Finding(_("quota {name}").format(name=name), PASS, f"{found[name].value:g}")


def _model(model: JumpStartModel, settings: DoctorSettings) -> Iterator[Finding]:
    name = f"{model.model_id} {model.version}"
    if model.warnings:
        yield Finding(
            _("JumpStart model"), WARNING, f"{name}: {'; '.join(model.warnings)}", _("accept it, or MODEL_ID=…")
        )
    else:
        yield Finding(_("JumpStart model"), PASS, name)
    for what, chosen, known in (
        (_("training instance"), settings.train_instance, model.training_instances),
        (_("endpoint instance"), settings.endpoint_instance, model.endpoint_instances),
    ):
        if chosen in known:
            yield Finding(what, PASS, chosen)
        else:
            yield Finding(
                what,
                WARNING,
                _("JumpStart does not name {instance} for it").format(instance=chosen),
                _("one of {choices}").format(choices=", ".join(known)),
            )


def _who(caller: str) -> str:
    """The user's or role's name, without the account's number."""
    return caller.split(":", 5)[5]
