"""The pages that links in messages open, in a browser, from the function itself: on a phone, in the dark, hostile."""

import json
import re
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import botocore.session
import pytest
from moto import mock_aws
from playwright.sync_api import Browser, Page, expect

from contract.finding import Finding, Severity, Workflow
from hub.actions import handler as module
from hub.actions.token import Action, Grant, Tokens
from hub.store.accounts import Account, AccountStore
from hub.store.findings import FindingStore
from hub.store.schema import FINDINGS, STATE, definition

pytestmark = pytest.mark.browser
SCREENSHOTS = Path("build/screenshots/actions")
KEY, ACCOUNT, STRANGE = "k" * 64, "111122223333", "444455556666"
SIZES = {"wide": (1280, 900), "phone": (360, 740)}
HOSTILE = "<script>document.title = 'taken'</script><img src=x onerror=\"document.title = 'taken'\">\u202e" + "x" * 900
AT = "2026-11-20T09:00:00.000000Z"
USUAL = Finding(
    id="usual",
    detection="s3.bucket_public",
    title="S3 bucket customer-invoices-eu-production was made public by its policy",
    severity=Severity.CRITICAL,
    account=ACCOUNT,
    region="eu-central-1",
    resource="arn:aws:s3:::customer-invoices-eu-production-111122223333-with-a-name-as-long-as-they-come",
    actor="deploy-pipeline",
    first_seen=AT,
    updated_at=AT,
    observed_at=AT,
)


class _Function(BaseHTTPRequestHandler):
    """Passes requests on to the function as API Gateway does."""

    def do_GET(self) -> None:
        self._answer(None)

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers["Content-Length"])).decode())

    def _answer(self, body: str | None) -> None:
        query = parse_qs(urlsplit(self.path).query)
        event: dict[str, Any] = {
            "httpMethod": self.command,
            "headers": dict(self.headers.items()),
            "queryStringParameters": {name: values[-1] for name, values in query.items()},
            "body": body,
        }
        answer = module.act_handler(event, None)
        self.send_response(answer["statusCode"])
        for name, value in answer["headers"].items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer["body"].encode())

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[FindingStore]:
    """Return the store of an emulated hub with a usual finding and a hostile one."""
    environment = {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "FINDINGS_TABLE": "findings",
        "STATE_TABLE": "state",
        "ACTION_SECRET": "keys",
        "ACTION_DAYS": "7",
        "DASHBOARD_URL": "https://muster.example.com",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        create = botocore.session.get_session().create_client
        clients = {name: create(name) for name in ("dynamodb", "secretsmanager")}
        for table, schema in (("findings", FINDINGS), ("state", STATE)):
            clients["dynamodb"].create_table(TableName=table, **definition(schema))
        clients["secretsmanager"].create_secret(Name="keys", SecretString=json.dumps({"current": KEY}))
        monkeypatch.setattr(module, "aws_client", clients.__getitem__)
        module._desk.cache_clear()
        found = FindingStore(clients["dynamodb"], "findings")
        texts = dict.fromkeys(("title", "resource", "region", "actor"), HOSTILE)
        found.upsert([USUAL, Finding(**{**_fields(USUAL), **texts, "id": "hostile", "account": STRANGE})])
        accounts = [Account(id=ACCOUNT, name="prod-payments"), Account(id=STRANGE, name=HOSTILE)]
        AccountStore(clients["dynamodb"], "state").write(accounts)
        yield found
    module._desk.cache_clear()


def _fields(finding: Finding) -> dict[str, Any]:
    return {name: getattr(finding, name) for name in finding.__struct_fields__}


@pytest.fixture
def served(store: FindingStore) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Function)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1/actions"
    server.shutdown()
    thread.join()
    server.server_close()


Open = Callable[..., Page]


@pytest.fixture
def visit(browser: Browser, served: str) -> Iterator[Open]:
    """Return how to open a link of a finding; what the browser complains about, or asks others for, fails the test."""
    complaints: list[str] = []

    def visited(action: Action, finding: str = "usual", size: str = "wide", scheme: str = "light") -> Page:
        width, height = SIZES[size]
        page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)  # type: ignore[arg-type]
        page.on("console", lambda said: complaints.append(said.text) if "status of" not in said.text else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda asked: None if asked.url.startswith(served) else complaints.append(asked.url))
        page.goto(f"{served}?token={Tokens([KEY], 7).made(Grant(finding, action, 'email'))}")
        return page

    yield visited
    for context in browser.contexts:
        context.close()
    # Browsers ask for an icon by themselves.
    assert [one for one in complaints if not one.endswith("/favicon.ico")] == []


