from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from contract.clock import now
from contract.spoke_events import BackupFailure, Job, RetentionReport
from hub.store.retention import RetentionStore

Show = Callable[..., AppTest]
Markup = Callable[[AppTest], str]
PAYMENTS, SANDBOX = "111122223333", "444455556666"


def report(account: str, **changes: Any) -> RetentionReport:
    usual = {"region": "eu-west-1", "version": "0.1.0", "job": Job.TAGGING, "run": "r1", "interval_seconds": 86_400}
    return RetentionReport(account=account, **{**usual, **changes})


@pytest.fixture
def reported(tables: Any) -> Any:
    store = RetentionStore(tables, "muster-state")
    store.record(report(PAYMENTS, images=3, snapshots=40, due=7, due_gib=500, due_cost=25.0), now())
    failure = BackupFailure("snap-0123456789abcdef0", "the <tag> limit is reached")
    store.record(report(SANDBOX, region="us-east-1", snapshots=2, failed=1, failures=(failure,)), now())
    return tables


def test_what_is_past_its_date_has_its_cost_the_dearest_first(reported: Any, show: Show, markup: Markup) -> None:
    page = markup(show("tagging"))
    assert "Past their date</small><strong>7<" in page
    assert "They cost</small><strong>$25.00<" in page
    places = page.partition("Images and snapshots, by account")[2]
    assert places.index("payments-prod") < places.index("sandbox-alice")


def test_what_could_not_be_done_says_why(reported: Any, show: Show, markup: Markup) -> None:
    assert "the &lt;tag&gt; limit is reached" in markup(show("tagging")).partition("could not be done")[2]


def test_filters_hold_for_retention_too(reported: Any, show: Show, markup: Markup) -> None:
    assert "Past their date</small><strong>0<" in markup(show("tagging", account=SANDBOX))
    assert "No run over images and snapshots" in markup(show("tagging", region="eu-central-1"))


def test_retention_is_there_when_nothing_was_created(reported: Any, show: Show, markup: Markup) -> None:
    page = markup(show("tagging", account=SANDBOX))
    assert "Nothing was created in these days" in page
    assert "sandbox-alice" in page


def test_a_hub_without_runs_says_when_they_come(tables: Any, show: Show, markup: Markup) -> None:
    assert "No run over images and snapshots was reported" in markup(show("tagging"))


def test_places_are_a_file_too(reported: Any, show: Show) -> None:
    app = show("tagging", account=SANDBOX)
    assert "Save CSV (1 row)" in [one.label for one in app.get("download_button")]
