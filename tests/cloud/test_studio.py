"""SageMaker Studio: made, opened again, and deleted with all that is in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.cloud.conftest import Double
from tests.cloud.kit_process import run
from tests.cloud.test_all import client
from tests.cloud.test_faults import refused

CHOSEN = {"yes": "1", "poll_seconds": "0.1"}


def test_a_domain_is_made_once_opened_twice_and_deleted_whole(tmp_path: Path, double: Double) -> None:
    first = run(tmp_path, double.url, "cloud-studio", **CHOSEN)
    assert first.status == 0, first.said
    address = re.search(r"https://d-\S+", first.said)
    assert address
    journals = list((tmp_path / "runs").glob("studio-*/journal.json"))
    assert address[0] not in journals[0].read_text(), "whoever has it is signed in"
    there = double.left()
    assert len([what for what in there if what.startswith("studio ")]) == 4
    again = run(tmp_path, double.url, "cloud-studio", **CHOSEN)
    assert again.status == 0, again.said
    assert double.left() == there
    assert len(list((tmp_path / "runs").glob("studio-*"))) == 1
    cleaned = run(tmp_path, double.url, "cloud-clean", **CHOSEN)
    assert cleaned.status == 0, cleaned.said
    assert double.left() == []
    deletions = [call["request"] for call in double.calls() if call["operation"] == "DeleteDomain"]
    assert deletions[-1]["RetentionPolicy"] == {"HomeEfsFileSystem": "Delete"}


def test_cut_short_it_is_deleted_as_far_as_it_got(tmp_path: Path, double: Double) -> None:
    double.fails(operation="CreateApp", code="ResourceLimitExceeded", message="The account-level limit is 0.", times=1)
    ended = run(tmp_path, double.url, "cloud-studio", **CHOSEN)
    assert (ended.status, "make cloud-quota" in ended.said) == (4, True), ended.said
    assert double.left() != []
    assert run(tmp_path, double.url, "cloud-clean", **CHOSEN).status == 0
    assert double.left() == []


@pytest.mark.parametrize(
    "gone",
    [
        {"operation": "DeleteApp", "message": "App default has already been deleted."},
        {"operation": "DeleteApp", "message": "App default previously failed and was automatically deleted."},
        {"operation": "DeleteSpace", "message": "Space workshop: RecordNotFound"},
        {"operation": "DeleteUserProfile", "code": "ResourceNotFound", "message": "no such profile"},
    ],
    ids=["app-deleted", "app-failed", "space", "profile"],
)
def test_what_went_by_itself_does_not_keep_the_domain(tmp_path: Path, double: Double, gone: dict[str, str]) -> None:
    """Between the list and the request; so worded by Terraform's provider and by AWS's controller for Kubernetes."""
    assert run(tmp_path, double.url, "cloud-studio", **CHOSEN).status == 0
    double.fails(**{"code": "ValidationException", "times": 1, "after": True, **gone})
    cleaned = run(tmp_path, double.url, "cloud-clean", **CHOSEN)
    assert cleaned.status == 0, cleaned.said
    assert double.left() == []


@pytest.mark.parametrize("command", ["cloud-studio", "cloud-clean"])
def test_an_app_that_failed_is_made_again_or_goes_with_its_domain(tmp_path: Path, double: Double, command: str) -> None:
    double.fails(operation="CreateApp", then="Failed", times=1)
    refused(run(tmp_path, double.url, "cloud-studio", **CHOSEN), 4, "JupyterLab is Failed", "make cloud-clean")
    assert [app["Status"] for app in client(double, "sagemaker").list_apps()["Apps"]] == ["Failed"]
    for each in dict.fromkeys([command, "cloud-clean"]):
        ended = run(tmp_path, double.url, each, **CHOSEN)
        assert ended.status == 0, ended.said
    assert double.left() == []


def test_a_space_that_is_gone_is_made_again_in_whatever_words_sagemaker_says_so(tmp_path: Path, double: Double) -> None:
    assert run(tmp_path, double.url, "cloud-studio", **CHOSEN).status == 0
    sagemaker, said = client(double, "sagemaker"), set[str]()
    (domain,) = (each["DomainId"] for each in sagemaker.list_domains()["Domains"])
    for _ in range(2):
        with pytest.raises(ClientError) as caught:
            sagemaker.describe_space(DomainId=domain, SpaceName="gone")
        said.add(caught.value.response["Error"]["Code"])
    assert said == {"ResourceNotFound", "ValidationException"}, "the double has both, in turn"
    for _ in range(2):
        sagemaker.delete_app(DomainId=domain, SpaceName="workshop", AppType="JupyterLab", AppName="default")
        assert [app["Status"] for app in sagemaker.list_apps()["Apps"]] == ["Deleted"], "listed for a day"
        sagemaker.delete_space(DomainId=domain, SpaceName="workshop")
        opened = run(tmp_path, double.url, "cloud-studio", **CHOSEN)
        assert opened.status == 0, opened.said
    assert run(tmp_path, double.url, "cloud-clean", **CHOSEN).status == 0
    assert double.left() == []


def test_the_security_groups_that_a_domain_leaves_go_although_their_rules_name_each_other(
    tmp_path: Path, double: Double
) -> None:
    """DeleteDomain leaves them, as Terraform's provider has met it."""
    assert run(tmp_path, double.url, "cloud-studio", **CHOSEN).status == 0
    ec2, sagemaker = client(double, "ec2"), client(double, "sagemaker")
    (domain,) = sagemaker.list_domains()["Domains"]
    vpc = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][0]["VpcId"]
    theirs = ec2.create_security_group(GroupName="of-somebody-else", Description="d", VpcId=vpc)["GroupId"]
    inbound, outbound = (
        ec2.create_security_group(
            GroupName=f"security-group-for-{direction}-nfs-{domain['DomainId']}", Description="d", VpcId=vpc
        )["GroupId"]
        for direction in ("inbound", "outbound")
    )
    nfs = {"IpProtocol": "tcp", "FromPort": 2049, "ToPort": 2049}
    named = (
        [{**nfs, "UserIdGroupPairs": [{"GroupId": outbound}]}],
        [{**nfs, "UserIdGroupPairs": [{"GroupId": inbound}]}],
    )
    ec2.authorize_security_group_ingress(GroupId=inbound, IpPermissions=named[0])
    ec2.authorize_security_group_egress(GroupId=outbound, IpPermissions=named[1])
    cleaned = run(tmp_path, double.url, "cloud-clean", **CHOSEN)
    assert cleaned.status == 0, cleaned.said
    there = {group["GroupId"] for group in ec2.describe_security_groups()["SecurityGroups"]}
    assert (theirs in there, there & {inbound, outbound}) == (True, set())
    ec2.delete_security_group(GroupId=theirs)
    assert double.left() == []
