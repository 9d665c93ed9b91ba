"""Links that act: looking changes nothing, the form does what the token grants, once, and nothing else is taken."""

import base64
import json
from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import msgspec
import pytest
from itsdangerous import TimestampSigner

from contract.clock import iso
from contract.finding import Finding, RecordState, Status, Workflow
from hub.actions import handler as module
from hub.actions.token import Action, Grant, Tokens
from hub.channels.channel import ChannelError
from hub.store.accounts import Account, AccountStore
from hub.store.findings import FindingNotFoundError, FindingStore, LostRaceError
from tests.hub.actions.conftest import NOW, SECRET, Ask, Made, Shown

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from tests.hub.conftest import Calls

Make = Callable[..., Finding]
REASON = "a drill of the red team"
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>\r\nSet-Cookie: a=b\u202e{{ 7*7 }}{% raw %}&amp;"


def send(ask: Ask, token: str, **fields: str) -> Shown:
    return ask("", "POST", urlencode({"token": token, **fields}))


def scanned(dynamodb: "DynamoDBClient") -> list[Any]:
    return [dynamodb.scan(TableName=table)["Items"] for table in ("findings", "state")]


@pytest.fixture(autouse=True)
def stored(dynamodb: "DynamoDBClient", store: FindingStore, finding: Make) -> None:
    store.upsert([finding()])
    AccountStore(dynamodb, "state").write([Account(id="111122223333", name="prod-payments")])


@pytest.mark.parametrize("action", Action)
def test_a_link_shows_what_would_happen_to_which_finding(ask: Ask, token: Made, action: Action) -> None:
    given = token(action)  # another second gives another
    page = ask(given)
    assert page.status == HTTPStatus.OK
    assert f"{action.title()} this finding?" in page.texts
    assert {
        *("Access key created for alice", "HIGH", "prod-payments (111122223333)", "us-east-1"),
        *("arn:aws:iam::111122223333:user/alice", "2026-11-20 09:00:00 UTC"),
    } <= {*page.texts}
    wanted = {Action.ACKNOWLEDGE: {"token", "who"}, Action.SUPPRESS: {"token", "who", "reason", "until"}}
    assert {*page.fields} == wanted[action]
    assert page.fields["token"]["value"] == given
    assert 'href="https://muster.example.com/findings?finding=f1"' in page.html


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_whoever_fetches_a_link_changes_nothing(
    ask: Ask, token: Made, dynamodb: "DynamoDBClient", calls: "Calls", method: str
) -> None:
    before = scanned(dynamodb)
    calls.made.clear()
    for action in (*Action, *Action):
        ask(token(action), method)
        # A scanner that follows the form's fields as if they were an address changes nothing either.
        ask("", method, queryStringParameters={"token": token(action), "who": "scanner", "reason": "x"})
    assert {name for name, _ in calls.made} <= {"GetItem"}
    assert scanned(dynamodb) == before


def test_the_form_acknowledges_in_the_name_that_it_gives(ask: Ask, token: Made, store: FindingStore) -> None:
    page = send(ask, token(target="owner/team@example.com"), who="Alice")
    assert (page.status, page.texts[1]) == (HTTPStatus.OK, "Acknowledged")
    found = store.get("f1")
    assert found
    assert (found.workflow, found.status) == (Workflow.NOTIFIED, Status.OPEN)
    assert found.workflow_by == "link to owner/team@example.com: Alice"
    assert (found.acted_at, found.is_told_here) == (iso(NOW), True)
    assert (found.note, found.suppression) == ("", "")


def test_the_form_suppresses_until_the_end_of_a_day(ask: Ask, token: Made, store: FindingStore) -> None:
    page = send(ask, token(Action.SUPPRESS), who="Alice", reason=REASON, until="2026-12-24")
    assert page.texts[1:3] == ("Suppressed", "Alice accepts it until the end of 2026-12-24.")
    found = store.get("f1")
    assert found
    assert (found.workflow, found.status) == (Workflow.SUPPRESSED, Status.SUPPRESSED)
    assert (found.suppression, found.note) == (REASON, REASON)
    assert found.workflow_until == "2026-12-24T23:59:59.999999Z"
    assert found.workflow_by == "link to email: Alice"


def test_a_token_to_acknowledge_suppresses_nothing(ask: Ask, token: Made, store: FindingStore) -> None:
    send(ask, token(Action.ACKNOWLEDGE), who="Alice", reason=REASON, until="2026-12-24", action="suppress")
    found = store.get("f1")
    assert found
    assert (found.workflow, found.suppression) == (Workflow.NOTIFIED, "")


