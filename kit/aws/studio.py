"""A SageMaker Studio domain as the console's quick set-up makes it, with a JupyterLab space.

Profile, space and app live in the domain and go with it, so the ledger names the domain alone.
"""

from __future__ import annotations

from collections.abc import Callable

from kit.aws.resources.role import Role
from kit.aws.resources.studio_domain import StudioDomain
from kit.aws.session import Aws
from kit.aws_api import tag_list, unless_missing
from kit.errors import SetupError
from kit.language import _
from kit.run import names
from kit.run.journal import Journal

_PROFILE = _SPACE = "workshop"
_APP = {"AppType": "JupyterLab", "AppName": "default"}
_INSTANCE = "ml.t3.medium"
_POLICY = "AmazonSageMakerFullAccess"


def open_space(aws: Aws, journal: Journal, poll_seconds: float, say: Callable[[str], None]) -> str:
    """Makes what is not there yet and returns an address that opens JupyterLab in a browser, good for five minutes.

    Raises:
        SetupError: the account has no default VPC.
        ServiceError: something does not come up.
        ClientError: AWS refuses.
    """
    sagemaker, name = aws.client("sagemaker"), names.resource(journal.run_id)
    domains = StudioDomain(aws, poll_seconds)
    if domains.find(name) is None:
        vpc, subnets = _default_network(aws)
        domains.make(journal, name, Role(aws).make_managed(journal, name, _POLICY), vpc, subnets)
    domain = str(domains.find(name))
    say(_("  domain (this takes minutes)"))
    what = _("Studio domain {name}").format(name=name)
    domains.wait_for(lambda: sagemaker.describe_domain(DomainId=domain), what)
    here, tagged = {"DomainId": domain}, {"Tags": tag_list(names.tags(journal.run_id))}
    if unless_missing(sagemaker.describe_user_profile, **here, UserProfileName=_PROFILE) is None:
        sagemaker.create_user_profile(**here, UserProfileName=_PROFILE, **tagged)
    say(_("  user profile"))
    domains.wait_for(
        lambda: sagemaker.describe_user_profile(**here, UserProfileName=_PROFILE), _("Studio's user profile")
    )
    if unless_missing(sagemaker.describe_space, **here, SpaceName=_SPACE) is None:
        sagemaker.create_space(
            **here,
            SpaceName=_SPACE,
            OwnershipSettings={"OwnerUserProfileName": _PROFILE},
            SpaceSharingSettings={"SharingType": "Private"},
            SpaceSettings={
                "AppType": "JupyterLab",
                "JupyterLabAppSettings": {"DefaultResourceSpec": {"InstanceType": _INSTANCE}},
            },
            **tagged,
        )
    say(_("  JupyterLab space"))
    domains.wait_for(lambda: sagemaker.describe_space(**here, SpaceName=_SPACE), _("Studio's space"))
    app = unless_missing(sagemaker.describe_app, **here, SpaceName=_SPACE, **_APP)
    if app is None or app["Status"] in ("Deleted", "Failed"):
        sagemaker.create_app(**here, SpaceName=_SPACE, **_APP, ResourceSpec={"InstanceType": _INSTANCE}, **tagged)
    domains.wait_for(lambda: sagemaker.describe_app(**here, SpaceName=_SPACE, **_APP), "JupyterLab")
    url: str = sagemaker.create_presigned_domain_url(**here, UserProfileName=_PROFILE, SpaceName=_SPACE)[
        "AuthorizedUrl"
    ]
    return url


def _default_network(aws: Aws) -> tuple[str, list[str]]:
    ec2 = aws.client("ec2")
    vpcs = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
    if not vpcs:
        raise SetupError(
            _(
                "The account has no default VPC in {region}, which Studio's quick set-up uses; make one with "
                "`aws ec2 create-default-vpc`."
            ).format(region=aws.region)
        )
    vpc = vpcs[0]["VpcId"]
    # Others that somebody has put into it may be private, without a way to the internet.
    filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "default-for-az", "Values": ["true"]}]
    subnets = ec2.describe_subnets(Filters=filters)["Subnets"]
    if not subnets:
        raise SetupError(
            _(
                "The default VPC {vpc} in {region} has no default subnet; make one with "
                "`aws ec2 create-default-subnet --availability-zone {region}a`."
            ).format(vpc=vpc, region=aws.region)
        )
    return vpc, [subnet["SubnetId"] for subnet in subnets]
