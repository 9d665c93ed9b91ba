"""PagerDuty gets one alert of a thread, within what its Events API takes."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec
import pytest

from contract.finding import Finding, Severity
from hub.channels.channel import ChannelError
from hub.channels.pagerduty import PagerdutyChannel, pagerduty_event
from hub.channels.secrets import Secrets
from hub.channels.settings import Pagerduty
from hub.notifier.notification import Kind, Link, Notification

if TYPE_CHECKING:
    from tests.hub.channels.conftest import Receiver, Vault

Told = Callable[..., Notification]
SETTINGS = Pagerduty(name="p", secret="muster/pagerduty")


def test_an_alert_says_what_where_and_how_bad(told: Told) -> None:
    event = pagerduty_event(told(), "key")
    payload = event["payload"]
    assert (event["routing_key"], event["event_action"], event["dedup_key"]) == ("key", "trigger", told().id)
    assert payload["summary"] == "[HIGH] shop-production: Access key created for alice"
    assert payload["source"] == "111122223333"
    assert payload["component"] == "arn:aws:iam::111122223333:user/alice"
    assert payload["class"] == "iam.access_key_created"
    assert payload["custom_details"]["Thread"] == "thread-1"
    assert payload["custom_details"]["Who"] == "bob (sso)"
    assert payload["custom_details"]["How to respond"] == "delete the key."
    assert event["links"][0]["text"] == "Open in Muster"


@pytest.mark.parametrize(
    ("severity", "theirs"),
    [
        (Severity.CRITICAL, "critical"),
        (Severity.HIGH, "error"),
        (Severity.MEDIUM, "warning"),
        (Severity.LOW, "info"),
        (Severity.INFORMATIONAL, "info"),
    ],
)
def test_each_severity_has_its_counterpart(
    told: Told, finding: Callable[..., Finding], severity: Severity, theirs: str
) -> None:
    assert pagerduty_event(told(finding(severity=severity)), "key")["payload"]["severity"] == theirs


def test_a_hostile_finding_stays_in_its_fields(hostile: Notification) -> None:
    event = pagerduty_event(hostile, "key")
    assert len(msgspec.json.encode(event)) <= 512 * 1024
    assert len(event["payload"]["summary"]) <= 1_024
    assert all(one["href"].startswith("https://") for one in event["links"])
    said = msgspec.json.encode(event).decode()
    assert "\u202e" not in said
    assert "\\r" not in said
    assert "\\n" not in said


def test_a_notification_that_nobody_bounded_stays_within_the_limits() -> None:
    long = "x" * 100_000
    facts = {f"fact {number}": long for number in range(1_000)}
    one = Notification(
        id=long, kind=Kind.SUMMARY, subject=long, title=long, facts=facts, links=(Link("x", "javascript:alert(1)"),)
    )
    event = pagerduty_event(one, "key")
    assert len(msgspec.json.encode(event)) <= 512 * 1024
    assert len(event["dedup_key"]) == 255
    assert event["links"] == []


def test_a_summary_is_of_no_single_account(finding: Callable[..., Finding]) -> None:
    one = Notification(id="i", kind=Kind.SUMMARY, subject="s", title="t", findings=(finding(),))
    payload = pagerduty_event(one, "key")["payload"]
    assert (payload["source"], payload["class"], payload["group"]) == ("muster", "summary", "")


def test_a_test_is_recognised(tested: Notification) -> None:
    payload = pagerduty_event(tested, "key")["payload"]
    assert payload["summary"].startswith("[TEST]")
    assert (payload["class"], payload["severity"]) == ("test", "info")


def test_it_is_posted_and_a_digest_pages_nobody(
    receiver: "Receiver", vault: "Vault", secrets: Secrets, told: Told
) -> None:
    receiver.status = 202
    vault.texts["muster/pagerduty"] = "key"
    pagerduty = PagerdutyChannel(SETTINGS, secrets, receiver.address)
    pagerduty.send(Notification(id="i", kind=Kind.DIGEST, subject="s", title="t"))
    assert receiver.came == []
    pagerduty.send(told())
    assert receiver.documents == [pagerduty_event(told(), "key")]


def test_a_key_that_it_does_not_know_is_said_without_it(
    receiver: "Receiver", vault: "Vault", secrets: Secrets, told: Told
) -> None:
    receiver.status, receiver.body = 400, b'{"errors":["\'routing_key\' tell-nobody is wrong"]}'
    vault.texts["muster/pagerduty"] = "tell-nobody"
    with pytest.raises(ChannelError, match="does not know the integration key") as caught:
        PagerdutyChannel(SETTINGS, secrets, receiver.address).send(told())
    assert "tell-nobody" not in str(caught.value)


def test_each_service_region_has_its_address(
    secrets: Secrets, vault: "Vault", told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    posted: list[str] = []
    monkeypatch.setattr("hub.channels.pagerduty.post_json", lambda address, *_, **__: posted.append(address))
    vault.texts["muster/pagerduty"] = "key"
    for region in ("us", "eu"):
        PagerdutyChannel(Pagerduty(name="p", secret="muster/pagerduty", service_region=region), secrets).send(told())
    assert posted == ["https://events.pagerduty.com/v2/enqueue", "https://events.eu.pagerduty.com/v2/enqueue"]
