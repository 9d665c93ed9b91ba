"""Apprise delivers plain text in which nobody is mentioned."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from contract.finding import Finding
from hub.channels.apprise_ import AppriseChannel, unmentioning
from hub.channels.channel import ChannelError
from hub.channels.secrets import Secrets
from hub.channels.settings import Apprise
from hub.notifier.notification import Notification

if TYPE_CHECKING:
    from tests.hub.channels.conftest import Receiver, Vault

Told = Callable[..., Notification]


@pytest.fixture
def channel(secrets: Secrets, vault: "Vault", receiver: "Receiver") -> AppriseChannel:
    vault.texts["muster/any"] = receiver.address.replace("http://", "json://")
    return AppriseChannel(Apprise(name="any", secret="muster/any"), secrets)


def test_a_service_gets_subject_text_and_how_bad_it_is(
    channel: AppriseChannel, receiver: "Receiver", told: Told
) -> None:
    channel.send(told())
    [made] = receiver.documents
    assert made["title"] == "[HIGH] shop-production: Access key created for alice"
    assert "How to respond\n--------------\n  delete the key." in made["message"]
    assert made["type"] == "failure"


def test_a_hostile_finding_mentions_nobody(
    channel: AppriseChannel, receiver: "Receiver", told: Told, finding: Callable[..., Finding]
) -> None:
    channel.send(told(finding(title="@everyone <!channel> <@U123> <#C1> @here", actor="bob@example.com")))
    [made] = receiver.documents
    for text in (made["title"], made["message"]):
        assert not [one for one in ("@everyone", "<!channel", "<@U", "<#C", "@here") if one in text]
    assert "bob@example.com" in made["message"]


def test_names_with_an_at_sign_stay_as_they_are() -> None:
    text = "alice@example.com used arn:aws:sts::111122223333:assumed-role/Admins/bob@example.com"
    assert unmentioning(text) == text


def test_a_refusal_says_where_to_look(channel: AppriseChannel, receiver: "Receiver", told: Told) -> None:
    receiver.status = 403
    with pytest.raises(ChannelError, match="the service of secret muster/any did not take it") as caught:
        channel.send(told())
    assert "very-secret-part" not in str(caught.value)


def test_an_address_that_apprise_does_not_know_is_said_without_it(
    channel: AppriseChannel, vault: "Vault", told: Told
) -> None:
    vault.texts["muster/any"] = "nothing://tell-nobody"
    with pytest.raises(ChannelError, match="secret muster/any holds no address that Apprise knows") as caught:
        channel.send(told())
    assert "tell-nobody" not in str(caught.value)


def test_a_test_is_recognised(channel: AppriseChannel, receiver: "Receiver", tested: Notification) -> None:
    channel.send(tested)
    [made] = receiver.documents
    assert made["title"].startswith("[TEST]")
    assert made["type"] == "info"
