"""The cloud track from the first command to the report: preflight, plan, question, stages, clean-up."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import functools
import hashlib
import secrets
import socket
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import rich.table
from botocore.exceptions import ClientError

from kit import browser
from kit.atomic_file import write_atomically
from kit.aws import own_trainer, preflight, team
from kit.aws import plan as planning
from kit.aws.assembly import NO_ALGORITHM, assemble, model_record, recorded_version
from kit.aws.labelling_here import labelling_here
from kit.aws.plan import Plan
from kit.aws.resources.image_repository import IMAGES
from kit.aws.resources.role import Role
from kit.aws.session import Aws, open_account, told
from kit.aws_api import AwsApi
from kit.console import Console
from kit.errors import InputError
from kit.language import _
from kit.local_cloud.docker.engine import require_engine
from kit.local_cloud.docker.images import ensure_images, image_name
from kit.run import contents, earlier_labels, invitations, names, opening, summary
from kit.run.chosen import with_settings_of_its_run
from kit.run.folder import RunFolder, require_space
from kit.run.journal import Journal
from kit.run.picture_set import PictureSet
from kit.run.results import EndpointResult, ImagesResult, LabellingResult, PrelabelResult, RoleResult, TeamResult
from kit.s3_uri import bucket_and_key
from kit.serving.server import bound
from kit.setting_types import S3Address
from kit.settings import GROUND_TRUTH, LABEL_STUDIO, OWN, CloudSettings, ResolvedSettings
from kit.tracks import doctor, driver, prelabelling
from kit.tracks.assisting import assistance
from kit.tracks.clean import clean_up, write_report
from kit.tracks.driver import Preparation
from kit.tracks.keeping import AWS_WATCH_SECONDS, keep_open, pieces_of


def run(resolved: ResolvedSettings[CloudSettings], console: Console) -> None:
    """Runs the workshop on AWS, or goes on with the run that was cut short.

    Raises:
        KitError: see `driver.run_stages`; the same call goes on from the stage that failed.
    """
    resolved = with_settings_of_its_run(resolved, opening.CLOUD)
    settings = resolved.settings
    require_space(settings.runs)
    aws = open_account(settings.region)
    settings = prelabelling.named(_with_files(settings, aws))
    resolved = dataclasses.replace(resolved, settings=settings)
    pictures = earlier_labels.collect(settings, console)
    if settings.prelabel is not None:
        pictures = dataclasses.replace(pictures, goes_on=pictures.given is not None)
    helped = assistance(settings, pictures)

    def same(folder: RunFolder) -> bool:
        return not contents.since(folder.contents, pictures)

    begun = opening.unfinished(resolved, opening.CLOUD, aws.identity, same=same)
    prepared = _prepared(begun, same)
    prelabels = None if prepared else prelabelling.look(settings, pictures, console)
    # A run keeps the version of the model that it was begun with.
    version = recorded_version(begun[0].model_record) if begun else None
    has_team = begun is not None and begun[1].is_finished(TeamResult.stage)
    for_a_run = not (settings.plan or has_team)
    findings, found = preflight.look(
        aws, settings, pictures.labels, version or "*", labelled=not pictures.needs_labelling, for_a_run=for_a_run
    )
    doctor.show(findings, console)
    model = doctor.fit(findings, found)
    preflight.require_hyperparameters(resolved, model)
    with told():
        to_label = len(pictures.pictures) if pictures.needs_labelling else 0
        if (beginning := prelabels or prepared) is not None:
            to_label = beginning.pictures
        plan = planning.make(aws, settings, model, len(pictures.pictures), to_label)
    _show(plan, console)
    if settings.plan:
        console.say(_("PLAN=1: nothing was created."))
        return
    # With other pictures than before it costs as much as a new run does.
    if begun is None or not same(begun[0]):
        _ask(settings, console, _("Go on, for about ${usd:.2f}?").format(usd=plan.usd))
    name = f"{'rehearsal' if aws.is_stand_in else opening.CLOUD}-{secrets.token_hex(2)}"
    with contextlib.ExitStack() as opened:
        listener = opened.enter_context(bound(settings.host, settings.port)) if settings.keep else None
        run = opening.open_run(resolved, opening.CLOUD, console, where=aws.identity, same=same, name=name)
        folder, journal = opened.enter_context(run)
        reason = _("{region}, in place of AWS {url}") if aws.is_stand_in else "{region}"
        journal.runs_on("aws", reason.format(region=aws.region, url=aws.endpoint_url))
        algorithm = model.algorithm
        if settings.trainer == OWN:
            algorithm = own_trainer.in_registry(aws, algorithm, folder.run_id)
        # Before any job is created: what it will be given.
        write_atomically(folder.model_record, model_record(dataclasses.replace(model, algorithm=algorithm)))
        preparations = _preparations(aws, settings, folder, journal, pictures, console)
        if prelabels is not None:
            # What an earlier attempt has found was on other pictures.
            journal.outdate((PrelabelResult.stage,))
            write = functools.partial(prelabels.write, folder, pictures.labels, console)
            preparations = (Preparation(PrelabelResult.stage, write), *preparations)

        @contextlib.contextmanager
        def cloud(pictures: PictureSet) -> Iterator[AwsApi]:
            assembled = assemble(aws, settings, journal, algorithm)
            by_people_here = settings.labeler == LABEL_STUDIO and pictures.needs_labelling
            if not by_people_here or journal.is_finished(LabellingResult.stage):
                yield assembled
                return
            with labelling_here(
                assembled,
                aws,
                folder.local_cloud,
                settings.label_studio_port,
                settings.host,
                settings.workers,
                helped,
                console.say,
            ) as labelled_here:
                yield labelled_here

        before_clean_up = driver.STAGES[:-1]
        driver.run_stages(
            settings, pictures, folder, journal, console, cloud, preparations=preparations, stages=before_clean_up
        )
        driver.tell_score(console, journal)
        console.say(_("Drawings:   {path}").format(path=folder.detections))
        facts = write_report(folder, journal, plan.training, plan.endpoint, resolved.origins)
        console.say(_("Report:     {path}").format(path=folder.report))
        browser.open_page(folder.report.as_uri(), console, wanted=settings.browser)
        time_is_up = listener is not None and _keep_open(aws, settings, folder, journal, console, listener, plan)
        if not time_is_up and not _wants_clean_up(settings, console, plan):
            console.heading(
                _("The endpoint goes on and costs {price}; `make cloud-clean` deletes it and all the rest.").format(
                    price=plan.endpoint
                )
            )
            return
        left = clean_up(aws, settings, folder, journal, console)
        facts = write_report(folder, journal, plan.training, plan.endpoint, resolved.origins)
        summary.write(folder, facts)
    spent = _("On AWS it would have cost about ${usd:.2f}") if aws.is_stand_in else _("Spent:      about ${usd:.2f}")
    console.say(spent.format(usd=facts["spent_usd"]))
    console.say(_("Left behind: {what}").format(what=", ".join(left) or _("nothing")))


def _keep_open(
    aws: Aws,
    settings: CloudSettings,
    folder: RunFolder,
    journal: Journal,
    console: Console,
    listener: socket.socket,
    plan: Plan,
) -> bool:
    """The page before the endpoint, until Ctrl-C or the endpoint is ENDPOINT_HOURS old; whether it is."""
    endpoint = journal.result(EndpointResult).endpoint
    entered = next(each.entered for each in journal.existing() if (each.kind, each.name) == (names.ENDPOINT, endpoint))
    age = datetime.datetime.now(datetime.timezone.utc) - datetime.datetime.fromisoformat(entered)
    console.heading(
        _("KEEP=1: the endpoint costs {price}, and is deleted when it is {hours:g} h old (ENDPOINT_HOURS).").format(
            price=plan.endpoint, hours=settings.endpoint_hours
        )
    )
    time_is_up = keep_open(
        assemble(aws, settings, journal, NO_ALGORITHM),
        endpoint,
        folder,
        journal,
        console,
        listener,
        browse=settings.browser,
        pieces=functools.partial(pieces_of, aws),
        watch_seconds=AWS_WATCH_SECONDS,
        price=str(plan.endpoint),
        seconds=3600 * settings.endpoint_hours - age.total_seconds(),
    )
    if time_is_up:
        console.say(_("The endpoint is {hours:g} h old: it is deleted.").format(hours=settings.endpoint_hours))
    return time_is_up


def _prepared(begun: tuple[RunFolder, Journal] | None, same: Callable[[RunFolder], bool]) -> PrelabelResult | None:
    """What the run that goes on keeps of the boxes to begin from, unless its pictures have changed since."""
    if begun is None or not begun[1].is_finished(PrelabelResult.stage):
        return None
    # A run that is being cleaned up has nothing left that other pictures could change.
    return begun[1].result(PrelabelResult) if names.CLEAN_UP in begun[1].stages or same(begun[0]) else None


def _with_files(settings: CloudSettings, aws: Aws) -> CloudSettings:
    """The settings, with labels that are in S3 as files."""
    if isinstance(settings.annotations, S3Address):
        file = _fetched(aws, "ANNOTATIONS", settings.annotations, settings.runs)
        settings = dataclasses.replace(settings, annotations=file)
    if isinstance(settings.prelabel, S3Address):
        file = _fetched(aws, "PRELABEL", settings.prelabel, settings.runs)
        settings = dataclasses.replace(settings, prelabel=str(file))
    return settings


def _fetched(aws: Aws, setting: str, address: S3Address, runs: Path) -> Path:
    """The object as a file, under a name that says what it is a copy of."""
    bucket, key = bucket_and_key(address)
    target = runs / "manifests" / f"{hashlib.sha256(address.encode()).hexdigest()[:16]}.manifest"
    try:
        content = aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    except ClientError as error:
        raise InputError(
            _("{setting}={address} cannot be read: {error}; correct it.").format(
                setting=setting, address=address, error=error
            )
        ) from error
    write_atomically(target, content)
    return target


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
        raise InputError(
            _("There is no terminal to ask on whether to go on; say YES=1, or PLAN=1 to see the plan only.")
        )
    if not console.confirms(question):
        raise InputError(_("Stopped, as you answered; nothing was created."))


def _wants_clean_up(settings: CloudSettings, console: Console, plan: Plan) -> bool:
    if settings.yes:
        return True
    return console.is_interactive and console.confirms(
        _("Delete everything now? The endpoint costs {price}.").format(price=plan.endpoint)
    )


def _preparations(
    aws: Aws, settings: CloudSettings, folder: RunFolder, journal: Journal, pictures: PictureSet, console: Console
) -> tuple[Preparation, ...]:
    def make_role() -> RoleResult:
        return RoleResult(settings.role_arn or Role(aws).make(journal, names.bucket(journal.run_id)))

    def make_team() -> TeamResult:
        if not pictures.needs_labelling or settings.labeler != GROUND_TRUTH:
            return TeamResult("", "")
        made = team.make(aws, journal, settings.workers, settings.poll_seconds)
        if aws.is_stand_in:
            _show_invitations(made.portal, settings.workers, folder, console)
        return made

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


def _show_invitations(portal: str, workers: Sequence[str], folder: RunFolder, console: Console) -> None:
    """Says how the mail of each worker will read, which only Cognito sends, and keeps it as a file."""
    for number, worker in enumerate(workers, start=1):
        target = folder.invitations / f"{number}.eml"
        mail = invitations.mail(portal, worker, _("<made by Cognito>"))
        invitations.keep(target, mail)
        console.say(_("  As {worker} will get it by e-mail ({file}):").format(worker=worker, file=target))
        invitations.show(mail, console)
