from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from contract.clock import iso, now
from contract.spoke_events import TaggingFailure, TaggingResult
from dashboard.creations import Bounds
from dashboard.views import tagging
from hub.store.tagging import TaggingStore

Show = Callable[..., AppTest]
Markup = Callable[[AppTest], str]
PAYMENTS, SANDBOX = "111122223333", "444455556666"


def made(event: str, **changes: Any) -> TaggingResult:
    return TaggingResult(
        **{
            "account": SANDBOX,
            "region": "us-east-1",
            "version": "0.1.0",
            "api_call": "ec2.amazonaws.com:RunInstances",
            "event_id": event,
            "created_by": "bob",
            "tagged": (f"arn:aws:ec2:us-east-1:{SANDBOX}:instance/i-0123456789abcdef0",),
            "created_at": iso(now() - timedelta(hours=1)),
            "lag_seconds": 12.0,
            **changes,
        }
    )


@pytest.fixture
def reported(tables: Any) -> Any:
    store = TaggingStore(tables, "muster-state")
    store.record(made("e2"), now())
    store.record(made("old", created_by="carol", created_at=iso(now() - timedelta(days=20))), now())
    odd = TaggingFailure("arn:aws:sqs:us-east-1:444455556666:<jobs>", "the queue <is> gone")
    store.record(made("e3", api_call="sqs.amazonaws.com:CreateQueue", tagged=(), failed=(odd,)), now())
    return tables


def test_the_page_says_how_much_has_its_creators_tag_and_how_soon(reported: Any, show: Show, markup: Markup) -> None:
    page = markup(show("tagging"))
    assert "Resources created</small><strong>4<" in page
    assert "<strong>50.0 %<" in page
    assert "<strong>12 s<" in page
    assert "All reports of 3 accounts." in page


def test_what_stayed_untagged_stands_there_with_its_reason(reported: Any, show: Show, markup: Markup) -> None:
    page = markup(show("tagging")).partition("and why")[2].partition("Created last")[0]
    assert "CreateQueue (sqs)" in page
    assert "the queue &lt;is&gt; gone" in page
    assert "AccessDenied" in page


def test_creators_kinds_and_accounts_are_counted(reported: Any, show: Show, markup: Markup) -> None:
    page = markup(show("tagging"))
    creators = page.partition("<h2>Creators")[2].partition("<h2>Kinds")[0]
    assert "alice" in creators
    assert "bob" in creators
    assert "carol" not in creators
    assert 'href="tagging?account=444455556666">sandbox-alice' in page


def test_a_longer_window_has_older_creations(reported: Any, show: Show, markup: Markup) -> None:
    page = markup(show("tagging", days="30"))
    assert "the last 30 days" in page
    assert "carol" in page


def test_filters_of_account_and_region_hold_here(reported: Any, show: Show, markup: Markup) -> None:
    page = markup(show("tagging", account=PAYMENTS))
    assert "RunInstances" not in page
    assert "CreateBucket (s3)" in page
    assert "Nothing was created in these days" in markup(show("tagging", region="eu-central-1"))


def test_more_accounts_than_are_read_are_told(
    reported: Any, show: Show, markup: Markup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tagging, "WIDE", Bounds(2, 100))
    assert "Reports of 2 of 3 accounts were read" in markup(show("tagging"))


def test_a_hub_without_reports_says_what_to_do(empty_tables: Any, show: Show, markup: Markup) -> None:
    app = show("tagging")
    assert not app.exception
    assert "Nothing was created in these days" in markup(app)


def test_a_failed_read_leaves_the_page_standing(
    reported: Any, show: Show, markup: Markup, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: Any) -> Any:
        reported.exceptions  # noqa: B018 - the client is there, the table is not
        return reported.query(TableName="nowhere", KeyConditionExpression="pk = :p", ExpressionAttributeValues={})

    monkeypatch.setattr(TaggingStore, "of", failing)
    app = show("tagging")
    assert not app.exception
    assert "Creator tags: could not be read" in markup(app)


def test_the_tables_are_files_too(reported: Any, show: Show) -> None:
    labels = [one.label for one in show("tagging").get("download_button")]
    assert "Save CSV (2 rows)" in labels
    assert any(one.startswith("Save JSON") for one in labels)
