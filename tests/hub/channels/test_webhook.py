"""A webhook gets JSON that only who has the key can have written, as docs/webhook.md says."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from contract.finding import Finding
from hub.channels.channel import ChannelError
from hub.channels.document import document, encoded
from hub.channels.secrets import Secrets
from hub.channels.settings import Webhook
from hub.channels.webhook import WebhookChannel
from hub.notifier.notification import Kind, Notification
from tests.hub.channels.conftest import NOW

if TYPE_CHECKING:
    from tests.hub.channels.conftest import Receiver, Vault

Told = Callable[..., Notification]
DOCS = (Path(__file__).parents[3] / "docs" / "webhook.md").read_text(encoding="utf-8")


@pytest.fixture
def webhook(secrets: Secrets) -> WebhookChannel:
    return WebhookChannel(Webhook(name="w", secret="muster/webhook"), secrets, lambda: NOW)


def kept(address: str, key: str) -> str:
    return msgspec.json.encode({"url": address, "key": key}).decode()


@pytest.fixture
def documented() -> Callable[..., bool]:
    """The check that docs/webhook.md shows."""
    [code] = re.findall(r"```python\n(.*?)```", DOCS, re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)
    return names["is_from_muster"]  # type: ignore[no-any-return]


def test_the_documented_check_takes_it_and_nothing_else(
    webhook: WebhookChannel,
    receiver: "Receiver",
    vault: "Vault",
    told: Told,
    documented: Callable[..., bool],
) -> None:
    vault.texts["muster/webhook"] = kept(receiver.address, "k" * 32)
    webhook.send(told())
    [(_, headers, body)] = receiver.came
    header, moment = headers["X-Muster-Signature"], NOW.timestamp()
    assert documented(header, body, "k" * 32, moment)
    assert not documented(header, body + b" ", "k" * 32, moment)
    assert not documented(header, body, "another key", moment)
    assert not documented(header, body, "k" * 32, (NOW + timedelta(minutes=6)).timestamp())
    assert not documented(header.replace("t=", "t=1"), body, "k" * 32, moment)
    assert not documented("nonsense", body, "k" * 32, moment)


def test_what_is_sent_again_has_the_same_delivery(
    webhook: WebhookChannel, receiver: "Receiver", vault: "Vault", told: Told
) -> None:
    vault.texts["muster/webhook"] = kept(receiver.address, "key")
    webhook.send(told())
    webhook.send(told())
    assert [headers["X-Muster-Delivery"] for _, headers, _ in receiver.came] == ["20261120T090000-abc"] * 2
    assert receiver.documents[0] == receiver.documents[1]


def test_a_rotated_key_is_read_anew(webhook: WebhookChannel, receiver: "Receiver", vault: "Vault", told: Told) -> None:
    vault.texts["muster/webhook"] = kept(receiver.address, "old")
    webhook.send(told())
    receiver.status = 401
    vault.texts["muster/webhook"] = kept(receiver.address, "new")
    with pytest.raises(ChannelError):
        webhook.send(told())
    signatures = [headers["X-Muster-Signature"] for _, headers, _ in receiver.came]
    assert len(signatures) == 3
    assert len(set(signatures)) == 2


def test_a_malformed_secret_says_what_belongs_in_it(webhook: WebhookChannel, vault: "Vault", told: Told) -> None:
    vault.texts["muster/webhook"] = "https://example.com/tell-nobody"
    with pytest.raises(ChannelError, match=r'does not hold \{"url": "…", "key": "…"\}') as caught:
        webhook.send(told())
    assert "tell-nobody" not in str(caught.value)


def test_every_field_is_documented(told: Told) -> None:
    made = document(told())
    named = set(re.findall(r"^\| `([a-z_]+)`", DOCS, re.MULTILINE))
    assert set(made) <= named
    assert set(made["findings"][0]) <= named


def test_a_document_counts_what_it_tells_of(told: Told, finding: Callable[..., Finding]) -> None:
    assert document(told())["count"] == 1
    many = document(told(*(finding(f"f{number}") for number in range(30))))
    assert (many["count"], len(many["findings"])) == (30, 20)


def test_a_finding_keeps_what_programs_need_and_no_raw_document(told: Told, finding: Callable[..., Finding]) -> None:
    made = document(told(finding(source={"a": "b"}, customer={"c": "d"}, details={"e": "f"})))
    [one] = made["findings"]
    assert not {"source", "customer", "details"} & set(one)
    assert (one["severity"], one["status"], one["account"]) == ("HIGH", "OPEN", "111122223333")


@pytest.mark.parametrize("most", [512 * 1024, 100_000, 20_000])
def test_a_hostile_notification_is_cut_to_what_fits(hostile: Notification, most: int) -> None:
    body = encoded(hostile, most)
    assert len(body) <= most
    assert msgspec.json.decode(body)["id"] == "20261120T090000-abc"


def test_a_test_is_recognised(
    webhook: WebhookChannel, receiver: "Receiver", vault: "Vault", tested: Notification
) -> None:
    vault.texts["muster/webhook"] = kept(receiver.address, "key")
    webhook.send(tested)
    [made] = receiver.documents
    assert (made["kind"], made["severity"], made["findings"], made["count"]) == (Kind.TEST.value, None, [], 0)
