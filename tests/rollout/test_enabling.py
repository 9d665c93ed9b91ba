"""Security Hub switched on for an emulated organization: delegated, configured, followed by accounts that join."""

from collections.abc import Iterator
from typing import Any

import pytest

from generator.delegation.given import delegated
from generator.rollout.removal import removals
from generator.rollout.session import management_session
from tests.rollout.deployed import Rollout, rolling_out
from tests.rollout.driving import HUB, MANAGEMENT

pytestmark = pytest.mark.slow
REGIONS = ("us-east-1", "eu-west-1")
CIS = "cis-aws-foundations-benchmark/v/5.0.0"


@pytest.fixture(scope="module")
def rollout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rollout]:
    with rolling_out(tmp_path_factory.mktemp("enabling"), 1) as running:
        running.change("enable", security_hub=True, config=True, config_bucket="example-organization-config")
        yield running


def standards(rollout: Rollout, account: str, region: str) -> list[str]:
    hub = rollout.client("securityhub", account, region)
    return [one["StandardsArn"] for one in hub.get_enabled_standards()["StandardsSubscriptions"]]


def member_of(rollout: Rollout) -> str:
    (member,) = {account.id for account in rollout.organization.members} - {HUB}
    return member


def test_without_delegation_it_says_who_must_give_it_and_the_spokes_come_all_the_same(rollout: Rollout) -> None:
    assert any(one.what == "Security Hub's central configuration" for one in rollout.planned())
    failed = [one for one in rollout.deploy() if one.is_failure]
    assert failed
    assert all("Security Hub" in one.what and "`muster delegate`" in one.detail for one in failed)
    assert all("enable.security_hub of muster.toml" in one.detail for one in failed)
    assert {state for _, _, state in rollout.instances()} == {"CURRENT"}


def test_the_management_account_names_the_hub_in_every_region(rollout: Rollout) -> None:
    config = rollout.config.model_copy(
        update={"aws": rollout.config.aws.model_copy(update={"management_profile": "management"})}
    )
    session: Any = management_session(config, rollout.organization.config.parent)
    given = [one for one in delegated(config, session) if "Security Hub in" in one.what]
    assert [one.state for one in given] == ["done"] * len(REGIONS)
    again = [one for one in delegated(config, session) if "Security Hub" in one.what]
    assert {one.state for one in again} == {"already so"}


def test_every_account_is_checked_by_the_standards_of_the_settings(rollout: Rollout) -> None:
    assert not [one for one in rollout.deploy() if one.is_failure]
    for account in (HUB, member_of(rollout)):
        for region in REGIONS:
            assert sum(CIS in one for one in standards(rollout, account, region)) == 1
            assert len(standards(rollout, account, region)) == 2
    (aggregator,) = rollout.client("securityhub", HUB).list_finding_aggregators()["FindingAggregators"]
    linked = rollout.client("securityhub", HUB).get_finding_aggregator(**aggregator)
    assert (linked["RegionLinkingMode"], linked["Regions"]) == ("SPECIFIED_REGIONS", ["eu-west-1"])


def test_aws_config_records_in_every_account_and_region_by_a_recorder_of_its_own(rollout: Rollout) -> None:
    for account in (HUB, member_of(rollout)):
        for region in REGIONS:
            config = rollout.client("config", account, region)
            (recorder,) = config.describe_configuration_recorders()["ConfigurationRecorders"]
            assert recorder["name"] == "muster-spoke-recorder"
            assert recorder["recordingGroup"]["includeGlobalResourceTypes"] is (region == "us-east-1")
            (status,) = config.describe_configuration_recorder_status()["ConfigurationRecordersStatus"]
            assert status["recording"]
            (channel,) = config.describe_delivery_channels()["DeliveryChannels"]
            assert channel["s3BucketName"] == "example-organization-config"
    assert {one.detail for one in rollout.statuses() if one.account in {HUB, member_of(rollout)}} == {""}


def test_a_second_rollout_finds_nothing_to_do(rollout: Rollout) -> None:
    assert rollout.planned() == []
    assert {one.state for one in rollout.deploy() if "Security Hub" in one.what} == {"unchanged"}


def test_standards_that_people_add_to_the_policy_stay(rollout: Rollout) -> None:
    client = rollout.client("securityhub", HUB)
    (policy,) = client.list_configuration_policies()["ConfigurationPolicySummaries"]
    chosen = client.get_configuration_policy(Identifier=policy["Id"])["ConfigurationPolicy"]["SecurityHub"]
    (ours,) = (one for one in chosen["EnabledStandardIdentifiers"] if CIS in one)
    chosen["EnabledStandardIdentifiers"].append(ours.replace("5.0.0", "3.0.0"))
    client.update_configuration_policy(Identifier=policy["Id"], ConfigurationPolicy={"SecurityHub": chosen})
    assert not [one for one in rollout.deploy() if one.is_failure]
    assert len(standards(rollout, member_of(rollout), "eu-west-1")) == 3


def test_an_uninstall_says_that_it_stays(rollout: Rollout) -> None:
    kept = [one.what for one in removals(rollout.config, rollout.sessions) if one.action == "keep"]
    assert "Security Hub of the organization" in kept


def test_an_account_that_joins_is_checked_too(rollout: Rollout) -> None:
    organizations = rollout.client("organizations", MANAGEMENT)
    made = organizations.create_account(Email="new@example.com", AccountName="new")["CreateAccountStatus"]["AccountId"]
    assert sum(CIS in one for one in standards(rollout, made, "us-east-1")) == 1
