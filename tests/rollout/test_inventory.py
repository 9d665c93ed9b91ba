"""The inventory on the local organization: accounts that come, go and move; spokes that fall silent; overrides."""

import email
import email.policy
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import msgspec
import pytest
from botocore.exceptions import ClientError

from contract.account_settings import settings_digest, settings_key
from contract.clock import iso, now
from contract.finding import Finding
from contract.names import Names
from contract.spoke_events import Heartbeat
from generator.config import Target, load
from generator.generate import generate
from generator.local.organization import LocalOrganization, wait_until_settled
from generator.local.process import start, stop
from generator.rollout.apply import deploy
from generator.rollout.session import open_sessions
from generator.rollout.step import Step
from generator.third_party import ROOT
from hub.organization import placed_accounts
from hub.store.accounts import AccountStore
from hub.store.attributes import number
from hub.store.findings import FindingStore
from hub.store.items import finding_of, item_of
from hub.store.outbox import Outbox
from hub.store.outgoing import Transition
from hub.store.spokes import SpokeStore
from tests.localorg.lambdas import Functions

pytestmark = pytest.mark.slow

NAMES = Names()
HOME, FAR = "us-east-1", "eu-west-1"
PRODUCTION, DEVELOPMENT, SANDBOX = "444455556666", "777788889999", "333333333333"
SKIPPING = settings_digest(b'{"skipped_checks":["trail"]}')
USUAL = settings_digest(b"{}")


@dataclass(frozen=True)
class Rollout:
    """Muster on the accounts below Workloads, with one check less in its development unit."""

    organization: LocalOrganization
    units: dict[str, str]

    def client(self, service: str, account: str, region: str = HOME, **credentials: str) -> Any:
        """Return a client of the account's root, or of whose credentials are given."""
        keys = credentials or {"aws_access_key_id": account, "aws_secret_access_key": "local"}
        return boto3.client(service, region_name=region, endpoint_url=self.organization.endpoint, **keys)

    @property
    def hub(self) -> str:
        return self.organization.hub

    @property
    def findings(self) -> FindingStore:
        return FindingStore(self.client("dynamodb", self.hub), NAMES.findings_table)

    @property
    def accounts(self) -> AccountStore:
        return AccountStore(self.client("dynamodb", self.hub), NAMES.state_table)

    def open(self, detection: str) -> list[Finding]:
        return list(self.findings.read(self.findings.open_ids(detection)).values())

    def refresh(self) -> dict[str, Any]:
        """Let the inventory look, as it does every hour."""
        return self.invoke(self.hub, HOME, NAMES.function("inventory"))

    def beat(self, account: str, region: str) -> Heartbeat:
        """Let a spoke beat and return what the hub then knows of it."""
        self.invoke(account, region, NAMES.spoke_function("heartbeat"))
        wait_until_settled(self.organization, 60)
        return self.heartbeat(account, region)

    def heartbeat(self, account: str, region: str) -> Heartbeat:
        spokes = SpokeStore(self.client("dynamodb", self.hub), NAMES.state_table).all()
        (found,) = [
            one.heartbeat for one in spokes if (one.heartbeat.account, one.heartbeat.region) == (account, region)
        ]
        return found

    def invoke(self, account: str, region: str, function: str) -> Any:
        answer = self.client("lambda", account, region).invoke(FunctionName=function, Payload=b"{}")
        said = json.loads(answer["Payload"].read())
        assert "FunctionError" not in answer, said
        return said

    def move(self, account: str, unit: str) -> None:
        """Move an account as the management account does, and wait for its spokes to come or go."""
        organizations = self.client("organizations", self.organization.management)
        parent = organizations.list_parents(ChildId=account)["Parents"][0]["Id"]
        organizations.move_account(AccountId=account, SourceParentId=parent, DestinationParentId=unit)
        wait_until_settled(self.organization, 60)

    def age(self, account: str, region: str, hours: float) -> None:
        """Make the hub believe that an account was covered long ago and its spoke has not beaten for so long."""
        dynamodb, past = self.client("dynamodb", self.hub), now() - timedelta(hours=hours)
        long_ago = dict.fromkeys((HOME, FAR), iso(past - timedelta(days=1)))
        known = self.accounts.get(account)
        assert known is not None
        self.accounts.write([msgspec.structs.replace(known, covered_since=long_ago)])
        last = self.heartbeat(account, region)
        dynamodb.delete_item(
            TableName=NAMES.state_table, Key={"pk": {"S": "SPOKE"}, "sk": {"S": f"{account}#{region}"}}
        )
        SpokeStore(dynamodb, NAMES.state_table).beat(last, iso(past))

    def close_earlier(self, finding: str, hours: float) -> None:
        """Make the hub believe that it closed a finding so long ago."""
        dynamodb, key = self.client("dynamodb", self.hub), {"id": {"S": finding}}
        item = dynamodb.get_item(TableName=NAMES.findings_table, Key=key)["Item"]
        closed = msgspec.structs.replace(finding_of(item), updated_at=iso(now() - timedelta(hours=hours)))
        assert not closed.is_open
        dynamodb.put_item(TableName=NAMES.findings_table, Item=item_of(closed, number(item, "revision") + 1))

    def emails(self) -> list[Any]:
        sent = self.organization.get(f"/_localorg/emails?account={self.hub}")
        return [email.message_from_string(one["raw"], policy=email.policy.default) for one in sent]


