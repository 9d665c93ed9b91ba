"""The API: lists, findings and decisions, and everything that it says no to."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from contract.finding import Finding, Severity, Status, Workflow
from hub.api import handler as module
from hub.api.handler import answer_handler
from hub.store.accounts import Account, AccountStore
from hub.store.findings import FindingStore, LostRaceError
from hub.store.history import Entry, HistoryStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from tests.hub.conftest import Calls

Make = Callable[..., Finding]
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ALICE = "arn:aws:sts::111122223333:assumed-role/Security/alice"


class Context:
    """Lambda's context, as much of it as Powertools reads."""

    function_name = "api"
    memory_limit_in_mb = 256
    invoked_function_arn = "arn:aws:lambda:eu-central-1:111122223333:function:api"
    aws_request_id = "1"


@pytest.fixture
def ask(
    dynamodb: "DynamoDBClient", aws: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Any]]:
    monkeypatch.setenv("FINDINGS_TABLE", "findings")
    monkeypatch.setenv("STATE_TABLE", "state")
    monkeypatch.setattr(module, "aws_client", lambda _service: dynamodb)
    monkeypatch.setattr(module, "now", lambda: NOW)
    module._settings.cache_clear()

    def asked(
        path: str, method: str = "GET", body: Any = None, headers: Any = None, by: str = ALICE, **query: Any
    ) -> dict[str, Any]:
        headers = headers or ({} if body is None else {"Content-Type": "application/json; charset=utf-8"})
        lists = {name: value if isinstance(value, list) else [str(value)] for name, value in query.items()}
        event = {
            "resource": "/{proxy+}",
            "path": path,
            "httpMethod": method,
            "headers": headers,
            "multiValueHeaders": {name: [value] for name, value in headers.items()},
            "queryStringParameters": {name: values[-1] for name, values in lists.items()} or None,
            "multiValueQueryStringParameters": lists or None,
            "requestContext": {"identity": {"userArn": by}, "path": path, "stage": "v1", "requestId": "1"},
            "body": body if isinstance(body, str) or body is None else json.dumps(body),
            "isBase64Encoded": False,
        }
        return answer_handler(event, Context())

    yield asked
    module._settings.cache_clear()


def told(answer: dict[str, Any]) -> Any:
    return json.loads(answer["body"])


def test_findings_are_listed_newest_first_in_pages(ask: Any, store: FindingStore, finding: Make) -> None:
    times = [f"2026-11-20T09:{minute:02}:00.000000Z" for minute in range(7)]
    store.upsert(finding(f"f{place}", first_seen=at) for place, at in enumerate(times))
    found, cursor = [], ""
    for _ in range(4):
        page = told(ask("/findings", limit=3, **({"cursor": cursor} if cursor else {})))
        found += [one["id"] for one in page["findings"]]
        cursor = page["cursor"]
        if not cursor:
            break
    assert found == [f"f{place}" for place in reversed(range(7))]


def test_a_list_is_narrowed_by_everything_that_it_says(ask: Any, store: FindingStore, finding: Make) -> None:
    store.upsert(
        [
            finding("f1"),
            finding("f2", severity=Severity.LOW),
            finding("f3", account="444455556666", region="eu-west-1", actor="bob"),
        ]
    )
    for query, expected in (
        ({"severity": ["LOW"]}, {"f2"}),
        ({"severity": ["LOW", "HIGH"]}, {"f1", "f2", "f3"}),
        ({"account": "444455556666"}, {"f3"}),
        ({"region": "eu-west-1"}, {"f3"}),
        ({"actor": "bob"}, {"f3"}),
        ({"since": "2026-11-20T10:00:00+01:00"}, {"f1", "f2", "f3"}),
        ({"since": "2026-11-20T10:00:00Z"}, set()),
        ({"detection": "nobody.knows"}, set()),
    ):
        assert {one["id"] for one in told(ask("/findings", **query))["findings"]} == expected, query


def test_what_was_closed_on_a_day_is_a_list_too(ask: Any, store: FindingStore, finding: Make) -> None:
    store.upsert([finding(workflow=Workflow.RESOLVED, workflow_at="2026-11-20T10:00:00.000000Z")])
    assert told(ask("/findings"))["findings"] == []
    (row,) = told(ask("/findings", closed_on="2026-11-20"))["findings"]
    assert (row["id"], row["status"]) == ("f1", "RESOLVED")


