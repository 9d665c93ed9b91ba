"""Real servers on loopback, secrets, and notifications to send."""

import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from contract.finding import Finding
from hub.channels.secrets import Secrets
from hub.notifier.compose import Reader, Told, alert
from hub.notifier.links import links_of
from hub.notifier.notification import Notification
from hub.store.accounts import Account
from hub.store.outgoing import Transition

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
HOSTILE = (
    "<script>alert(1)</script>\r\nBcc: eve@example.com\u202e {{ 7*7 }} <!channel> <@U123> <https://evil.example|ok> "
    "[x](javascript:alert(1)) @everyone *bold* `code` " + "x" * 100_000
)


class Receiver:
    """An HTTP server that remembers what it was posted, and answers as a test says."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.answers: list[tuple[int, str]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.requests.append((self.path, dict(self.headers.items()), body))
                status, said = outer.answers.pop(0) if outer.answers else (200, "ok")
                self.send_response(status)
                if 300 <= status < 400:
                    self.send_header("Location", said)
                self.end_headers()
                self.wfile.write(said.encode())

            def log_message(self, *_: Any) -> None:
                """Keep quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/services/T0/B0/secret-part"

    @property
    def documents(self) -> list[Any]:
        return [json.loads(body) for _, _, body in self.requests]

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    one = Receiver()
    yield one
    one.close()


class Vault:
    """Secrets by name; how often each was read is remembered."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self.reads: list[str] = []

    def get_secret_value(self, SecretId: str) -> dict[str, str]:  # noqa: N803 - boto's name
        self.reads.append(SecretId)
        return {"SecretString": self.texts[SecretId]}


@pytest.fixture
def vault() -> Vault:
    return Vault()


@pytest.fixture
def secrets(vault: Vault) -> Secrets:
    return Secrets(vault, lambda: NOW)  # type: ignore[arg-type]


@pytest.fixture
def notification(finding: Callable[..., Finding]) -> Notification:
    return composed([finding(), finding("f2")])


@pytest.fixture
def hostile(finding: Callable[..., Finding]) -> Notification:
    texts = ["title", "actor", "actor_kind", "actor_arn", "api_call", "source_ip", "user_agent", "region", "resource"]
    texts += ["detection", "account", "description", "remediation", "control"]
    one = finding(**dict.fromkeys(texts, HOSTILE), resources=(HOSTILE,), also=(HOSTILE,))
    return composed([one, one], Account(id="1", name=HOSTILE, ou_path=HOSTILE, owner=HOSTILE))


def composed(findings: list[Finding], account: Account | None = None) -> Notification:
    known = account or Account(id="111122223333", name="shop", ou_path="Root/Shop")
    told = [Told(one, Transition.OPENED) for one in findings]
    reader = Reader(lambda one: links_of(one, "https://muster.example.com"))
    return alert(told, known, None, reader, identifier="20261120T090000-abc", thread="thread-1")
