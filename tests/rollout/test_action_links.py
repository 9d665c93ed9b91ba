"""Links that act, on the local organization: from the alert that is sent to the decision, by a real HTTP client."""

import json
import re
from collections.abc import Iterator
from email import message_from_string, policy
from email.message import EmailMessage
from typing import NamedTuple
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import Request, urlopen

import pytest

from contract.clock import iso, now
from contract.finding import Finding, Severity, Workflow
from contract.names import Names
from hub.actions.token import Action, Grant, Tokens
from hub.store.findings import FindingStore
from tests.rollout.deployed import Rollout, rolling_out
from tests.rollout.driving import HUB

pytestmark = pytest.mark.slow
NAMES = Names()
FINDINGS = {f"f{place}": f"User number {place} created" for place in range(4)}


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    text: str


class Reader:
    """Opens links as a browser does: nothing of what it sends is signed."""

    def __init__(self, rollout: Rollout) -> None:
        self._rollout = rollout
        self._store = FindingStore(rollout.client("dynamodb", HUB), NAMES.findings_table)
        self._endpoint = rollout.organization.endpoint

    def finding(self, identifier: str) -> Finding:
        found = self._store.get(identifier)
        assert found
        return found

    def keys(self) -> dict[str, str]:
        secrets = self._rollout.client("secretsmanager", HUB)
        held: dict[str, str] = json.loads(secrets.get_secret_value(SecretId="muster/action-keys")["SecretString"])
        return held

    def api(self) -> str:
        (stack,) = self._rollout.client("cloudformation", HUB).describe_stacks(StackName=NAMES.hub_stack)["Stacks"]
        url = next(one["OutputValue"] for one in stack["Outputs"] if one["OutputKey"] == "ApiUrl")
        return str(url)

    def link(self, finding: str, action: Action = Action.ACKNOWLEDGE) -> str:
        return f"{self.api()}/actions?token={Tokens([self.keys()['current']], 7).made(Grant(finding, action, 'email'))}"

    def open(self, link: str, method: str = "GET", fields: dict[str, str] | None = None) -> Answer:
        """Open a link of AWS's where the local organization serves it."""
        parts = urlsplit(link)
        stage, path = parts.path.removeprefix("/").split("/", 1)
        at = f"{self._endpoint}/restapis/{parts.netloc.partition('.')[0]}/{stage}/_user_request_/{path}"
        data = urlencode(fields).encode() if fields is not None else None
        request = Request(f"{at}?{parts.query}", data, method=method)
        try:
            with urlopen(request, timeout=30) as answer:
                return Answer(answer.status, dict(answer.headers.items()), answer.read().decode())
        except HTTPError as error:
            return Answer(error.code, dict(error.headers.items()), error.read().decode())

    def send(self, link: str, **fields: str) -> Answer:
        """Send the form that a link shows."""
        (token,) = re.findall(r'name="token" value="([^"]+)"', self.open(link).text)
        return self.open(link, "POST", {"token": token, **fields})


@pytest.fixture(scope="module")
def rollout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rollout]:
    with rolling_out(tmp_path_factory.mktemp("links"), 1) as running:
        running.change("web", action_links=True, action_link_days=3)
        assert not [one for one in running.deploy() if one.is_failure]
        at = iso(now())
        findings = [
            Finding(
                id=identifier,
                detection="iam.user_created",
                title=title,
                severity=Severity.HIGH,
                account=HUB,
                region="us-east-1",
                resource=f"arn:aws:iam::{HUB}:user/alice",
                first_seen=at,
                updated_at=at,
                observed_at=at,
            )
            for identifier, title in FINDINGS.items()
        ]
        FindingStore(running.client("dynamodb", HUB), NAMES.findings_table).upsert(findings)
        running.settle()
        yield running


@pytest.fixture(scope="module")
def reader(rollout: Rollout) -> Reader:
    return Reader(rollout)


def mails(rollout: Rollout) -> list[EmailMessage]:
    """Return what was sent, as its recipients get it."""
    sent = rollout.organization.get(f"/_localorg/emails?account={HUB}")
    return [message_from_string(one["raw"], policy=policy.default) for one in sent]