def test_a_finding_is_shown_whole_with_what_became_of_it(
    ask: Any, store: FindingStore, finding: Make, dynamodb: "DynamoDBClient"
) -> None:
    store.upsert([finding(details={"policy": "x"})])
    HistoryStore(dynamodb, "state").add("f1", Entry(2, "2026-11-20T10:00:00Z", "bob", {"note": ("", "x")}))
    whole = told(ask("/findings/f1"))
    assert whole["finding"]["details"] == {"policy": "x"}
    assert (whole["status"], whole["history"][0]["by"]) == ("OPEN", "bob")
    usual = {name: whole["finding"][name] for name in ("workflow", "record_state", "mode", "note", "customer")}
    assert usual == {"workflow": "NEW", "record_state": "ACTIVE", "mode": "live", "note": "", "customer": {}}
    assert whole["finding"].keys() == {*Finding.__struct_fields__}


def test_a_decision_is_made_in_the_callers_name(ask: Any, store: FindingStore, finding: Make) -> None:
    store.upsert([finding()])
    decided = {"workflow": "SUPPRESSED", "reason": "a drill", "until": "2027-01-31", "assignee": "carol"}
    answer = ask("/findings/f1", "PATCH", decided)
    assert (answer["statusCode"], told(answer)["status"]) == (200, "SUPPRESSED")
    after = store.get("f1")
    assert after is not None
    assert (after.status, after.workflow_by, after.suppression, after.note, after.assignee) == (
        *(Status.SUPPRESSED, ALICE, "a drill", "a drill", "carol"),
    )
    assert after.workflow_until == "2027-01-31T23:59:59.999999Z"
    ask("/findings/f1", "PATCH", {"note": "still needed"})
    noted = store.get("f1")
    assert noted is not None
    assert (noted.status, noted.note, noted.suppression) == (Status.SUPPRESSED, "still needed", "a drill")


def test_a_suppression_may_end_with_this_day(ask: Any, store: FindingStore, finding: Make) -> None:
    store.upsert([finding()])
    answer = ask("/findings/f1", "PATCH", {"workflow": "SUPPRESSED", "reason": "a drill", "until": "2026-11-20"})
    assert (answer["statusCode"], told(answer)["finding"]["workflow_until"]) == (200, "2026-11-20T23:59:59.999999Z")


def test_a_long_name_keeps_the_person_at_its_end(ask: Any, store: FindingStore, finding: Make) -> None:
    store.upsert([finding()])
    role, session = "R" * 64, f"{'a' * 52}@example.com"
    by = f"arn:aws:sts::111122223333:assumed-role/{role}/{session}"
    assert told(ask("/findings/f1", "PATCH", {"note": "x"}, by=by))["finding"]["workflow_by"] == f"{role}/{session}"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"workflow": "SUPPRESSED"}, "say why it is suppressed"),
        ({"workflow": "RESOLVED", "reason": "x"}, "for workflow SUPPRESSED"),
        ({}, "give one of workflow, note, assignee"),
        ({"workflow": "GONE"}, "workflow"),
        ({"workflow": "NEW", "by": "mallory"}, "by"),
        ({"note": "x" * 513}, "note"),
        ({"workflow": "SUPPRESSED", "reason": "x", "until": "2027-02-31"}, "until: 2027-02-31 is no day"),
        ({"workflow": "SUPPRESSED", "reason": "x", "until": "2026-11-19"}, "until: 2026-11-19 is over"),
        ({"workflow": "SUPPRESSED", "reason": "x", "until": "9999-12-31"}, "until: nothing is after 9998-12-31"),
        ("{", ""),
        ("[]", ""),
        (None, ""),
    ],
)
def test_a_decision_that_is_none_changes_nothing(
    ask: Any, store: FindingStore, finding: Make, body: Any, said: str
) -> None:
    store.upsert([finding()])
    answer = ask("/findings/f1", "PATCH", body)
    assert answer["statusCode"] in {400, 422}
    assert said in told(answer)["detail"]
    unchanged = store.get("f1")
    assert unchanged is not None
    assert unchanged.is_open