@pytest.fixture(scope="module")
def rollout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rollout]:
    folder = tmp_path_factory.mktemp("inventory")
    organization = start(5, 0, folder, detached=False)
    try:
        yield deployed(organization, folder)
    finally:
        stop(organization)


def deployed(organization: LocalOrganization, folder: Path) -> Rollout:
    rollout = Rollout(organization, {})
    for account in placed_accounts(rollout.client("organizations", organization.hub)):
        rollout.units.update(zip(account.ou_path.split("/"), account.ou_ids, strict=True))
    written = organization.config.read_text().replace(
        f'ous = ["{organization.root}"]', f'ous = ["{rollout.units["Workloads"]}"]'
    )
    written += f'\n[[overrides]]\nous = ["{rollout.units["Development"]}"]\nskipped_checks = ["trail"]\n'
    organization.config.write_text(written)
    config = load(organization.config)
    (folder / "build").mkdir()
    (ROOT / "build" / "cache").mkdir(parents=True, exist_ok=True)
    (folder / "build" / "cache").symlink_to(ROOT / "build" / "cache", target_is_directory=True)
    manifest = generate(config, Target.HOST, folder / "build")
    sessions = open_sessions(config, organization.config.parent)
    steps = list(deploy(config, manifest, folder / "build" / Target.HOST, sessions, poll_seconds=0.1))
    assert [one for one in steps if isinstance(one, Step) and one.is_failure] == []
    wait_until_settled(organization, 60)
    return rollout


def test_an_account_outside_is_uncovered_until_it_is_moved_in(rollout: Rollout) -> None:
    rollout.refresh()
    assert [one.account for one in rollout.open("muster.account_uncovered")] == [SANDBOX]
    (found,) = rollout.open("muster.account_uncovered")
    rollout.move(SANDBOX, rollout.units["Workloads"])
    rollout.refresh()
    assert rollout.open("muster.account_uncovered") == []
    assert rollout.beat(SANDBOX, FAR).settings_hash == USUAL
    rollout.move(SANDBOX, rollout.units["Sandbox"])
    rollout.refresh()
    assert [one.id for one in rollout.open("muster.account_uncovered")] == [found.id]
    assert rollout.open("muster.spoke_silent") == []


