"""Answers of AWS without what its service models do not promise: a run needs little of it, and says what it lacks."""

from __future__ import annotations

import re
from pathlib import Path

from tests.cloud.conftest import Double
from tests.cloud.kit_process import run
from tests.cloud.short_run import settings

STUDIO = {"yes": "1", "poll_seconds": "0.1"}
# What there is no going on without, by operation and member: whose account it is, and by what things are asked for.
WHO = {"GetCallerIdentity.Account", "GetCallerIdentity.Arn"}
OF_A_RUN = WHO | {
    "GetObject.ETag", "CreateUserPool.UserPool", "CreateUserPoolClient.UserPoolClient",
    "ListUserPoolClients.ClientName", "ListUserPoolClients.ClientId",
}  # fmt: skip
OF_ITS_CLEAN_UP = WHO | {
    "HeadObject.ContentLength", "ListObjectVersions.Key", "ListObjectVersions.VersionId", "ListUserPools.Name",
    "ListUserPools.Id", "DescribeUserPool.UserPool", "DescribeLogStreams.logStreamName", "ListBuckets.Name",
}  # fmt: skip
OF_STUDIO = WHO | {
    "DescribeVpcs.VpcId", "DescribeSubnets.SubnetId", "ListDomains.DomainName", "ListDomains.DomainId",
    "DescribeDomain.Status", "DescribeUserProfile.Status", "DescribeSpace.Status", "DescribeApp.Status",
    "CreatePresignedDomainUrl.AuthorizedUrl",
}  # fmt: skip
OF_STUDIOS_CLEAN_UP = WHO | {
    "ListDomains.DomainName", "ListDomains.DomainId", "ListApps.Status", "ListApps.AppType", "ListApps.AppName",
    "ListSpaces.SpaceName", "ListUserProfiles.UserProfileName", "ListAttachedRolePolicies.PolicyArn",
    "ListBuckets.Name",
}  # fmt: skip


def lacked(folder: Path, double: Double, command: str, chosen: dict[str, str]) -> set[str]:
    """The optional members that a command needs to come to its end, each of which it has said that it lacks."""
    there: set[str] = set()
    while True:
        ended = run(folder, double.url, command, optional=there, **chosen)
        assert "Traceback" not in ended.said
        said = {".".join(each) for each in re.findall(r"AWS's answer to (\w+) has no (\w+)", ended.said)}
        if ended.status == 0:
            assert not said, ended.said
            return there
        assert said - there, ended.said
        there |= said


def test_a_run_says_what_it_lacks_and_goes_on_once_it_is_there(tmp_path: Path, double: Double, pictures: Path) -> None:
    assert lacked(tmp_path, double, "cloud", settings(pictures)) == OF_A_RUN | OF_ITS_CLEAN_UP
    assert double.left() == []


def test_a_clean_up_says_what_it_lacks_and_deletes_all_once_it_is_there(
    tmp_path: Path, double: Double, pictures: Path
) -> None:
    double.fails(operation="InvokeEndpoint", code="ModelError", message="no", times=100)
    assert run(tmp_path, double.url, "cloud", **settings(pictures)).status == 4
    assert lacked(tmp_path, double, "cloud-clean", settings(pictures)) == OF_ITS_CLEAN_UP
    assert double.left() == []


def test_studio_says_what_it_lacks_and_opens_once_it_is_there(tmp_path: Path, double: Double) -> None:
    assert lacked(tmp_path, double, "cloud-studio", STUDIO) == OF_STUDIO
    assert lacked(tmp_path, double, "cloud-clean", STUDIO) == OF_STUDIOS_CLEAN_UP
    assert double.left() == []
