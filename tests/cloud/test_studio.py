"""SageMaker Studio: made, opened again, and deleted with all that is in it."""

from __future__ import annotations

import re
from pathlib import Path

from tests.cloud.conftest import Double
from tests.cloud.kit_process import run
from tests.cloud.test_all import client

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
