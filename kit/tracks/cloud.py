"""The cloud track from the first command to the report: preflight, plan, question, stages, clean-up."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import secrets
from collections.abc import Iterator
from pathlib import Path

import rich.table
from botocore.exceptions import ClientError

from kit.atomic_file import write_atomically
from kit.aws import own_trainer, preflight, team
from kit.aws import plan as planning
from kit.aws.assembly import assemble, model_record, recorded_version
from kit.aws.finding import failed
from kit.aws.jumpstart import JumpStartModel
from kit.aws.labelling_here import labelling_here
from kit.aws.plan import Plan
from kit.aws.resources.image_repository import IMAGES
from kit.aws.resources.role import Role
from kit.aws.session import Aws, open_account, told
from kit.aws_api import AwsApi
from kit.console import Console
from kit.errors import InputError, SetupError
from kit.language import _
from kit.local_cloud.docker.engine import require_engine
from kit.local_cloud.docker.images import ensure_images, image_name
from kit.run import names, opening, picture_set, summary
from kit.run.folder import require_space
from kit.run.journal import Journal
from kit.run.picture_set import PictureSet
from kit.run.results import ImagesResult, LabellingResult, RoleResult, TeamResult
from kit.s3_uri import bucket_and_key
from kit.setting_types import S3Address
from kit.settings import GROUND_TRUTH, LABEL_STUDIO, OWN, CloudSettings, ResolvedSettings
from kit.tracks import driver
from kit.tracks.clean import clean_up, write_report
from kit.tracks.driver import Preparation


def doctor(resolved: ResolvedSettings[CloudSettings], console: Console) -> None:
    """Shows what preflight finds.

    Raises:
        SetupError: something would keep the workshop from working.
        InputError: the model has no such hyperparameter as was given.
    """
    _checked(open_account(resolved.settings.region), resolved, console)


def run(resolved: ResolvedSettings[CloudSettings], console: Console) -> None:
    """Runs the workshop on AWS, or goes on with the run that was cut short.

    Raises:
        KitError: see `driver.run_stages`; the same call goes on from the stage that failed.
    """
    settings = resolved.settings
    require_space(settings.runs)
    aws = open_account(settings.region)
    if isinstance(settings.manifest, S3Address):
        settings = dataclasses.replace(settings, manifest=_fetched(aws, settings.manifest, settings.runs))
        resolved = dataclasses.replace(resolved, settings=settings)
    pictures = picture_set.collect(settings, console)
    # Whatever was run since: what a run has made on AWS goes on costing money.
    runs = [folder for folder, _journal in opening.cloud_runs(settings.runs)][::-1]
    begun = opening.unfinished(resolved, opening.CLOUD, aws.identity, runs)
    # A run keeps the version of the model that it was begun with.
    version = recorded_version(begun[0].model_record) if begun else None
    model = _checked(aws, resolved, console, version or "*")
    with told():
        plan = planning.make(aws, settings, model, len(pictures.pictures))
    _show(plan, console)
    if settings.plan:
        console.say(_("PLAN=1: nothing was created."))
        return
    if begun is None:
        _ask(settings, console, _("Go on, for about ${usd:.2f}?").format(usd=plan.usd))
    tail = f"-{secrets.token_hex(2)}"
    opened = opening.open_run(resolved, opening.CLOUD, console, where=aws.identity, among=runs, tail=tail)
    with opened as (folder, journal):
        reason = _("{region}, in place of AWS {url}") if aws.endpoint_url else "{region}"
        journal.runs_on("aws", reason.format(region=aws.region, url=aws.endpoint_url))
        algorithm = model.algorithm
        if settings.trainer == OWN:
            algorithm = own_trainer.in_registry(aws, algorithm, folder.run_id)
        # Before any job is created: what it will be given.
        write_atomically(folder.model_record, model_record(dataclasses.replace(model, algorithm=algorithm)))
        preparations = _preparations(aws, settings, journal, pictures, console)

        @contextlib.contextmanager
        def cloud(pictures: PictureSet) -> Iterator[AwsApi]:
            assembled = assemble(aws, settings, journal, algorithm)
            by_people_here = settings.labeler == LABEL_STUDIO and pictures.given is None
            if not by_people_here or journal.is_finished(LabellingResult.stage):
                yield assembled
                return
            with labelling_here(assembled, aws, folder.local_cloud, settings.label_studio_port) as labelled_here:
                yield labelled_here

        before_clean_up = driver.STAGES[:-1]
        driver.run_stages(
            settings, pictures, folder, journal, console, cloud, preparations=preparations, stages=before_clean_up
        )
        driver.tell_score(console, journal)
        console.say(_("Drawings:   {path}").format(path=folder.detections))
        facts = write_report(resolved, folder, journal, plan.training, plan.endpoint)
        console.say(_("Report:     {path}").format(path=folder.report))
        if not _wants_clean_up(settings, console, plan):
            console.heading(
                _("The endpoint goes on and costs {price}; `make cloud-clean` deletes it and all the rest.").format(
                    price=plan.endpoint
                )
            )
            return
        left = clean_up(aws, resolved, folder, journal, console)
        facts = write_report(resolved, folder, journal, plan.training, plan.endpoint)
        summary.write(folder, facts)
    console.say(_("Spent:      about ${usd:.2f}").format(usd=facts["spent_usd"]))
    console.say(_("Left behind: {what}").format(what=", ".join(left) or _("nothing")))


def _fetched(aws: Aws, address: S3Address, runs: Path) -> Path:
    """The object as a file, under a name that says what it is a copy of."""
    bucket, key = bucket_and_key(address)
    target = runs / "manifests" / f"{hashlib.sha256(address.encode()).hexdigest()[:16]}.manifest"
    try:
        content = aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    except ClientError as error:
        raise InputError(
            _("MANIFEST={address} cannot be read: {error}; correct it.").format(address=address, error=error)
        ) from error
    write_atomically(target, content)
    return target


def _checked(
    aws: Aws, resolved: ResolvedSettings[CloudSettings], console: Console, model_version: str = "*"
) -> JumpStartModel:
    findings, model = preflight.look(aws, resolved.settings, model_version)
    table = rich.table.Table("", _("check"), _("found out"), _("what to do"), box=None, pad_edge=False)
    for finding in findings:
        table.add_row(_(finding.status), finding.what, finding.found, finding.todo)
    console.heading(_("Preflight"))
    console.table(table)
    failures = failed(findings)
    if failures or model is None:
        names = ", ".join(finding.what for finding in failures)
        raise SetupError(
            _("The workshop cannot run on this account as it is: {names}; see the table above.").format(names=names)
        )
    preflight.require_hyperparameters(resolved, model)
    return model


def _show(plan: Plan, console: Console) -> None:
    table = rich.table.Table(_("what is made"), _("calls"), "USD", _("price"), box=None, pad_edge=False)
    for step in plan.steps:
        table.add_row(step.what, ", ".join(step.calls), f"{step.usd:.2f}" if step.usd else "", step.price)
    console.heading(_("Plan"))
    console.table(table)
    console.say(
        _("In all about ${usd:.2f}, an estimate; `make cloud-clean` deletes everything again.").format(usd=plan.usd)
    )


def _ask(settings: CloudSettings, console: Console, question: str) -> None:
    if settings.yes:
        return
    if not console.is_interactive:
        raise InputError(_("Nobody is there to answer whether to go on; say YES=1, or PLAN=1 to see the plan only."))
    if not console.confirms(question):
        raise InputError(_("Stopped, as you answered; nothing was created."))


def _wants_clean_up(settings: CloudSettings, console: Console, plan: Plan) -> bool:
    if settings.yes:
        return True
    return console.is_interactive and console.confirms(
        _("Delete everything now? The endpoint costs {price}.").format(price=plan.endpoint)
    )


def _preparations(
    aws: Aws, settings: CloudSettings, journal: Journal, pictures: PictureSet, console: Console
) -> tuple[Preparation, ...]:
    def make_role() -> RoleResult:
        return RoleResult(settings.role_arn or Role(aws).make(journal, names.bucket(journal.run_id)))

    def make_team() -> TeamResult:
        if pictures.given is not None or settings.labeler != GROUND_TRUTH:
            return TeamResult("", "")
        return team.make(aws, journal, settings.workers, settings.poll_seconds)

    def publish_images() -> ImagesResult:
        engine = require_engine()
        cuda = own_trainer.wants_cuda(settings.train_instance)
        ensure_images(engine, IMAGES, cuda=cuda, say=console.say)
        return own_trainer.publish(aws, journal, own_trainer.push_with(engine, image_name), console.say)

    preparations = (
        Preparation(RoleResult.stage, make_role),
        Preparation(TeamResult.stage, make_team),
    )
    if settings.trainer != OWN:
        return preparations
    return (*preparations, Preparation(ImagesResult.stage, publish_images))
