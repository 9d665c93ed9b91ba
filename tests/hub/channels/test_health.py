"""Troubles with channels are said in words, each without hiding another."""

from collections.abc import Callable
from typing import Any

import pytest

from contract.finding import Severity
from hub.channels.health import troubles
from hub.channels.secrets import Secrets
from hub.channels.settings import ChannelSettings, Email, Slack
from tests.hub.channels.conftest import NOW

EMAIL = Email(name="email", sender="m@example.com", recipients=("a@other.example",))


@pytest.fixture
def looked(aws: Callable[[str], Any]) -> Callable[..., list[tuple[str, str]]]:
    def look(*channels: ChannelSettings, topics: tuple[str, ...] = ()) -> list[tuple[str, str]]:
        def read(name: str) -> str:
            return Secrets(aws("secretsmanager"), lambda: NOW).renewed(name)

        return [(one.channel, one.text) for one in troubles(channels, topics, aws, read, "eu-central-1")]

    return look


def test_an_unverified_sender_is_said(looked: Callable[..., list[tuple[str, str]]]) -> None:
    found = looked(EMAIL)
    assert ("email", "neither m@example.com nor example.com is verified in SES in eu-central-1") in found


def test_a_missing_secret_is_said_and_one_that_is_there_is_not(
    aws: Any, looked: Callable[..., list[tuple[str, str]]]
) -> None:
    slack = Slack(name="slack", secret="muster/slack", minimum_severity=Severity.HIGH)
    assert looked(slack) == [
        ("slack", "there is no secret muster/slack; make it in Secrets Manager of the hub's account and Region")
    ]
    aws("secretsmanager").create_secret(Name="muster/slack", SecretString="https://hooks.example.com/x")
    assert looked(slack) == []


def test_what_cannot_be_looked_at_hides_nothing_else(looked: Callable[..., list[tuple[str, str]]]) -> None:
    slack = Slack(name="slack", secret="muster/slack")
    found = looked(slack, topics=("arn:aws:sns:eu-central-1:123456789012:gone",))
    assert [name for name, _ in found] == ["slack", "gone"]
    assert found[1][1].startswith("could not look: ")