def test_a_token_acts_on_its_own_finding_only(ask: Ask, token: Made, store: FindingStore, finding: Make) -> None:
    store.upsert([finding("f2")])
    send(ask, token(finding="f1"), who="Alice", finding="f2", id="f2")
    other = store.get("f2")
    assert other
    assert other.workflow is Workflow.NEW


def test_a_finding_of_security_hub_is_told_to_it(ask: Ask, token: Made, store: FindingStore, finding: Make) -> None:
    arn = "arn:aws:securityhub:eu-central-1::product/aws/guardduty"
    store.upsert([finding("f3", product="guardduty", product_arn=arn, source_id="1")])
    send(ask, token(Action.SUPPRESS, "f3"), who="Alice", reason=REASON, until="2026-12-24")
    found = store.get("f3")
    assert found
    assert found.customer["Workflow"] == {"Status": "SUPPRESSED"}
    assert found.is_told_here


@pytest.mark.parametrize("action", Action)
def test_a_second_time_it_says_who_did_it_and_when(
    ask: Ask, token: Made, dynamodb: "DynamoDBClient", action: Action
) -> None:
    send(ask, token(action), who="Alice", reason=REASON, until="2026-12-24")
    before = scanned(dynamodb)
    for page in (send(ask, token(action), who="Bob", reason="other", until="2026-12-25"), ask(token(action))):
        assert page.status == HTTPStatus.OK
        assert page.texts[1] == "Nothing to do"
        assert "already by link to email: Alice at 2026-11-20 10:00:00 UTC" in page.texts[2]
        assert page.fields == {}
    assert scanned(dynamodb) == before


def test_an_acknowledged_finding_can_still_be_suppressed(ask: Ask, token: Made, store: FindingStore) -> None:
    send(ask, token(), who="Alice")
    send(ask, token(Action.SUPPRESS), who="Bob", reason=REASON, until="2026-12-24")
    found = store.get("f1")
    assert found
    assert (found.status, found.workflow_by) == (Status.SUPPRESSED, "link to email: Bob")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"workflow": Workflow.RESOLVED, "workflow_by": "carol", "acted_at": "2026-11-20T09:30:00.000000Z"},
            "It was resolved by carol at 2026-11-20 09:30:00 UTC.",
        ),
        ({"workflow": Workflow.SUPPRESSED, "workflow_by": "carol"}, "It was suppressed already by carol."),
        (
            {"workflow": Workflow.NOTIFIED, "workflow_by": "carol", "record_state": RecordState.ARCHIVED},
            "It is closed: whoever found it does not see it any more.",
        ),
        ({"compliance": "PASSED"}, "It is closed: whoever found it does not see it any more."),
    ],
)
def test_a_closed_finding_says_why_and_stays_closed(
    ask: Ask, token: Made, store: FindingStore, changes: dict[str, Any], said: str
) -> None:
    (usual,) = store.read(["f1"]).values()
    store.upsert([msgspec.structs.replace(usual, id="closed", **changes)])
    before = store.get("closed")
    for made in (token(action, "closed") for action in Action):
        for page in (ask(made), send(ask, made, who="Alice", reason=REASON, until="2026-12-24")):
            assert page.texts[1:3] == ("Nothing to do", said)
    assert store.get("closed") == before


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"who": ""}, "Say who you are."),
        ({"who": " \u202e\u200b\t"}, "Say who you are."),
        ({"reason": " "}, "Say why this is accepted."),
        *(
            ({"until": day}, "Give a day from tomorrow on, within 365 days.")
            for day in ("", "soon", "2026-11-20", "2026-11-19", "2027-11-21", "2026-02-30", "9999-12-31", "2026-W50-1x")
        ),
    ],
)
def test_what_lacks_is_said_and_the_rest_stays_written(
    ask: Ask, token: Made, dynamodb: "DynamoDBClient", fields: dict[str, str], said: str
) -> None:
    before = scanned(dynamodb)
    given = {"who": "Alice", "reason": REASON, "until": "2026-12-24", **fields}
    page = send(ask, token(Action.SUPPRESS), **given)
    assert page.status == HTTPStatus.UNPROCESSABLE_ENTITY
    assert said in page.texts
    assert page.fields["who"]["value"] == ("" if "who" in fields else "Alice")
    assert (REASON in page.texts) is ("reason" not in fields)
    assert page.fields["until"]["value"] == ("2026-12-20" if "until" in fields else "2026-12-24")
    assert scanned(dynamodb) == before


