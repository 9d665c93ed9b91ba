"""Channels on the local organization: each on its own, a broken one in words, and the commands about them."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from contract.clock import iso, now
from contract.finding import Finding, Severity
from contract.names import Names
from generator.config import Config
from generator.doctor import channels as checks
from generator.doctor.diagnosis import Hub, State
from hub.store.accounts import AccountStore
from hub.store.findings import FindingStore
from hub.store.outbox import Outbox
from tests.hub.channels.conftest import Receiver, receiving
from tests.rollout.deployed import Rollout, rolling_out
from tests.rollout.driving import HUB, muster

pytestmark = pytest.mark.slow
NAMES = Names()


@dataclass
class Alerts:
    """A deployed hub with email, Slack and a webhook; the last two are answered here."""

    rollout: Rollout
    slack: Receiver
    webhook: Receiver

    def find(self, *names: str, severity: Severity = Severity.HIGH, detection: str = "iam.user_created") -> None:
        at = iso(now())
        findings = [
            Finding(
                id=name,
                detection=detection,
                title=f"User {name} created",
                severity=severity,
                account=HUB,
                region="us-east-1",
                resource=f"arn:aws:iam::{HUB}:user/{name}",
                first_seen=at,
                updated_at=at,
                observed_at=at,
            )
            for name in names
        ]
        FindingStore(self.rollout.client("dynamodb", HUB), NAMES.findings_table).upsert(findings)
        self.rollout.settle()

    def outbox(self) -> Outbox:
        return Outbox(self.rollout.client("dynamodb", HUB), NAMES.state_table)

    def emails(self) -> list[str]:
        found = self.rollout.organization.get(f"/_localorg/emails?account={HUB}")
        return [str(one["subject"]) for one in found]

    def run(self, *arguments: str) -> tuple[int, str]:
        process = muster(self.rollout, self.rollout.organization.config.with_name("alerts.toml"), *arguments)
        try:
            out, _ = process.communicate(timeout=120)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        return process.returncode, out


@pytest.fixture(scope="module")
def alerts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alerts]:
    with (
        rolling_out(tmp_path_factory.mktemp("alerts"), 1) as running,
        receiving() as slack,
        receiving() as webhook,
    ):
        secrets = running.client("secretsmanager", HUB)
        secrets.create_secret(Name="muster/slack", SecretString=slack.address)
        held = json.dumps({"url": webhook.address, "key": "k3y"})
        secrets.create_secret(Name="muster/webhook", SecretString=held)
        settings = running.organization.config.read_text(encoding="utf-8")
        path = running.organization.config.with_name("alerts.toml")
        more = '[channels.slack]\nsecret = "muster/slack"\n[channels.webhook]\nsecret = "muster/webhook"\n'
        path.write_text(f"{settings}{more}", encoding="utf-8")
        running.config = Config.model_validate(
            {
                **running.config.model_dump(),
                "channels": {
                    **running.config.channels.model_dump(),
                    "slack": {"secret": "muster/slack"},
                    "webhook": {"secret": "muster/webhook"},
                },
            }
        )
        assert not [one for one in running.deploy() if one.is_failure]
        yield Alerts(running, slack, webhook)


def test_every_channel_hears_of_a_finding_once(alerts: Alerts) -> None:
    before = len(alerts.emails())
    alerts.find("alice")
    assert [one for one in alerts.emails()[before:] if "User alice created" in one] == alerts.emails()[before:]
    assert len(alerts.emails()) == before + 1
    (document,) = alerts.webhook.documents
    assert [one["id"] for one in document["findings"]] == ["alice"]
    assert "User alice created" in json.dumps(alerts.slack.documents[0])
    sent = alerts.outbox().sent(iso(now())[:10])
    assert {"email", "slack", "webhook"} <= {one.target for one in sent}


def test_the_next_ones_of_the_kind_wait_to_be_told_together(alerts: Alerts) -> None:
    alerts.find("bob", "carol")
    assert sorted(one.finding for one in alerts.outbox().waiting("slack")) == ["bob", "carol"]
    assert len(alerts.slack.documents) == 1


def test_a_broken_channel_silences_no_other_and_says_why(alerts: Alerts) -> None:
    alerts.slack.status, alerts.slack.body = 404, b"no_service"
    before = len(alerts.webhook.documents)
    alerts.find("dave", detection="iam.access_key_created")
    assert [one["findings"][0]["id"] for one in alerts.webhook.documents[before:]] == ["dave"]
    state = alerts.outbox().states()["slack"]
    assert state.failing_since
    assert "404 (no_service): the Slack webhook was revoked" in state.failure
    (waiting,) = [one for one in alerts.outbox().waiting("slack") if one.finding == "dave"]
    assert (waiting.attempts, bool(waiting.message)) == (1, True)


def test_doctor_says_which_channel_fails(alerts: Alerts) -> None:
    def client(service: str, region_name: str) -> Any:
        return alerts.rollout.client(service, HUB, region_name)

    hub = Hub(alerts.rollout.config, client)
    said = checks.delivery(hub)
    assert said.state is State.FAILED
    assert "slack since" in said.detail
    assert checks.secrets(hub).state is State.WELL


def test_notify_test_says_which_channels_took_it(alerts: Alerts) -> None:
    code, out = alerts.run("notify", "test", "--json")
    said = {one["channel"]: one["error"] for one in json.loads(out)}
    assert code == 1
    assert (said["email"], said["webhook"]) == (None, None)
    assert "the Slack webhook was revoked" in said["slack"]
    assert any(one.startswith("[TEST] ") for one in alerts.emails())
    code, out = alerts.run("notify", "test", "webhook")
    assert (code, "✓ webhook took it" in out) == (0, True)


def test_route_test_says_who_hears_of_a_stored_finding(alerts: Alerts) -> None:
    finding = "0123456789abcdef0123456789abcdef"
    alerts.find(finding, severity=Severity.LOW)
    code, out = alerts.run("route", "test", finding, "--json")
    said = json.loads(out)
    assert (code, said["hears"]) == (0, [])
    assert {one["why"] for one in said["answers"]} == {
        f"channel {name} has a minimum_severity of MEDIUM" for name in ("email", "slack", "webhook")
    }


def test_the_hourly_look_leaves_what_is_wrong_for_the_dashboard(alerts: Alerts) -> None:
    client = alerts.rollout.client("lambda", HUB)
    answer = client.invoke(FunctionName="muster-channel-check", Payload=b"{}")
    assert "FunctionError" not in answer
    assert json.loads(answer["Payload"].read())["troubles"] >= 0
    assert AccountStore(alerts.rollout.client("dynamodb", HUB), NAMES.state_table).all()


def test_a_digest_is_made_where_one_is_due_and_never_twice(alerts: Alerts) -> None:
    client = alerts.rollout.client("lambda", HUB)
    for _ in range(2):
        answer = client.invoke(FunctionName="muster-digest", Payload=b"{}")
        assert "FunctionError" not in answer, answer["Payload"].read()
    alerts.rollout.settle()
    digests = [one for one in alerts.emails() if one.startswith("Muster weekly")]
    assert len(digests) <= 1
