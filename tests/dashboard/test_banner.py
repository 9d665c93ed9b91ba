"""While somebody is not told of findings, every page says so, and why."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from hub.store.outbox import Outbox
from hub.store.outgoing import TargetState
from hub.store.troubles import Trouble, TroubleStore
from tests.dashboard.conftest import Show

Markup = Callable[[Any], str]

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


def test_nothing_is_said_while_all_is_well(empty_tables: Any, show: Show, markup: Markup) -> None:
    assert "m-banner" not in markup(show())


def test_a_failing_channel_is_said_on_every_page(empty_tables: Any, show: Show, markup: Markup) -> None:
    outbox = Outbox(empty_tables, "muster-state")
    lease = outbox.lease("slack", "one", NOW)
    assert lease
    why = "hooks.slack.com says 404 (no_service): the webhook was revoked"
    outbox.save(lease, TargetState(failing_since="2026-11-20T08:00:00.000000Z", failure=why))
    for page in ("overview", "findings"):
        said = markup(show(page))
        assert "Not everybody is told of findings" in said
        assert f"it fails since 2026-11-20 08:00 UTC: {why}" in said


def test_what_the_hub_saw_is_said_and_escaped(empty_tables: Any, show: Show, markup: Markup) -> None:
    trouble = Trouble("muster-alerts", "not confirmed: <oncall@example.com>", "follow the link", is_fatal=False)
    TroubleStore(empty_tables, "muster-state").replace([trouble])
    said = markup(show())
    assert "Channels that need a look" in said
    assert "&lt;oncall@example.com&gt;. Follow the link" in said
