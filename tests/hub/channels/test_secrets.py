"""Secrets are read seldom, and anew when they were rotated; what is wrong with one is said in words."""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from hub.channels.channel import ChannelError, SecretRefusedError
from hub.channels.secrets import Secrets, fields_of
from tests.hub.channels.conftest import NOW

if TYPE_CHECKING:
    from tests.hub.channels.conftest import Vault


def test_a_secret_is_kept_for_five_minutes(vault: "Vault") -> None:
    moment = NOW
    vault.texts["s"] = "one"
    secrets = Secrets(vault, lambda: moment)  # type: ignore[arg-type]
    assert [secrets.text("s"), secrets.text("s")] == ["one", "one"]
    assert vault.reads == 1
    vault.texts["s"] = "two"
    assert secrets.text("s") == "one"
    moment = NOW + timedelta(minutes=5)
    assert secrets.text("s") == "two"


def test_a_refused_secret_that_was_rotated_is_used_once_more(vault: "Vault", secrets: Secrets) -> None:
    vault.texts["s"] = "old"
    secrets.text("s")
    vault.texts["s"] = "new"
    used: list[str] = []

    def use(text: str) -> None:
        used.append(text)
        if text == "old":
            raise SecretRefusedError("revoked")

    secrets.used("s", use)
    secrets.used("s", use)
    assert used == ["old", "new", "new"]


@pytest.mark.parametrize("error", [SecretRefusedError("revoked"), ChannelError("it is down")])
def test_the_same_secret_is_not_tried_twice(vault: "Vault", secrets: Secrets, error: ChannelError) -> None:
    vault.texts["s"] = "same"
    used: list[str] = []

    def use(text: str) -> None:
        used.append(text)
        raise error

    with pytest.raises(ChannelError, match=str(error)):
        secrets.used("s", use)
    assert used == ["same"]
    # What is down asks nobody for another secret.
    assert vault.reads == (2 if isinstance(error, SecretRefusedError) else 1)


def test_name_and_arn_both_lead_to_a_secret(aws: Callable[[str], Any]) -> None:
    client = aws("secretsmanager")
    arn = client.create_secret(Name="muster/slack", SecretString=" https://hooks.example.com/x\n")["ARN"]
    secrets = Secrets(client, lambda: NOW)
    assert secrets.text("muster/slack") == secrets.text(arn) == "https://hooks.example.com/x"


def test_a_secret_that_is_not_there_is_to_be_made(aws: Callable[[str], Any]) -> None:
    secrets = Secrets(aws("secretsmanager"), lambda: NOW)
    with pytest.raises(ChannelError, match="there is no secret muster/none; make it in Secrets Manager"):
        secrets.text("muster/none")


def test_a_secret_on_its_way_out_is_to_be_restored(aws: Callable[[str], Any]) -> None:
    client = aws("secretsmanager")
    client.create_secret(Name="s", SecretString="x")
    client.delete_secret(SecretId="s")
    with pytest.raises(ChannelError, match="secret s is being deleted; restore it"):
        Secrets(client, lambda: NOW).text("s")


@pytest.mark.parametrize("content", [{"SecretBinary": b"x"}, {"SecretString": " \n"}])
def test_a_secret_without_text_is_to_be_filled(aws: Callable[[str], Any], content: dict[str, Any]) -> None:
    client = aws("secretsmanager")
    client.create_secret(Name="s", **content)
    with pytest.raises(ChannelError, match="secret s holds no text; put in what docs/channels"):
        Secrets(client, lambda: NOW).text("s")


class Refusing:
    """Secrets Manager that answers with an error."""

    def __init__(self, code: str) -> None:
        self.code = code

    def get_secret_value(self, **_: str) -> None:
        raise ClientError({"Error": {"Code": self.code, "Message": "no"}}, "GetSecretValue")


@pytest.mark.parametrize("code", ["AccessDeniedException", "DecryptionFailure"])
def test_a_secret_that_may_not_be_read_names_both_policies(code: str) -> None:
    with pytest.raises(ChannelError, match="its policy, and its key's"):
        Secrets(Refusing(code), lambda: NOW).text("s")  # type: ignore[arg-type]


def test_what_nobody_has_words_for_is_not_dressed_up() -> None:
    with pytest.raises(ClientError):
        Secrets(Refusing("InternalServiceError"), lambda: NOW).text("s")  # type: ignore[arg-type]


def test_fields_of_a_secret_may_stand_beside_others() -> None:
    text = '{"username": "u", "password": "p", "port": 587, "hosts": []}'
    assert fields_of("s", text, "username", "password") == ("u", "p")


@pytest.mark.parametrize(
    "text", ["hunter2-the-password", "[]", '{"username": "u"}', '{"username": "u", "password": ""}', '{"password": 1}']
)
def test_a_malformed_secret_shows_what_belongs_in_it_and_not_what_is(text: str) -> None:
    with pytest.raises(ChannelError) as caught:
        fields_of("muster/smtp", text, "username", "password")
    assert str(caught.value) == (
        'secret muster/smtp does not hold {"username": "…", "password": "…"}; write that JSON into it'
    )
    assert caught.value.__context__ is None
