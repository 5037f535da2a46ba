"""The plan of a run: everything it will make and send, with the price, before any of it is done."""

from __future__ import annotations

from dataclasses import dataclass

from kit.aws import prices
from kit.aws.jumpstart import JumpStartModel
from kit.aws.prices import Price
from kit.aws.resources.workforce import Workforce
from kit.aws.session import Aws
from kit.language import _
from kit.settings import GROUND_TRUTH, OWN, CloudSettings
from kit.training_settings import most_minutes, reckoned_minutes


@dataclass(frozen=True)
class Step:
    """Something made on AWS: the calls that write, and what it costs.

    Attributes:
        usd: how much in all; 0 for what is free.
    """

    what: str
    calls: tuple[str, ...]
    usd: float = 0.0
    price: str = ""


@dataclass(frozen=True)
class Plan:
    """The steps in order; `prices` are those of training and endpoint instance."""

    steps: tuple[Step, ...]
    training: Price
    endpoint: Price

    @property
    def usd(self) -> float:
        return sum(step.usd for step in self.steps)


def make(aws: Aws, settings: CloudSettings, model: JumpStartModel, pictures: int, to_label: int) -> Plan:
    """Asks for the prices and for what is there already; writes nothing.

    Args:
        to_label: how many of the pictures people are asked about.
    """
    training = prices.instance_price(aws, settings.train_instance, prices.TRAINING)
    endpoint = prices.instance_price(aws, settings.endpoint_instance, prices.HOSTING)
    hours, reckoned = settings.endpoint_hours, reckoned_minutes(settings, pictures)
    steps = [
        *_role(settings),
        *_team(aws, settings, to_label),
        Step(
            _("bucket with {count} pictures: encrypted, closed to the public, readable by the labelling page").format(
                count=pictures
            ),
            (
                "CreateBucket",
                "PutPublicAccessBlock",
                "PutBucketEncryption",
                "PutBucketCors",
                "PutBucketTagging",
                "PutObject",
            ),
        ),
        *_labelling(settings, to_label),
        *_images(settings),
        Step(_("data set for JumpStart in the same bucket"), ("CopyObject", "PutObject")),
        Step(
            _("training job: {model} on {instance}, epochs: {epochs}").format(
                model=f"{model.model_id} {model.version}", epochs=settings.epochs, instance=settings.train_instance
            )
            + (_(", spot") if settings.spot else ""),
            ("CreateTrainingJob",),
            training.of(reckoned / 60),
            _("{price}; reckoned with {likely:.0f} minutes, stopped after {most:g} ({source})").format(
                price=training, likely=reckoned, most=most_minutes(settings, pictures), source=training.source
            ),
        ),
        Step(
            _("endpoint on {instance}").format(instance=settings.endpoint_instance),
            ("CreateModel", "CreateEndpointConfig", "CreateEndpoint", "InvokeEndpoint"),
            endpoint.of(hours),
            _("{price} until it is deleted; reckoned with {hours:g} h ({source})").format(
                price=endpoint, hours=hours, source=endpoint.source
            ),
        ),
    ]
    return Plan(tuple(steps), training, endpoint)


def _role(settings: CloudSettings) -> list[Step]:
    return [] if settings.role_arn else [Step(_("execution role for this run"), ("CreateRole", "PutRolePolicy"))]


def _team(aws: Aws, settings: CloudSettings, to_label: int) -> list[Step]:
    if not to_label or settings.labeler != GROUND_TRUTH or not settings.workers:
        return []
    people = _("invitations to {count} by e-mail").format(count=len(settings.workers))
    if Workforce(aws).existing() is not None:
        calls: tuple[str, ...] = ("CreateGroup", "CreateWorkteam", "AdminCreateUser", "AdminAddUserToGroup")
        return [Step(_("work team in the region's workforce, {people}").format(people=people), calls)]
    calls = (
        "CreateUserPool", "CreateUserPoolClient", "CreateUserPoolDomain", "CreateWorkforce", "CreateGroup",
        "CreateWorkteam", "UpdateUserPoolClient", "UpdateUserPool", "AdminCreateUser", "AdminAddUserToGroup",
    )  # fmt: skip
    return [Step(_("user pool, workforce and work team, {people}").format(people=people), calls)]


def _images(settings: CloudSettings) -> list[Step]:
    if settings.trainer != OWN:
        return []
    return [Step(_("the kit's own images in the account's registry"), ("CreateRepository", "PutImage"))]


def _labelling(settings: CloudSettings, to_label: int) -> list[Step]:
    if settings.labeler != GROUND_TRUTH:
        return [Step(_("labelling with Label Studio on this machine"), ("PutObject",))]
    if not to_label:
        return []
    usd = prices.LABELLED_OBJECT * to_label
    return [
        Step(
            _("labelling job") if settings.prelabel is None else _("labelling job, in which people correct boxes"),
            ("CreateLabelingJob",),
            usd,
            _("${usd:.2f} a picture").format(usd=prices.LABELLED_OBJECT),
        )
    ]