def keep(page: Page, name: str) -> None:
    """Keep a picture of a page, on which nothing is wider than the window and every text can be read."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    weak = [one for one in page.evaluate(_COLOURS) if contrast(one["ink"], one["paper"]) < 4.5]
    assert weak == []


# Every element with a text of its own, and the nearest background behind it.
_COLOURS = """() => [...document.querySelectorAll("body *")]
  .filter(one => [...one.childNodes].some(child => child.nodeType === 3 && child.data.trim()) || one.value)
  .filter(one => one.offsetParent)
  .map(one => {
    let behind = one;
    while (behind && getComputedStyle(behind).backgroundColor === "rgba(0, 0, 0, 0)") behind = behind.parentElement;
    const paper = behind ? getComputedStyle(behind).backgroundColor : "rgb(255, 255, 255)";
    return {text: one.textContent.slice(0, 30), ink: getComputedStyle(one).color, paper};
  })"""


def contrast(ink: str, paper: str) -> float:
    """Return the contrast of two colours (WCAG 2.2, "contrast ratio"), 1 to 21."""
    light, dark = sorted((_luminance(ink), _luminance(paper)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(one) / 255 for one in re.findall(r"\d+", colour)[:3]]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_link_opens_a_page_that_can_be_read_everywhere(visit: Open, action: Action, size: str, scheme: str) -> None:
    page = visit(action, size=size, scheme=scheme)
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{action.capitalize()} this finding?")
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (_luminance(paper) < 0.1) is (scheme == "dark"), "the policy lets the page's own style be used"
    keep(page, f"{action}-{size}-{scheme}")


def test_looking_changes_nothing_and_the_form_acknowledges(visit: Open, store: FindingStore) -> None:
    page = visit(Action.ACKNOWLEDGE, size="phone")
    before = store.get("usual")
    page.reload()
    assert store.get("usual") == before
    page.get_by_label("Who are you?").fill("Zoë")
    page.get_by_role("button", name="Acknowledge this finding").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Acknowledged")
    keep(page, "acknowledged-phone-light")
    found = store.get("usual")
    assert found
    assert (found.workflow, found.workflow_by) == (Workflow.NOTIFIED, "link to email: Zoë")
    again = visit(Action.ACKNOWLEDGE)
    expect(again.get_by_text("It was acknowledged already by link to email: Zoë")).to_be_visible()
    keep(again, "acknowledged-again-wide-light")


def test_the_form_suppresses_for_the_time_that_it_proposes(visit: Open, store: FindingStore) -> None:
    page = visit(Action.SUPPRESS, scheme="dark")
    page.get_by_label("Who are you?").fill("Alice")
    page.get_by_label("Why is this accepted?").fill("a drill of the red team")
    until = page.get_by_label("Until the end of").input_value()
    page.get_by_role("button", name="Suppress this finding").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Suppressed")
    keep(page, "suppressed-wide-dark")
    found = store.get("usual")
    assert found
    assert (found.workflow, found.suppression) == (Workflow.SUPPRESSED, "a drill of the red team")
    assert found.workflow_until.startswith(until)


def test_a_browser_sends_no_form_that_lacks_something(visit: Open, store: FindingStore) -> None:
    page = visit(Action.SUPPRESS)
    page.get_by_role("button", name="Suppress this finding").click()
    assert page.evaluate("document.activeElement.id") == "who"
    found = store.get("usual")
    assert found
    assert found.workflow is Workflow.NEW


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_lacks_is_said_and_the_rest_stays_written(visit: Open, scheme: str) -> None:
    page = visit(Action.SUPPRESS, size="phone", scheme=scheme)
    page.evaluate("document.querySelector('form').noValidate = true")
    page.get_by_label("Why is this accepted?").fill("a drill")
    page.get_by_role("button", name="Suppress this finding").click()
    expect(page.get_by_role("alert")).to_have_text("Say who you are.")
    expect(page.get_by_label("Why is this accepted?")).to_have_value("a drill")
    keep(page, f"lacking-phone-{scheme}")


def test_an_unknown_link_says_so(browser: Browser, served: str) -> None:
    page = browser.new_page(viewport={"width": 360, "height": 740})
    answer = page.goto(f"{served}?token=forged")
    assert answer
    assert answer.status == 403
    expect(page.get_by_role("heading", level=1)).to_have_text("This link does not work")
    keep(page, "unknown-phone-light")
    page.context.close()


@pytest.mark.parametrize("action", Action)
def test_a_hostile_finding_is_shown_as_text(visit: Open, action: Action) -> None:
    page = visit(action, "hostile", "phone")
    page.wait_for_timeout(200)
    assert page.title() == f"{action.capitalize()} this finding? · Muster"
    assert page.locator("img, script, iframe").count() == 0
    keep(page, f"hostile-{action}-phone-light")