@pytest.mark.parametrize("day", ["2026-11-21", "2027-11-20"])
def test_the_first_and_the_last_day_are_allowed(ask: Ask, token: Made, store: FindingStore, day: str) -> None:
    page = ask(token(Action.SUPPRESS))
    assert (page.fields["until"]["min"], page.fields["until"]["max"]) == ("2026-11-21", "2027-11-20")
    send(ask, token(Action.SUPPRESS), who="Alice", reason=REASON, until=day)
    found = store.get("f1")
    assert found
    assert found.workflow_until.startswith(day)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_old_link_says_so(
    ask: Ask, token: Made, store: FindingStore, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(TimestampSigner, "get_timestamp", lambda _: 1_700_000_000)
        old = token()
    page = ask(old) if method == "GET" else send(ask, old, who="Alice")
    assert (page.status, page.texts[1]) == (HTTPStatus.GONE, "This link is too old")
    found = store.get("f1")
    assert found
    assert found.workflow is Workflow.NEW


def test_whatever_was_not_made_here_gets_the_same_answer(ask: Ask, token: Made, store: FindingStore) -> None:
    """Nobody learns which findings there are, nor what of a token is wrong: no oracle."""
    strangers = Tokens(["x" * 64], 7)
    forged = [
        *("", "x", token()[:-2], f"{token()}x", token() + "." + token(), "%00", "\u202e" * 50),
        *(strangers.made(Grant(name, Action.ACKNOWLEDGE, "email")) for name in ("f1", "nothing")),
    ]
    answers = {(one.status, one.html) for text in forged for one in (ask(text), send(ask, text, who="Eve"))}
    ((status, html),) = answers
    assert status == HTTPStatus.FORBIDDEN
    assert "This link does not work" in html
    assert "f1" not in html
    assert "Traceback" not in html
    found = store.get("f1")
    assert found
    assert found.workflow is Workflow.NEW


def test_a_finding_that_was_archived_long_ago_says_so(ask: Ask, token: Made) -> None:
    for page in (ask(token(finding="gone")), send(ask, token(finding="gone"), who="Alice")):
        assert (page.status, page.texts[1]) == (HTTPStatus.NOT_FOUND, "The finding is gone")


@pytest.mark.parametrize(
    ("error", "status"),
    [(LostRaceError("f1"), HTTPStatus.CONFLICT), (FindingNotFoundError("f1"), HTTPStatus.NOT_FOUND)],
)
def test_a_finding_that_changes_meanwhile_says_so(
    ask: Ask, token: Made, monkeypatch: pytest.MonkeyPatch, error: Exception, status: HTTPStatus
) -> None:
    def fails(*_: Any) -> Any:
        raise error

    monkeypatch.setattr(FindingStore, "decide", fails)
    assert send(ask, token(), who="Alice").status == status


def test_a_decision_that_a_later_one_beat_is_not_said_to_be_taken(
    ask: Ask, token: Made, store: FindingStore, finding: Make
) -> None:
    later = {"workflow_at": "2026-11-20T11:00:00.000000Z", "workflow_by": "carol", "assignee": "carol"}
    store.upsert([finding("f4", **later)])
    page = send(ask, token(finding="f4"), who="Alice")
    assert (page.status, page.texts[1]) == (HTTPStatus.CONFLICT, "Somebody else was faster")
    found = store.get("f4")
    assert found
    assert found.workflow_by == "carol"


@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data; boundary=x", "text/plain", ""])
def test_only_a_forms_body_is_read(ask: Ask, token: Made, store: FindingStore, kind: str) -> None:
    for body in (urlencode({"token": token(), "who": "Alice"}), json.dumps({"token": token(), "who": "Alice"})):
        assert ask("", "POST", body, kind).status == HTTPStatus.BAD_REQUEST
    found = store.get("f1")
    assert found
    assert found.workflow is Workflow.NEW


def test_a_long_body_is_refused_and_the_longest_form_is_not(ask: Ask, token: Made, store: FindingStore) -> None:
    assert ask("", "POST", "who=" + "x" * 9_000).status == HTTPStatus.BAD_REQUEST
    fields = {"who": "\u5b89" * 80, "reason": "\u5b89" * 400, "until": "2026-12-24"}
    assert send(ask, token(Action.SUPPRESS, target="owner/" + "x" * 250), **fields).texts[1] == "Suppressed"
    found = store.get("f1")
    assert found
    assert found.suppression == "\u5b89" * 400
    assert len(found.workflow_by) <= 128


def test_a_body_may_come_encoded(ask: Ask, token: Made, store: FindingStore) -> None:
    body = base64.b64encode(urlencode({"token": token(), "who": "Zoë"}).encode()).decode()
    assert ask("", "POST", body, isBase64Encoded=True).texts[1] == "Acknowledged"
    found = store.get("f1")
    assert found
    assert found.workflow_by.endswith(": Zoë")


def test_bytes_that_are_no_text_are_no_failure(ask: Ask, token: Made) -> None:
    body = base64.b64encode(b"token=" + token().encode() + b"&who=%ff%fe\xff&who=%00Alice").decode()
    assert ask("", "POST", body, isBase64Encoded=True).texts[1] == "Acknowledged"


def test_how_it_came_about_cannot_be_hidden_behind_a_name(ask: Ask, token: Made, store: FindingStore) -> None:
    send(ask, token(target="email"), who="arn:aws:sts::111122223333:assumed-role/Admin/bob" + "x" * 500)
    found = store.get("f1")
    assert found
    assert found.workflow_by.startswith("link to email: arn:aws:sts")
    assert len(found.workflow_by) <= 128


def test_no_page_runs_scripts_or_is_kept_or_told_further(ask: Ask, token: Made) -> None:
    for page in (ask(token()), ask("x"), send(ask, token(), who="Alice"), ask("", "POST", "", "text/plain")):
        policy = dict(one.strip().split(" ", 1) for one in page.headers["Content-Security-Policy"].split(";"))
        assert policy["default-src"] == "'none'"
        assert policy["form-action"] == "'self'"
        assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
        assert policy["style-src"].startswith("'sha256-")
        assert "unsafe" not in page.headers["Content-Security-Policy"]
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert page.headers["Cache-Control"] == "no-store"
        assert "noindex" in page.headers["X-Robots-Tag"]
        assert page.headers["Content-Type"] == "text/html; charset=utf-8"
        assert "<script" not in page.html
        assert "http" not in page.html.replace("https://muster.example.com/findings?finding=f1", "")


@pytest.mark.parametrize("action", Action)
def test_a_hostile_form_injects_nothing(ask: Ask, token: Made, action: Action) -> None:
    made = token(action, target=HOSTILE)
    refused = send(ask, made, who=HOSTILE, reason=HOSTILE, until=HOSTILE)
    done = send(ask, made, who=HOSTILE, reason=HOSTILE, until="2026-12-24")
    for page in (refused, done, ask(made)):
        assert is_harmless(page)
        assert page.headers == ask("").headers
    assert "<script>alert(1)</script>" in done.text, "it is shown as the text that it is"


def test_a_hostile_finding_injects_nothing(
    ask: Ask, token: Made, dynamodb: "DynamoDBClient", store: FindingStore, finding: Make
) -> None:
    texts = dict.fromkeys(("resource", "region", "actor", "workflow_by"), HOSTILE)
    store.upsert([finding("h1", title=HOSTILE * 200, account="444455556666", **texts)])
    AccountStore(dynamodb, "state").write([Account(id="444455556666", name=HOSTILE)])
    for action in Action:
        page = ask(token(action, "h1"))
        assert is_harmless(page)
        assert page.headers == ask("").headers
        assert page.text.count("<script>alert(1)</script>") >= 4
        assert "{{ 7*7 }}" in page.text


def is_harmless(page: Shown) -> bool:
    """Whether no text of others became markup, and none reorders what is around it."""
    return "49" not in page.text and not any(one in page.html for one in ("<script", "<img", "\u202e"))


def test_a_finding_of_an_unknown_account_is_shown_by_its_id(
    ask: Ask, token: Made, store: FindingStore, finding: Make
) -> None:
    store.upsert([finding("f5", account="444455556666")])
    assert "444455556666 (444455556666)" not in ask(token(finding="f5")).text
    assert "444455556666" in ask(token(finding="f5")).texts


def test_without_a_dashboard_no_link_leads_there(ask: Ask, token: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASHBOARD_URL", "")
    assert "Open in Muster" not in ask(token()).text


def test_without_its_key_it_fails_visibly(ask: Ask, token: Made, aws: Callable[[str], Any]) -> None:
    aws("secretsmanager").put_secret_value(SecretId=SECRET, SecretString="{}")
    with pytest.raises(ChannelError, match="write that JSON into it"):
        ask(token())


def test_what_is_logged_says_who_acted_on_what_and_holds_no_token(
    ask: Ask, token: Made, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    logged: list[dict[str, Any]] = []
    monkeypatch.setattr(module.logger, "info", lambda message, **more: logged.append({"message": message, **more}))
    made = token()
    ask(made)
    assert logged == []
    send(ask, made, who="Alice")
    assert logged == [{"message": "A link acted", "action": "acknowledge", "finding": "f1", "target": "email"}]
    assert made not in capsys.readouterr().out
