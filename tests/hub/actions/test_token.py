"""Tokens: what is signed is what is granted, for as long as it holds, and nothing else is."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from itsdangerous import TimestampSigner, URLSafeTimedSerializer

from contract.clock import now
from contract.finding import Finding
from hub.actions.token import Action, ExpiredTokenError, Grant, TokenError, Tokens, action_addresses, keys_of
from hub.channels.channel import ChannelError
from hub.channels.secrets import Secrets

GRANT = Grant("f1", Action.SUPPRESS, "owner/alice@example.com")
OLD, NEW = "o" * 64, "n" * 64
A_DAY = 86_400


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Return how to set the time, in seconds since some moment."""

    def stand(seconds: int) -> None:
        monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda _: 1_790_000_000 + seconds)

    return stand


def test_a_token_grants_what_it_was_made_for() -> None:
    assert Tokens([NEW], 7).grant(Tokens([NEW], 7).made(GRANT)) == GRANT


def test_a_token_can_stand_in_an_address() -> None:
    token = Tokens([NEW], 7).made(Grant("f" * 32, Action.ACKNOWLEDGE, "owner/" + "é" * 60 + "@example.com"))
    assert token.isascii()
    assert not set(token) & set("/?&=+%# ")
    assert len(token) < 500


def test_a_token_holds_for_its_days_and_no_longer(at: Callable[[int], None]) -> None:
    tokens = Tokens([NEW], 7)
    at(0)
    token = tokens.made(GRANT)
    at(7 * A_DAY)
    assert tokens.grant(token) == GRANT
    at(7 * A_DAY + 1)
    with pytest.raises(ExpiredTokenError):
        tokens.grant(token)


def test_a_token_from_the_future_is_refused(at: Callable[[int], None]) -> None:
    at(3_600)
    token = Tokens([NEW], 7).made(GRANT)
    at(0)
    with pytest.raises(TokenError):
        Tokens([NEW], 7).grant(token)


def test_fewer_days_hold_for_links_that_were_sent_before(at: Callable[[int], None]) -> None:
    at(0)
    token = Tokens([NEW], 7).made(GRANT)
    at(2 * A_DAY)
    with pytest.raises(ExpiredTokenError):
        Tokens([NEW], 1).grant(token)


def test_every_changed_character_is_noticed() -> None:
    tokens = Tokens([NEW], 7)
    token = tokens.made(GRANT)
    for place, character in enumerate(token[:-1]):
        changed = token[:place] + ("A" if character != "A" else "B") + token[place + 1 :]
        with pytest.raises(TokenError):
            tokens.grant(changed)


@pytest.mark.parametrize(
    "text", ["", ".", "..", "f1", "a.b.c", "\u202e", "\ud800", "x" * 100_000, "null", "WyJmMSJd.a.b"]
)
def test_what_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(TokenError):
        Tokens([NEW], 7).grant(text)


def test_another_key_and_another_use_of_the_same_key_are_refused() -> None:
    content = [GRANT.finding, GRANT.action.value, GRANT.target]
    for stranger in (
        Tokens([OLD], 7).made(GRANT),
        URLSafeTimedSerializer(NEW).dumps(content),
        URLSafeTimedSerializer(NEW, salt="sessions").dumps(content),
    ):
        with pytest.raises(TokenError):
            Tokens([NEW], 7).grant(stranger)


@pytest.mark.parametrize("content", [[], ["f1"], ["f1", "delete", "email"], "f1", None, {"finding": "f1"}, 7])
def test_signed_content_of_another_form_is_refused(content: Any) -> None:
    tokens = Tokens([NEW], 7)
    with pytest.raises(TokenError):
        tokens.grant(str(tokens._serializer.dumps(content)))


def test_the_newest_key_signs_and_the_previous_one_still_holds() -> None:
    before, during, after = Tokens([OLD], 7), Tokens([OLD, NEW], 7), Tokens([NEW], 7)
    assert during.grant(before.made(GRANT)) == GRANT
    assert after.grant(during.made(GRANT)) == GRANT
    with pytest.raises(TokenError):
        after.grant(before.made(GRANT))


def test_the_keys_are_read_from_the_secret(aws: Callable[[str], Any]) -> None:
    client = aws("secretsmanager")
    client.create_secret(Name="keys", SecretString=json.dumps({"previous": "", "current": NEW}))
    secrets = Secrets(client, now)
    assert keys_of(secrets, "keys") == [NEW]
    client.put_secret_value(SecretId="keys", SecretString=json.dumps({"previous": NEW, "current": OLD}))
    assert keys_of(secrets, "keys") == [NEW], "five minutes pass before it is read again"
    assert keys_of(Secrets(client, now), "keys") == [NEW, OLD]


@pytest.mark.parametrize(
    "text", ["{}", '{"current": ""}', '{"previous": "' + OLD + '"}', "[]", "a key", '{"current": 7}']
)
def test_a_secret_without_a_key_to_sign_with_says_so(aws: Callable[[str], Any], text: str) -> None:
    client = aws("secretsmanager")
    client.create_secret(Name="keys", SecretString=text)
    with pytest.raises(ChannelError, match="secret keys does not hold"):
        keys_of(Secrets(client, now), "keys")


def test_the_addresses_of_a_finding_lead_to_its_decisions(finding: Callable[..., Finding]) -> None:
    tokens = Tokens([NEW], 7)
    found = action_addresses(tokens, "https://api.example.com/v1/actions", "email", finding("f9"))
    assert list(found) == ["acknowledge", "suppress"]
    for action, address in found.items():
        parts = urlsplit(address)
        assert (parts.netloc, parts.path) == ("api.example.com", "/v1/actions")
        ((token,),) = parse_qs(parts.query).values()
        assert tokens.grant(token) == Grant("f9", Action(action), "email")


def test_two_targets_get_two_tokens() -> None:
    tokens = Tokens([NEW], 7)
    assert tokens.made(GRANT) != tokens.made(Grant("f1", Action.SUPPRESS, "email"))


def test_the_time_of_a_token_is_a_real_one() -> None:
    tokens = Tokens([NEW], 7)
    _, made_at = tokens._serializer.loads(tokens.made(GRANT), return_timestamp=True)
    assert abs((datetime.now(UTC) - made_at).total_seconds()) < 5
