"""Links in messages: those that act where there are keys, the dashboard's where there are none."""

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from contract.finding import Finding
from hub.actions.token import Grant, Tokens
from hub.notifier import sender
from hub.notifier.links import links_of
from hub.notifier.notification import Link
from hub.notifier.routing import Target
from tests.hub.actions.conftest import KEY, SECRET

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

DASHBOARD = "https://muster.example.com"
PAGE = "https://muster.example.com/findings?finding=f1"


@pytest.fixture
def secrets(aws: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch) -> Iterator["SecretsManagerClient"]:
    """Return a client for the secrets of a sender whose messages hold links that act."""
    environment = {
        "FINDINGS_TABLE": "findings",
        "STATE_TABLE": "state",
        "CHANNEL_QUEUE_URLS": "",
        "ACTION_URL": "https://api.example.com/v1/actions",
        "ACTION_SECRET": SECRET,
        "ACTION_DAYS": "3",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    client = aws("secretsmanager")
    monkeypatch.setattr(sender, "aws_client", lambda _: client)
    for cached in (sender._settings, sender._secrets):
        cached.cache_clear()
    yield client
    for cached in (sender._settings, sender._secrets):
        cached.cache_clear()


def links(finding: Finding, target: str) -> list[Link]:
    return [*links_of(finding, DASHBOARD, sender._actions(Target.parsed(target)))]


def test_a_message_leads_to_the_finding_and_to_what_its_reader_may_do(
    secrets: "SecretsManagerClient", finding: Callable[..., Finding]
) -> None:
    secrets.create_secret(Name=SECRET, SecretString=json.dumps({"previous": "", "current": KEY}))
    page, *acting = links(finding(), "owner/alice@example.com")
    assert page == Link("Open in Muster", PAGE)
    assert [(one.label, one.is_action) for one in acting] == [("Acknowledge", True), ("Suppress", True)]
    for one in acting:
        base, _, token = one.address.partition("?token=")
        assert base == "https://api.example.com/v1/actions"
        grant = Tokens([KEY], 3).grant(token)
        assert grant == Grant("f1", grant.action, "owner/alice@example.com")
        assert grant.action == one.label.lower()


@pytest.mark.parametrize("text", [None, "{}", "no JSON"])
def test_without_keys_an_alert_goes_out_with_the_dashboards_links(
    secrets: "SecretsManagerClient",
    finding: Callable[..., Finding],
    text: str | None,
) -> None:
    if text:
        secrets.create_secret(Name=SECRET, SecretString=text)
    assert [one.address for one in links(finding(), "email")] == [
        PAGE,
        f"{PAGE}&action=acknowledge",
        f"{PAGE}&action=suppress",
    ]


def test_without_dashboard_and_keys_there_are_no_links(finding: Callable[..., Finding]) -> None:
    assert links_of(finding(), "") == []


def test_without_a_dashboard_links_act_all_the_same(
    secrets: "SecretsManagerClient", finding: Callable[..., Finding]
) -> None:
    secrets.create_secret(Name=SECRET, SecretString=json.dumps({"current": KEY}))
    found = links_of(finding(), "", sender._actions(Target("email")))
    assert [one.label for one in found] == ["Acknowledge", "Suppress"]