def test_an_alert_holds_links_that_show_what_they_would_do(rollout: Rollout, reader: Reader) -> None:
    bodies = [part.get_content() for mail in mails(rollout) if (part := mail.get_body(("plain",)))]
    links = {link for body in bodies for link in re.findall(r"https://\S+/actions\?token=\S+", body)}
    assert links
    shown = [reader.open(link) for link in links]
    assert {one.status for one in shown} == {200}
    assert {heading for one in shown for heading in re.findall("<h1>(.+)</h1>", one.text)} == {
        "Acknowledge this finding?",
        "Suppress this finding?",
    }
    (headers,) = {one.headers["Content-Security-Policy"] for one in shown}
    assert "default-src 'none'" in headers
    assert {one.headers["Cache-Control"] for one in shown} == {"no-store"}


def test_whoever_fetches_a_link_changes_nothing(rollout: Rollout, reader: Reader) -> None:
    before = reader.finding("f0")
    for action in Action:
        for method, status in (("GET", 200), ("HEAD", 403), ("OPTIONS", 403), ("GET", 200)):
            assert reader.open(reader.link("f0", action), method).status == status
    rollout.settle()
    assert reader.finding("f0") == before


def test_the_form_acknowledges_once(rollout: Rollout, reader: Reader) -> None:
    link = reader.link("f1")
    done = reader.send(link, who="Zoë")
    assert (done.status, "<h1>Acknowledged</h1>" in done.text) == (200, True)
    found = reader.finding("f1")
    assert (found.workflow, found.workflow_by) == (Workflow.NOTIFIED, "link to email: Zoë")
    token = parse_qs(urlsplit(link).query)["token"][0]
    again = reader.open(link, "POST", {"token": token, "who": "Bob"})
    assert "It was acknowledged already by link to email: Zoë at " in again.text
    rollout.settle()
    assert reader.finding("f1") == found


def test_the_form_suppresses_with_a_reason_until_a_day(reader: Reader) -> None:
    link = reader.link("f2", Action.SUPPRESS)
    (until,) = re.findall(r'type="date" required value="([^"]+)"', reader.open(link).text)
    assert reader.send(link, who="Alice", until=until).status == 422
    assert reader.finding("f2").workflow is Workflow.NEW
    assert reader.send(link, who="Alice", reason="a drill", until=until).status == 200
    found = reader.finding("f2")
    assert (found.workflow, found.suppression) == (Workflow.SUPPRESSED, "a drill")
    assert found.workflow_until.startswith(until)


def test_forged_and_expired_links_are_refused(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    base = f"{reader.api()}/actions?token="
    forged = Tokens(["x" * 64], 7).made(Grant("f3", Action.ACKNOWLEDGE, "email"))
    with monkeypatch.context() as patch:
        patch.setattr("itsdangerous.TimestampSigner.get_timestamp", lambda _: int(now().timestamp()) - 3 * 86_400 - 60)
        old = parse_qs(urlsplit(reader.link("f3")).query)["token"][0]
    for token, status in ((forged, 403), ("", 403), (old, 410)):
        for method, fields in (("GET", None), ("POST", {"token": token, "who": "Eve"})):
            answer = reader.open(base + token, method, fields)
            assert answer.status == status
            assert "Nothing was changed." in answer.text
            assert "Traceback" not in answer.text
    assert reader.finding("f3").workflow is Workflow.NEW


def test_everything_else_still_asks_for_a_signature(reader: Reader) -> None:
    api, token = reader.api(), parse_qs(urlsplit(reader.link("f3")).query)["token"][0]
    for path in ("findings", "findings/f3", "summary", "accounts", "health", "actions/f3", "actions/findings"):
        assert reader.open(f"{api}/{path}?token={token}").status == 403, path
    for method in ("PATCH", "PUT", "DELETE"):
        assert reader.open(f"{api}/actions?token={token}", method, {"token": token, "who": "Eve"}).status in {403, 405}
    assert reader.finding("f3").workflow is Workflow.NEW


def test_a_replaced_key_still_takes_the_links_of_the_one_before(rollout: Rollout, reader: Reader) -> None:
    """The functions keep keys for five minutes: a new link may have to wait that long, an old one never."""
    before, secrets = reader.link("f3"), rollout.client("secretsmanager", HUB)
    replaced = {"previous": reader.keys()["current"], "current": "n" * 64}
    secrets.put_secret_value(SecretId="muster/action-keys", SecretString=json.dumps(replaced))
    assert reader.open(before).status == 200
