"""Sessions in member accounts: one for as long as it lasts, clients by service and Region."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from generator.functions import LOOKUPS
from hub.clients import assumed_client
from hub.lookups.access import MemberAccounts

START = datetime(2026, 11, 20, 9, tzinfo=UTC)


class Accounts:
    """STS and a clock, with what was asked of them."""

    def __init__(self) -> None:
        self.now = START
        self.assumed: list[str] = []
        self.made: list[tuple[str, str, str]] = []
        self.under_test = MemberAccounts(self, "muster-read", self._make, lambda: self.now)  # type: ignore[arg-type]

    def assume_role(self, RoleArn: str, RoleSessionName: str) -> Mapping[str, Any]:  # noqa: N803 - boto3's names
        assert RoleSessionName == "muster-lookup"
        self.assumed.append(RoleArn)
        return {"Credentials": {"AccessKeyId": str(len(self.assumed)), "Expiration": self.now + timedelta(hours=1)}}

    def _make(self, service: str, region: str, credentials: Mapping[str, Any]) -> object:
        self.made.append((service, region, credentials["AccessKeyId"]))
        return object()


@pytest.fixture
def accounts() -> Accounts:
    return Accounts()


@pytest.mark.parametrize(
    ("region", "role"),
    [
        ("eu-west-1", "arn:aws:iam::444455556666:role/muster-read"),
        ("us-gov-east-1", "arn:aws-us-gov:iam::444455556666:role/muster-read"),
        ("cn-north-1", "arn:aws-cn:iam::444455556666:role/muster-read"),
    ],
)
def test_the_role_of_the_account_is_assumed_in_its_partition(accounts: Accounts, region: str, role: str) -> None:
    clients = accounts.under_test.clients("444455556666", region)
    assert accounts.assumed == []
    clients("s3")
    assert accounts.assumed == [role]


def test_a_session_serves_every_service_and_region_and_a_client_every_look_up(accounts: Accounts) -> None:
    clients = accounts.under_test.clients("444455556666", "eu-west-1")
    assert clients("s3") is clients("s3")
    accounts.under_test.clients("444455556666", "us-east-1")("s3")
    clients("ec2")
    assert accounts.made == [("s3", "eu-west-1", "1"), ("s3", "us-east-1", "1"), ("ec2", "eu-west-1", "1")]


def test_a_session_that_is_about_to_end_is_replaced_with_its_clients(accounts: Accounts) -> None:
    clients = accounts.under_test.clients("444455556666", "eu-west-1")
    clients("s3")
    accounts.now += timedelta(minutes=59)
    clients("s3")
    assert accounts.made == [("s3", "eu-west-1", "1"), ("s3", "eu-west-1", "2")]


def test_only_so_many_accounts_are_kept(accounts: Accounts) -> None:
    for number in range(20):
        accounts.under_test.clients(f"{number:012}", "eu-west-1")("s3")
    accounts.under_test.clients(f"{19:012}", "eu-west-1")("s3")
    assert len(accounts.assumed) == 20
    accounts.under_test.clients(f"{0:012}", "eu-west-1")("s3")
    assert len(accounts.assumed) == 21


def test_an_endpoint_that_nobody_reaches_leaves_the_function_time_to_say_so() -> None:
    keys = {"AccessKeyId": "testing", "SecretAccessKey": "testing", "SessionToken": "testing"}
    config = assumed_client("ec2", "eu-central-1", keys).meta.config
    attempts = config.retries["total_max_attempts"]
    assert attempts * (config.connect_timeout + config.read_timeout) < LOOKUPS.timeout / 2
