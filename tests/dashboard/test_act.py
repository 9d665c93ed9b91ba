import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import streamlit as st
from botocore.exceptions import ClientError
from streamlit.testing.v1 import AppTest

from contract.clock import now
from contract.finding import Finding, RecordState, Severity, Workflow
from dashboard import data
from dashboard.deeds import LONGEST_NOTE, Deed, Said, asked, missing, possible
from dashboard.export import SUPPRESSED_COLUMNS, Form, exported, finding_row
from hub.store.decisions import Decision
from hub.store.findings import FindingStore, LostRaceError

Show = Callable[..., AppTest]
Markup = Callable[[AppTest], str]
SAYING = (Deed.ASSIGN, Deed.NOTE)


def finding(**changes: Any) -> Finding:
    about = {"detection": "d", "title": "t", "severity": Severity.LOW, "account": "a", "region": "r", "resource": "x"}
    return Finding(id="f", **{**about, **changes})


def stored(tables: Any, name: str) -> Finding:
    found = FindingStore(tables, "muster-findings").get(name)
    assert found is not None
    return found


def choose(app: AppTest, deed: Deed) -> AppTest:
    return app.segmented_control[0].set_value(deed).run()


def act(app: AppTest, who: str = "carol", note: str = "") -> AppTest:
    next(one for one in app.text_input if one.label == "Who").set_value(who)
    app.text_area[0].set_value(note)
    return next(button for button in app.button if "this finding" in button.label).click().run()


@pytest.mark.parametrize(
    ("changes", "deeds"),
    [
        ({}, [Deed.ACKNOWLEDGE, Deed.RESOLVE, Deed.SUPPRESS, *SAYING]),
        ({"workflow": Workflow.NOTIFIED}, [Deed.RESOLVE, Deed.SUPPRESS, *SAYING]),
        ({"workflow": Workflow.SUPPRESSED}, [Deed.RESOLVE, Deed.REOPEN, *SAYING]),
        ({"workflow": Workflow.RESOLVED}, [Deed.SUPPRESS, Deed.REOPEN, *SAYING]),
        ({"compliance": "PASSED"}, [Deed.SUPPRESS, *SAYING]),
        ({"record_state": RecordState.ARCHIVED}, []),
    ],
)
def test_only_deeds_that_change_something_are_offered(changes: dict[str, Any], deeds: list[Deed]) -> None:
    assert list(possible(finding(**changes))) == deeds


def test_an_address_asks_only_for_what_makes_sense() -> None:
    assert asked(finding(), "suppress") is Deed.SUPPRESS
    assert asked(finding(), "reopen") is None
    assert asked(finding(), "<script>") is None


def test_a_suppression_has_a_reason_and_everything_a_name() -> None:
    assert missing(Deed.SUPPRESS, Said(by="carol"))
    assert missing(Deed.RESOLVE, Said(by="", note="done"))
    assert missing(Deed.NOTE, Said(by="carol"))
    assert not missing(Deed.RESOLVE, Said(by="carol"))


def test_without_an_action_in_the_address_the_panel_is_closed(tables: Any, show: Show) -> None:
    app = show("findings", finding="one")
    assert app.segmented_control[0].value is None
    assert not app.text_area


def test_the_link_of_an_email_opens_the_panel_and_changes_nothing(tables: Any, show: Show) -> None:
    app = show("findings", finding="one", action="suppress")
    assert app.segmented_control[0].value == Deed.SUPPRESS
    assert app.text_area[0].label == "Reason"
    assert stored(tables, "one").is_open


def test_a_suppressed_finding_says_by_whom_and_why_and_leaves_the_list(tables: Any, show: Show, markup: Markup) -> None:
    assert "User one created" in markup(show("findings"))
    app = act(show("findings", finding="one", action="suppress"), note="a <b>drill</b>")
    assert not app.exception
    assert "Suppressed by carol" in markup(app)
    assert "a &lt;b&gt;drill&lt;/b&gt;" in markup(app)
    assert "action" not in app.query_params
    assert app.segmented_control[0].value is None
    kept = stored(tables, "one")
    assert (kept.workflow, kept.workflow_by, kept.note) == (Workflow.SUPPRESSED, "carol", "a <b>drill</b>")
    assert "User one created" not in markup(show("findings"))


