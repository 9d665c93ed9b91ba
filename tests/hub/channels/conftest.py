"""Those who get what channels send: a receiver of HTTP, a certificate for servers, and who writes to hurt them."""

import datetime as dt
import ipaddress
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from contract.catalogue import DetectionText
from contract.finding import Finding, Mode, Severity
from hub.channels.secrets import Secrets
from hub.channels.settings import Slack
from hub.notifier.compose import Reader, Told, alert
from hub.notifier.compose import trial as made_test
from hub.notifier.links import links_of
from hub.notifier.notification import Notification
from hub.store.accounts import Account
from hub.store.outgoing import Transition

NOW = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)
DASHBOARD = "https://muster.example.com"
HOSTILE = (
    "*<script>alert(\"1\")</script> & 'x'\r\nBcc: eve@example.com\u202e\x00 {{ 7*7 }} {% raw %} ${7*7} <!channel> "
    "<@U123> [x](javascript:alert(1)) <javascript:alert(1)|x> @everyone _a_ `b` ~c~ "
    "{{DATE(2026-11-20T09:00:00Z, SHORT)}} <at>eve</at> "
) + "\U0001f4a3" * 100_000


@dataclass
class Receiver:
    """What came, and what is answered."""

    status: int = 200
    body: bytes = b"ok"
    headers: dict[str, str] = field(default_factory=dict)
    came: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    address: str = ""

    @property
    def documents(self) -> list[Any]:
        return [msgspec.json.decode(body) for _, _, body in self.came]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as kept:
        yield kept


@contextmanager
def receiving(context: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """Serve on loopback, by TLS where a context is given."""
    kept = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kept.came.append((self.path, dict(self.headers.items()), body))
            self.send_response(kept.status)
            for name, value in kept.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(kept.body)))
            self.end_headers()
            self.wfile.write(kept.body)

        def log_message(self, *_: Any) -> None:
            """Keep quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        kept.address = (
            f"{'https' if context else 'http'}://127.0.0.1:{server.server_port}/services/T0000/B0000/very-secret-part"
        )
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield kept
        server.shutdown()
        thread.join()


class Vault:
    """Secrets Manager as a channel sees it; `reads` counts."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self.reads = 0

    def get_secret_value(self, **asked: str) -> dict[str, str]:
        self.reads += 1
        return {"SecretString": self.texts[asked["SecretId"]]}


@pytest.fixture
def vault() -> Vault:
    return Vault()


@pytest.fixture
def secrets(vault: Vault) -> Secrets:
    return Secrets(vault, lambda: NOW)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Trusted:
    """A server's side of TLS, and a client's that trusts it and nobody else."""

    server: ssl.SSLContext
    client: ssl.SSLContext


@pytest.fixture(scope="session")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> Trusted:
    path = _certificate(tmp_path_factory.mktemp("tls"))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(path)
    return Trusted(server, ssl.create_default_context(cafile=str(path)))


def _certificate(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    today = dt.datetime.now(dt.UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - dt.timedelta(days=1))
        .not_valid_after(today + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "localhost.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def told(finding: Callable[..., Finding]) -> Callable[..., Notification]:
    """Make an alert about findings; without any about a usual one."""

    def made(*findings: Finding, account: Account | None = None) -> Notification:
        known = account or Account(
            id="111122223333", name="shop-production", ou_path="Root/Workloads/Shop", owner="shop@example.com"
        )
        words = DetectionText(
            id="iam.access_key_created",
            title="Access key created",
            severity=Severity.HIGH,
            mode=Mode.LIVE,
            family="f",
            what="A long-lived secret was made.",
            false_positives="a rotation by its owner.",
            response="delete the key.",
            attack="T1098.001",
        )
        usual = finding(actor="bob", actor_kind="sso", event_id="e-1", source_ip="203.0.113.77")
        reader = Reader(lambda one: links_of(one, DASHBOARD), "Europe/Berlin", DASHBOARD)
        lines = [Told(one, Transition.OPENED) for one in findings or (usual,)]
        return alert(lines, known, words, reader, identifier="20261120T090000-abc", thread="thread-1")

    return made


@pytest.fixture
def hostile(finding: Callable[..., Finding]) -> Notification:
    """A notification that nobody bounded or cleaned: every text of it, and of its findings, is out to hurt."""
    texts = {
        name: HOSTILE
        for name, kind in Finding.__annotations__.items()
        if kind is str and name != "id" and not name.endswith(("_at", "_seen", "_until"))
    }
    lists = dict.fromkeys(("resources", "also", "types", "resource_types", "standards"), (HOSTILE,) * 8)
    findings = [finding(f"f{number}", **texts, **lists) for number in range(12)]
    account = Account(id="111122223333", name=HOSTILE, ou_path=HOSTILE, owner=HOSTILE)
    reader = Reader(lambda one: links_of(one, DASHBOARD), "UTC", DASHBOARD)
    lines = [Told(one, Transition.OPENED) for one in findings]
    return alert(lines, account, None, reader, identifier="20261120T090000-abc", thread="thread-1")


@pytest.fixture
def tested() -> Notification:
    """What `muster notify test` sends."""
    return made_test(Slack(name="payments", secret="muster/slack"), NOW)