@pytest.mark.parametrize(
    ("path", "method", "query", "status"),
    [
        ("/findings/nobody", "GET", {}, 404),
        ("/findings/nobody", "PATCH", {}, 404),
        ("/nothing", "GET", {}, 404),
        ("/findings", "DELETE", {}, 404),
        ("/findings/%2e%2e", "GET", {}, 422),
        ("/findings", "GET", {"limit": 101}, 422),
        ("/findings", "GET", {"limit": "many"}, 422),
        ("/findings", "GET", {"severity": "AWFUL"}, 422),
        ("/findings", "GET", {"account": "1"}, 422),
        ("/findings", "GET", {"since": "yesterday"}, 400),
        ("/findings", "GET", {"since": "0001-01-01T00:00:00+14:00"}, 400),
        ("/findings", "GET", {"until": "9999-12-31T23:59:59-14:00"}, 400),
        ("/findings", "GET", {"closed_on": "2026-13-01"}, 400),
        ("/findings", "GET", {"closed_on": "9999-12-31"}, 400),
        ("/findings", "GET", {"cursor": "nonsense"}, 400),
        ("/findings", "GET", {"resource": "x" * 2_049}, 422),
    ],
)
def test_what_cannot_be_answered_is_a_problem_of_its_own(
    ask: Any, path: str, method: str, query: dict[str, Any], status: int
) -> None:
    answer = ask(path, method, {"workflow": "RESOLVED"} if method == "PATCH" else None, **query)
    assert answer["statusCode"] == status
    assert answer["headers"]["Content-Type"] == "application/problem+json"
    problem = told(answer)
    assert (problem["status"], problem["type"]) == (status, "about:blank")
    assert problem["title"]
    assert problem["detail"]


def test_a_body_that_is_too_long_is_refused_unread(ask: Any) -> None:
    answer = ask("/findings/f1", "PATCH", "x" * 10_000)
    assert (answer["statusCode"], told(answer)["title"]) == (413, "Request Entity Too Large")


def test_a_body_that_is_not_said_to_be_json_is_refused_unread(ask: Any) -> None:
    answer = ask("/findings/f1", "PATCH", "note=x", headers={"content-type": "multipart/form-data"})
    assert (answer["statusCode"], told(answer)["title"]) == (415, "Unsupported Media Type")


def test_a_head_request_has_the_headers_of_the_answer_and_no_body(ask: Any) -> None:
    whole, head = ask("/health"), ask("/health", "HEAD")
    assert (head["statusCode"], head["body"]) == (200, "")
    assert head["headers"] == whole["headers"]


def test_a_lost_race_is_a_conflict(
    ask: Any, store: FindingStore, finding: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.upsert([finding()])

    def race(*_: Any) -> None:
        raise LostRaceError("f1")

    monkeypatch.setattr(FindingStore, "decide", race)
    assert ask("/findings/f1", "PATCH", {"note": "x"})["statusCode"] == 409


def test_the_summary_costs_one_read(ask: Any, calls: "Calls") -> None:
    before = calls.count("GetItem")
    answer = told(ask("/summary"))
    assert calls.count("GetItem") == before + 1
    assert answer["open"]["HIGH"] == answer["accepted"]["HIGH"] == 0
    assert len(answer["by_day"]) == 30


def test_accounts_and_health_are_told(ask: Any, dynamodb: "DynamoDBClient") -> None:
    AccountStore(dynamodb, "state").write([Account(id="111122223333", name="shop", ou_path="Root/Prod", owner="web")])
    assert told(ask("/accounts")) == {
        "accounts": [
            {
                "id": "111122223333",
                "name": "shop",
                "ou_path": "Root/Prod",
                "ou_ids": [],
                "owner": "web",
                "status": "ACTIVE",
            }
        ]
    }
    assert told(ask("/health"))["status"] == "ok"


@pytest.mark.parametrize(("path", "kept"), [("/summary", True), ("/nothing", False)])
def test_every_answer_has_the_headers_that_browsers_and_caches_need(ask: Any, path: str, kept: bool) -> None:
    headers = ask(path)["headers"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Strict-Transport-Security"].startswith("max-age=63072000")
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert headers["Cache-Control"] == ("private, max-age=10" if kept else "no-store")
    assert ("ETag" in headers) is kept


def test_what_the_caller_has_already_is_not_sent_again(ask: Any, store: FindingStore, finding: Make) -> None:
    store.upsert([finding()])
    tag = ask("/findings")["headers"]["ETag"]
    again = ask("/findings", headers={"If-None-Match": f'"other", W/{tag}'})
    assert (again["statusCode"], again["body"]) == (304, "")
    store.upsert([finding("f2")])
    assert ask("/findings", headers={"If-None-Match": tag})["statusCode"] == 200


def test_a_page_of_fifty_costs_half_a_read_unit_a_shard(
    ask: Any, store: FindingStore, finding: Make, calls: "Calls"
) -> None:
    store.upsert(finding(f"f{place:03}") for place in range(200))
    before = calls.count("Query")
    answer = ask("/findings", severity="HIGH")
    assert len(told(answer)["findings"]) == 50
    assert calls.count("Query") - before <= 2 * 16
    assert len(answer["body"]) < 32_000