def test_a_suppression_without_a_reason_is_not_stored(tables: Any, show: Show) -> None:
    app = act(show("findings", finding="one", action="suppress"), note="  ")
    assert "Say why" in app.error[0].value
    assert stored(tables, "one").is_open


def test_a_closed_finding_can_be_reopened(tables: Any, show: Show, markup: Markup) -> None:
    app = act(choose(show("findings", finding="closed"), Deed.REOPEN))
    assert "Changed by carol" in markup(app)
    assert stored(tables, "closed").is_open


def test_a_finding_is_given_to_somebody_and_stays_open(tables: Any, show: Show, markup: Markup) -> None:
    app = choose(show("findings", finding="one"), Deed.ASSIGN)
    next(one for one in app.text_input if one.label == "Assign to").set_value("dave@example.com")
    app = act(app)
    assert "Assigned to <b>dave@example.com</b>" in markup(app)
    kept = stored(tables, "one")
    assert (kept.assignee, kept.workflow_by, kept.is_open) == ("dave@example.com", "carol", True)


def test_a_note_says_something_and_changes_nothing_else(tables: Any, show: Show, markup: Markup) -> None:
    app = act(choose(show("findings", finding="one"), Deed.NOTE))
    assert "Write the note" in app.error[0].value
    app = act(app, note="Asked the team")
    assert "Changed by carol" in markup(app)
    assert "Asked the team" in markup(app)
    assert stored(tables, "one").is_open


def test_who_acts_is_remembered(tables: Any, show: Show) -> None:
    app = act(show("findings", finding="one", action="resolve"))
    assert choose(app, Deed.REOPEN).text_input[0].value == "carol"


def test_whoever_signed_in_acts_under_that_name(tables: Any, show: Show, monkeypatch: pytest.MonkeyPatch) -> None:
    sign_in = {"issuer": "https://login.example.com", "client_id": "m", "address": "https://muster.example.com"}
    everywhere = [{"group": "security", "role": "operator"}]
    monkeypatch.setenv("SIGN_IN", json.dumps({**sign_in, "groups": everywhere}))
    claims = {"is_logged_in": True, "email": "dave@example.com", "iat": now().timestamp(), "groups": ["security"]}
    monkeypatch.setattr(type(st.user), "to_dict", lambda _: claims)
    app = show("findings", finding="one", action="resolve")
    assert app.text_input[0].disabled
    next(button for button in app.button if "this finding" in button.label).click().run()
    assert stored(tables, "one").workflow_by == "dave@example.com"


def test_a_finding_that_its_provider_closed_offers_nothing(tables: Any, show: Show) -> None:
    FindingStore(tables, "muster-findings").upsert([finding(record_state=RecordState.ARCHIVED)])
    app = show("findings", finding="f", action="suppress")
    assert not app.segmented_control
    assert "only the provider can open it again" in app.caption[0].value


def test_a_finding_that_is_gone_meanwhile_is_one_clear_message(tables: Any) -> None:
    tables.delete_item(TableName="muster-findings", Key={"id": {"S": "one"}})
    with pytest.raises(data.DataError, match="gone"):
        data.act("one", Deed.RESOLVE, Said(by="carol"))


def test_a_lost_race_is_one_clear_message(
    tables: Any, show: Show, markup: Markup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FindingStore, "decide", _raise(LostRaceError("one")))
    app = act(show("findings", finding="one", action="resolve"))
    assert not app.exception
    assert "Nothing was changed" in markup(app)
    assert "at the same moment" in markup(app)


def test_somebody_elses_newer_deed_is_said_rather_than_overwritten(tables: Any) -> None:
    later = now().replace(year=now().year + 1).isoformat()
    FindingStore(tables, "muster-findings").decide(
        "one", Decision(workflow=Workflow.RESOLVED, by="dave", note="", at=later)
    )
    with pytest.raises(data.DataError, match="dave acted"):
        data.act("one", Deed.SUPPRESS, Said(by="carol", note="a drill"))


