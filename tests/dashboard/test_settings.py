from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from contract.clock import iso, now
from hub.store.deployed import Channel, Deployed, DeployedRoute, DeployedStore, Section, Setting
from hub.store.outbox import Outbox
from hub.store.outgoing import Pending, TargetState
from hub.store.suppressions import Suppression, SuppressionStore

Show = Callable[..., AppTest]
Markup = Callable[[AppTest], str]


@pytest.fixture
def deployed(tables: Any) -> Any:
    known = Deployed(
        version="0.1.0",
        digest="0123456789abcdef",
        at=iso(now() - timedelta(hours=3)),
        channels=(Channel("email", "email", "MEDIUM", 20), Channel("chat", "slack", "HIGH", 30)),
        routes=(
            DeployedRoute("payments", ("chat",), ("minimum severity: HIGH",), is_last=True),
            DeployedRoute("everything", ("email",), digest=("weekly",)),
        ),
    )
    sections = [
        Section("aws", (Setting("home_region", "eu-west-1"), Setting("prefix", "muster", is_usual=True))),
        Section("web", (Setting("dashboard_url", "", is_usual=True),)),
    ]
    DeployedStore(tables, "muster-state").write(known, sections)
    outbox = Outbox(tables, "muster-state")
    lease = outbox.lease("chat", "me", now())
    assert lease
    outbox.release(lease, TargetState(failing_since=iso(now()), failure="404 <no> such webhook"))
    outbox.put("chat", [Pending(key="k1", at=iso(now())), Pending(key="k2", at=iso(now()))])
    suppressions = SuppressionStore(tables, "muster-state")
    suppressions.write(Suppression(id="for-good", reason="the website", owner="web", is_written=True))
    soon, over = iso(now() + timedelta(days=3, hours=1)), iso(now() - timedelta(days=1))
    suppressions.write(Suppression(id="soon", reason="a <drill>", owner="sec", until=soon, accounts=("111122223333",)))
    suppressions.write(Suppression(id="gone", reason="migration", owner="ops", until=over))
    return tables


def test_the_page_says_what_is_deployed_and_since_when(deployed: Any, show: Show, markup: Markup) -> None:
    page = markup(show("settings"))
    assert "Muster 0.1.0, settings 0123456789abcdef, deployed" in page
    assert "3 h ago" in page


def test_a_channel_that_fails_says_why_and_how_much_waits(deployed: Any, show: Show, markup: Markup) -> None:
    channels = markup(show("settings")).partition("<h2>Channels")[2].partition("<h2>Routes")[0]
    email, _, chat = channels.partition(">slack<")
    assert "Well" in email
    assert "Failing" in chat
    assert "404 &lt;no&gt; such webhook" in chat
    assert '<span class="m-silent">2</span>' in chat


def test_routes_stand_in_their_order_with_what_they_take(deployed: Any, show: Show, markup: Markup) -> None:
    routes = markup(show("settings")).partition("<h2>Routes")[2].partition("<h2>Suppressions")[0]
    first, _, second = routes.partition(">everything<")
    assert "minimum severity: HIGH" in first
    assert "later routes hear nothing of it" in first
    assert "digest weekly" in second


def test_suppressions_that_end_soon_stand_first(deployed: Any, show: Show, markup: Markup) -> None:
    page = markup(show("settings"))
    assert "Suppressions (3), 1 end within 14 days" in page
    rows = page.partition("<h2>Suppressions")[2]
    assert rows.index("a &lt;drill&gt;") < rows.index("the website") < rows.index("migration")
    assert "3 days left" in rows
    assert "is over" in rows


def test_a_setting_is_found_by_its_name_or_value(deployed: Any, show: Show, markup: Markup) -> None:
    app = show("settings")
    assert "home_<wbr>region" in markup(app)
    app = app.text_input[0].set_value("prefix").run()
    assert "home_<wbr>region" not in markup(app)
    assert [one.label for one in app.expander] == ["aws (1, 0 set)"]
    assert "No setting has that" in markup(app.text_input[0].set_value("nothing has this").run())


def test_before_the_hubs_first_look_suppressions_are_there_all_the_same(
    tables: Any, show: Show, markup: Markup
) -> None:
    app = show("settings")
    assert not app.exception
    assert "the hub has not stored yet what is deployed" in markup(app)
    assert "Nothing is accepted by a rule" in markup(app)


def test_every_table_is_a_file(deployed: Any, show: Show) -> None:
    labels = [one.label for one in show("settings").get("download_button")]
    assert labels.count("Save CSV (3 rows)") == 2
    assert labels.count("Save JSON (3 rows)") == 2
