"""An emulated hub with the secret that signs links, and somebody who opens them."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from hub.actions import handler as module
from hub.actions.token import Action, Grant, Tokens

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SECRET = "muster/action-keys"
KEY = "k" * 64
NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
FORM = "application/x-www-form-urlencoded; charset=UTF-8"

Ask = Callable[..., "Shown"]
Made = Callable[..., str]


class Shown(msgspec.Struct, frozen=True):
    """A page as a browser gets it: `texts` are what it shows, line by line; `fields` the form's, by name."""

    status: int
    headers: dict[str, str]
    html: str
    texts: tuple[str, ...]
    fields: dict[str, dict[str, str]]

    @property
    def text(self) -> str:
        """All that it shows."""
        return "\n".join(self.texts)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.fields: dict[str, dict[str, str]] = {}
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        if "name" in given and tag in {"input", "textarea"}:
            self.fields[given["name"]] = given

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1] != "style" and data.strip():
            self.texts.append(data.strip())


def shown(answer: dict[str, Any]) -> Shown:
    """Read an answer as a browser does."""
    reader = _Reader()
    reader.feed(answer["body"])
    return Shown(answer["statusCode"], answer["headers"], answer["body"], tuple(reader.texts), reader.fields)


@pytest.fixture
def ask(dynamodb: "DynamoDBClient", aws: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[Ask]:
    """Return how to send a request: a GET with a token, or a POST of a form's fields."""
    secrets = aws("secretsmanager")
    secrets.create_secret(Name=SECRET, SecretString=json.dumps({"previous": "", "current": KEY}))
    environment = {
        "FINDINGS_TABLE": "findings",
        "STATE_TABLE": "state",
        "ACTION_SECRET": SECRET,
        "ACTION_DAYS": "7",
        "DASHBOARD_URL": "https://muster.example.com/",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    clients = {"dynamodb": dynamodb, "secretsmanager": secrets}
    monkeypatch.setattr(module, "aws_client", clients.__getitem__)
    monkeypatch.setattr(module, "now", lambda: NOW)
    module._desk.cache_clear()

    def asked(token: str, method: str = "GET", body: str | None = None, kind: str = FORM, **more: Any) -> Shown:
        event = {
            "httpMethod": method,
            "path": "/actions",
            "headers": {"content-type": kind} if body is not None else None,
            "queryStringParameters": {"token": token} if token else None,
            "body": body,
            "isBase64Encoded": False,
            **more,
        }
        return shown(module.act_handler(event, None))

    yield asked
    module._desk.cache_clear()


@pytest.fixture
def token() -> Made:
    """Return how to make a token of the hub's key."""

    def made(action: Action = Action.ACKNOWLEDGE, finding: str = "f1", target: str = "email") -> str:
        return Tokens([KEY], 7).made(Grant(finding, action, target))

    return made