def test_a_profile_that_may_only_read_is_told_what_it_lacks(
    tables: Any, show: Show, markup: Markup, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "PutItem")
    monkeypatch.setattr(FindingStore, "decide", _raise(refused))
    app = act(show("findings", finding="one", action="resolve"))
    assert "dynamodb:PutItem" in markup(app)


@pytest.mark.parametrize("name", ["../one", "a" * 65, '"><b>', "one two"])
def test_what_is_no_id_is_never_asked_for(
    tables: Any, show: Show, markup: Markup, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(FindingStore, "get", _raise(AssertionError("asked")))
    app = show("findings", finding=name)
    assert not app.exception
    assert "No such finding" in markup(app)


def test_a_note_is_no_longer_than_security_hub_takes(tables: Any, show: Show) -> None:
    assert show("findings", finding="one", action="resolve").text_area[0].proto.max_chars == LONGEST_NOTE


def _raise(error: Exception) -> Callable[..., None]:
    def raising(*_: object) -> None:
        raise error

    return raising


def test_the_suppressed_say_why_by_whom_and_until_when_also_in_their_file(
    tables: Any, show: Show, markup: Markup
) -> None:
    until = act(choose(show("findings", finding="one"), Deed.SUPPRESS), note="a <drill>")
    assert not until.exception
    day = (now() + timedelta(days=90)).date().isoformat()
    app = show("findings", status="suppressed")
    page = markup(app)
    assert ">Accepted<" in page
    assert f'a &lt;drill&gt;<span class="m-sub">until {day} by carol</span>' in page
    rows = exported(Form.CSV, SUPPRESSED_COLUMNS, [finding_row(stored(tables, "one"), data.organization())])
    assert f"a <drill>,carol,{day}" in rows


def test_a_time_that_nobody_chose_is_not_for_good_and_good_is(tables: Any, show: Show) -> None:
    app = choose(show("findings", finding="one"), Deed.SUPPRESS)
    spans = next(one for one in app.selectbox if one.label == "For how long")
    assert spans.value == 90
    spans.set_value(0)
    act(app, note="for ever")
    assert (stored(tables, "one").workflow, stored(tables, "one").workflow_until) == (Workflow.SUPPRESSED, "")


@pytest.mark.parametrize("day", ["2020-01-01", "2026-13-40", "tomorrow", "9999-01-01"])
def test_a_day_that_cannot_be_meant_is_refused_and_nothing_is_stored(tables: Any, show: Show, day: str) -> None:
    app = choose(show("findings", finding="one"), Deed.SUPPRESS)
    next(one for one in app.text_input if one.label.startswith("Or until")).set_value(day)
    app = act(app, note="a drill")
    assert f"{day} is no day from tomorrow to" in app.error[0].value
    assert stored(tables, "one").is_open


def test_a_day_that_is_written_holds_to_its_end(tables: Any, show: Show) -> None:
    day = (now() + timedelta(days=5)).date().isoformat()
    app = choose(show("findings", finding="one"), Deed.SUPPRESS)
    next(one for one in app.text_input if one.label.startswith("Or until")).set_value(day)
    act(app, note="a drill")
    assert stored(tables, "one").workflow_until.startswith(f"{day}T23:59:59")


def test_what_is_so_already_is_done_again_and_what_makes_no_sense_is_not(tables: Any) -> None:
    said = Said(by="carol", note="seen")
    for _ in range(2):
        data.act("one", Deed.ACKNOWLEDGE, said)
    assert stored(tables, "one").workflow is Workflow.NOTIFIED
    data.act("one", Deed.SUPPRESS, said)
    ((_, error),) = data.act_on_many(["one"], Deed.ACKNOWLEDGE, said)
    assert "is suppressed by now" in str(error)
    assert stored(tables, "one").workflow is Workflow.SUPPRESSED


def test_a_filter_that_says_nothing_to_a_page_is_named(tables: Any, show: Show, markup: Markup) -> None:
    assert "Severity and Time say nothing here." in markup(show("coverage", severity="HIGH", days="7"))
    assert "say nothing here" not in markup(show("coverage", region="us-east-1"))