def test_a_silent_spoke_is_told_and_closed_by_a_real_heartbeat(rollout: Rollout) -> None:
    rollout.refresh()
    before = len(rollout.emails())
    rollout.age(PRODUCTION, FAR, 5)
    rollout.refresh()
    (found,) = rollout.open("muster.spoke_silent")
    assert (found.account, found.region) == (PRODUCTION, FAR)
    assert rollout.refresh()["changed"] == 0
    wait_until_settled(rollout.organization, 60)
    (told,) = rollout.emails()[before:]
    assert str(told["subject"]).startswith(
        f"[HIGH] shop-production: Spoke of account shop-production in {FAR} is silent: last heartbeat"
    )
    assert "muster status" in told.get_body(("plain",)).get_content()
    rollout.beat(PRODUCTION, FAR)
    rollout.refresh()
    assert rollout.open("muster.spoke_silent") == []
    rollout.close_earlier(found.id, 4)
    rollout.age(PRODUCTION, FAR, 3)
    rollout.refresh()
    wait_until_settled(rollout.organization, 60)
    # Within the quarter of an hour after the first, it waits for others of its kind.
    outbox = Outbox(rollout.client("dynamodb", rollout.organization.hub), NAMES.state_table)
    (again,) = [one for one in outbox.waiting("email") if one.finding == found.id]
    assert again.transition is Transition.REOPENED
    rollout.beat(PRODUCTION, FAR)
    rollout.refresh()
    assert rollout.open("muster.spoke_silent") == []


@pytest.mark.parametrize("region", [HOME, FAR])
def test_an_override_reaches_the_spokes_of_its_unit_and_no_others(rollout: Rollout, region: str) -> None:
    there, elsewhere = rollout.beat(DEVELOPMENT, region), rollout.beat(PRODUCTION, region)
    assert (there.settings_hash, elsewhere.settings_hash) == (SKIPPING, USUAL)
    assert elsewhere.checks.keys() - there.checks.keys() == {"trail"}
    assert there.checks["settings"] == elsewhere.checks["settings"] == ""


def test_an_account_that_joins_later_gets_the_override_and_one_that_closes_loses_its_file(rollout: Rollout) -> None:
    organizations = rollout.client("organizations", rollout.organization.management)
    made = organizations.create_account(Email="later@example.com", AccountName="later")
    account = made["CreateAccountStatus"]["AccountId"]
    rollout.move(account, rollout.units["Development"])
    first = rollout.heartbeat(account, FAR)
    assert (first.settings_hash, first.checks["settings"]) == ("", "")
    rollout.refresh()
    second = rollout.beat(account, FAR)
    assert second.settings_hash == SKIPPING
    assert "trail" not in second.checks
    organizations.close_account(AccountId=account)
    rollout.refresh()
    bucket = NAMES.artefact_bucket(rollout.hub, FAR)
    listed = rollout.client("s3", rollout.hub, FAR).list_objects_v2(Bucket=bucket, Prefix="settings/")["Contents"]
    assert settings_key(DEVELOPMENT) in {one["Key"] for one in listed}
    assert settings_key(account) not in {one["Key"] for one in listed}


def test_nobody_reads_the_settings_of_another_account(rollout: Rollout) -> None:
    bucket = NAMES.artefact_bucket(rollout.hub, HOME)
    reading = {"Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
    caller = Functions(rollout.client, PRODUCTION).acting("curious", reading).aws("s3")
    own = caller.get_object(Bucket=bucket, Key=settings_key(PRODUCTION))["Body"].read()
    assert json.loads(own) == {}
    with pytest.raises(ClientError, match="AccessDenied"):
        caller.get_object(Bucket=bucket, Key=settings_key(DEVELOPMENT))


def test_the_inventory_writes_nothing_when_nothing_changed(rollout: Rollout) -> None:
    rollout.refresh()
    s3, bucket = rollout.client("s3", rollout.hub), NAMES.artefact_bucket(rollout.hub, HOME)

    def written() -> dict[str, datetime]:
        listed = s3.list_objects_v2(Bucket=bucket, Prefix="settings/")["Contents"]
        return {one["Key"]: one["LastModified"] for one in listed}

    before = written()
    time.sleep(1.1)
    assert rollout.refresh()["changed"] == 0
    assert written() == before
