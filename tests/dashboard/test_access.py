"""Who sees and does what: by groups and units, wherever a page, a link, a search or an export would reach."""

import ast
import csv
import io
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import streamlit as st
from streamlit import config
from streamlit.testing.v1 import AppTest

from contract.clock import now
from contract.finding import Finding
from dashboard import data
from dashboard.access import LOCAL, Access, Grant, Role, granted, person_of
from dashboard.creations import WIDE, creations
from dashboard.deeds import Deed, Said
from dashboard.export import FINDING_COLUMNS, Form, exported, finding_row
from dashboard.filters import Filters, State
from dashboard.narrowing import view_of
from dashboard.organization import Organization
from dashboard.problems import DataError
from dashboard.session import ExpiredError, NoGroupError, SignedOutError, admitted
from dashboard.sign_in import SignIn
from hub.store.accounts import Account, AccountStore
from hub.store.findings import FindingStore
from hub.store.query import FindingQuery
from hub.store.troubles import Trouble, TroubleStore

Show = Callable[..., AppTest]
Markup = Callable[[AppTest], str]
SignedIn = Callable[..., None]

PAYMENTS, SANDBOX = "111122223333", "444455556666"
ROOT, PRODUCTION, BOXES = "r-exam", "ou-exam-11111111", "ou-exam-22222222"
SIGN_IN = SignIn(
    issuer="https://login.example.com",
    client_id="muster",
    address="https://muster.example.com",
    groups=(
        Grant(group="security", role=Role.OPERATOR),
        Grant(group="auditors"),
        Grant(group="payments", units=(PRODUCTION,)),
        Grant(group="sandbox-owners", role=Role.OPERATOR, units=(BOXES,)),
    ),
)
MINE = {"one", "two"}
OTHERS = ("three", "four")


@pytest.fixture
def units(tables: Any) -> Any:
    AccountStore(tables, "muster-state").write(
        [
            Account(id=PAYMENTS, name="payments-prod", ou_path="Root/Workloads", ou_ids=(ROOT, PRODUCTION)),
            Account(id=SANDBOX, name="sandbox-alice", ou_path="Root/Sandbox", ou_ids=(ROOT, BOXES)),
        ]
    )
    return tables


@pytest.fixture
def signed_in(monkeypatch: pytest.MonkeyPatch) -> SignedIn:
    """Return how to sign somebody in who is in some groups."""

    def signing(*groups: str, email: str = "dave@example.com") -> None:
        monkeypatch.setenv("SIGN_IN", msgspec.json.encode(SIGN_IN).decode())
        claims = {"is_logged_in": True, "email": email, "iat": int(now().timestamp()), "groups": list(groups)}
        monkeypatch.setattr(type(st.user), "to_dict", lambda _: claims)

    return signing


def account(*units: str) -> Account:
    return Account(id="111122223333", name="a", ou_ids=units)


def test_a_grant_reaches_its_units_and_those_below_them() -> None:
    access = Access(person="dave", grants=(Grant(group="g", units=(PRODUCTION,)),))
    assert access.sees(account(ROOT, PRODUCTION, "ou-exam-33333333"))
    assert not access.sees(account(ROOT, BOXES))
    assert not access.sees(None)
    assert not access.is_whole


def test_a_grant_without_units_reaches_what_nobody_knows_too() -> None:
    access = Access(person="carol", grants=(Grant(group="g"),))
    assert access.sees(None)
    assert access.is_whole


def test_several_groups_add_up_and_each_role_holds_in_its_units_only() -> None:
    access = Access(
        person="dave",
        grants=(Grant(group="a", units=(PRODUCTION,)), Grant(group="b", role=Role.OPERATOR, units=(BOXES,))),
    )
    assert access.sees(account(PRODUCTION))
    assert not access.acts_on(account(PRODUCTION))
    assert access.acts_on(account(BOXES))
    assert not access.is_operator_of_all


def test_whoever_need_not_sign_in_may_what_their_credentials_may() -> None:
    assert LOCAL.acts_on(None)
    assert LOCAL.person == ""


@pytest.mark.parametrize(
    ("claim", "groups"),
    [
        (["payments", "chess"], ["payments"]),
        ("security", ["security"]),
        ([], []),
        (None, []),
        ("security,payments", []),
        ({"security": True}, []),
    ],
)
def test_groups_are_those_of_the_claim_by_their_whole_names(claim: Any, groups: list[str]) -> None:
    assert [one.group for one in granted(SIGN_IN.groups, {"groups": claim}, "groups")] == groups


def test_an_address_that_nobody_verified_names_nobody() -> None:
    assert person_of({"email": "a@example.com", "sub": "s"}) == "a@example.com"
    assert person_of({"email": "a@example.com", "email_verified": False, "sub": "s"}) == "s"
    assert len(person_of({"sub": "s" * 500})) == 128


def test_who_may_come_in_is_decided_by_sign_in_age_and_groups() -> None:
    at = now()
    fresh = {"is_logged_in": True, "email": "a@example.com", "iat": at.timestamp() - 60, "groups": ["security"]}
    assert admitted(SIGN_IN, fresh, at).is_operator
    for refused, claims in (
        (SignedOutError, {}),
        (SignedOutError, {**fresh, "is_logged_in": False}),
        (ExpiredError, {**fresh, "iat": (at - timedelta(hours=8)).timestamp()}),
        (ExpiredError, {name: value for name, value in fresh.items() if name != "iat"}),
        (ExpiredError, {**fresh, "iat": "tomorrow"}),
        (NoGroupError, {**fresh, "groups": ["chess"]}),
        (NoGroupError, {name: value for name, value in fresh.items() if name not in {"email", "sub"}}),
    ):
        with pytest.raises(refused):
            admitted(SIGN_IN, claims, at)


def test_a_view_that_hides_everything_asks_for_nothing() -> None:
    view = view_of(Access(grants=(Grant(group="g", units=("ou-exam-99999999",)),)), Organization(id="o", read_at=""))
    assert view.narrowed(FindingQuery()) is None
    assert view.narrowed(FindingQuery(accounts=(PAYMENTS,))) is None


def test_nobody_reads_anything_without_signing_in(units: Any, signed_in: SignedIn, monkeypatch: Any) -> None:
    signed_in("security")
    monkeypatch.setattr(type(st.user), "to_dict", lambda _: {"is_logged_in": False})
    for read in _reads():
        with pytest.raises(SignedOutError):
            read()


def _reads() -> Iterator[Callable[[], Any]]:
    whole = Organization(id="o", read_at="")
    yield from (data.organization, data.detections, data.troubles, data.source, data.person, data.may_act_at_all)
    for read in (data.listed, data.activity, data.tallies, data.trend, data.oldest_critical):
        yield lambda read=read: read(Filters(), whole)
    yield lambda: list(data.every(Filters(), whole))
    yield lambda: creations(whole, Filters(), WIDE)
    yield lambda: list(data.act_on_many(["one"], Deed.RESOLVE, Said(by="mallory")))
    yield lambda: data.finding("one")
    yield lambda: data.history("one")
    yield lambda: data.act("one", Deed.RESOLVE, Said(by="mallory"))


def test_a_viewer_of_a_unit_sees_its_accounts_numbers_and_findings_only(units: Any, signed_in: SignedIn) -> None:
    signed_in("payments")
    organization = data.organization()
    activity = data.activity(Filters(), organization)
    assert list(organization.accounts) == [PAYMENTS]
    assert {spoke.heartbeat.account for spoke in organization.spokes} == {PAYMENTS}
    assert sum(activity.tallies.open_in_all.values()) == 2
    assert list(activity.tallies.open) == [PAYMENTS]
    assert activity.by_detection == {"iam.user_created": 1, "signin.root_console_login": 1}
    assert sum(activity.trend.new(1).values()) == 4  # two of them are closed by now
    assert {one.id for one in activity.newest} == {"two"}
    assert data.detections() == ["iam.user_created", "signin.root_console_login"]


def test_numbers_of_every_unit_together_are_the_organizations(units: Any, signed_in: SignedIn) -> None:
    signed_in("payments", "sandbox-owners")
    parts = data.activity(Filters(), data.organization())
    data.forget()
    signed_in("auditors")
    whole = data.activity(Filters(), data.organization())
    assert parts.tallies.open == whole.tallies.open
    assert parts.trend.days == whole.trend.days
    assert dict(parts.by_detection) == dict(whole.by_detection)


def test_a_count_of_detections_that_looked_at_a_part_says_so(
    units: Any, signed_in: SignedIn, show: Show, markup: Markup, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed_in("payments")
    assert "looked at" not in markup(show())
    data.forget()
    monkeypatch.setattr(data, "LARGE_PAGE", 1)
    monkeypatch.setattr(data, "_COUNTED_PAGES", 1)
    assert "Of 1 findings that were looked at; there may be more." in markup(show())


@pytest.mark.parametrize(
    "filters",
    [
        Filters(),
        Filters(account=(SANDBOX,)),
        Filters(account=(PAYMENTS, SANDBOX)),
        Filters(ou=("Root/Sandbox",)),
        Filters(text="User"),
        Filters(text="three"),
        Filters(resource=f"arn:aws:iam::{PAYMENTS}:user/three"),
        Filters(detection=("iam.user_created",)),
        *(Filters(status=state) for state in State),
    ],
    ids=str,
)
def test_no_filter_search_or_export_reaches_another_unit(units: Any, signed_in: SignedIn, filters: Filters) -> None:
    signed_in("payments")
    # Whatever organization a page may have kept: the read itself narrows.
    whole = Organization(
        id="o",
        read_at="",
        accounts={SANDBOX: Account(id=SANDBOX, name="sandbox-alice", ou_path="Root/Sandbox", ou_ids=(ROOT, BOXES))},
    )
    for among in (data.organization(), whole):
        found = data.listed(filters, among)
        assert {one.account for one in found.findings} <= {PAYMENTS}
        every = [one for page, _ in data.every(filters, among) for one in page]
        assert {one.account for one in every} <= {PAYMENTS}
        text = exported(Form.CSV, FINDING_COLUMNS, [finding_row(one, among) for one in every])
        assert not {row["id"] for row in csv.DictReader(io.StringIO(text))} & {*OTHERS}
        assert set(data.tallies(filters, among).open) <= {PAYMENTS}
        assert set(data.oldest_critical(filters, among).since) <= {PAYMENTS}
        assert not any(counts for _, counts in data.trend(Filters(account=(SANDBOX,)), among).days)


def test_an_address_of_another_units_finding_is_as_good_as_none(
    units: Any, signed_in: SignedIn, show: Show, markup: Markup
) -> None:
    signed_in("payments")
    for name in OTHERS:
        app = show("findings", finding=name)
        assert "No such finding" in markup(app)
        assert SANDBOX not in markup(app)
        assert data.history(name) == []
        with pytest.raises(DataError, match="gone"):
            data.act(name, Deed.RESOLVE, Said(by="dave@example.com"))
    assert "No such finding" not in markup(show("findings", finding="one"))


def test_a_viewer_may_not_act_and_is_told_whom_to_ask(units: Any, signed_in: SignedIn, show: Show) -> None:
    signed_in("payments")
    app = show("findings", finding="one", action="suppress")
    assert not app.segmented_control
    assert "You may read this finding." in app.caption[0].value
    with pytest.raises(DataError, match="not act on it"):
        data.act("one", Deed.RESOLVE, Said(by="dave@example.com"))
    assert stored(units, "one").is_open


def test_an_operator_of_a_unit_acts_there_and_reads_elsewhere(units: Any, signed_in: SignedIn) -> None:
    signed_in("sandbox-owners", "payments")
    data.act("three", Deed.RESOLVE, Said(by="", note="done"))
    assert stored(units, "three").workflow_by == "dave@example.com"
    with pytest.raises(DataError, match="not act on it"):
        data.act("one", Deed.RESOLVE, Said(by="", note="done"))


def test_many_deeds_are_each_asked_for(units: Any, signed_in: SignedIn) -> None:
    signed_in("sandbox-owners", "payments")
    done = dict(data.act_on_many(["one", "three", "nobody"], Deed.RESOLVE, Said(by="mallory@example.com")))
    assert {name: str(error) for name, error in done.items() if error} == {
        "one": "dave@example.com may read finding one, and not act on it",
        "nobody": "finding nobody is gone",
    }
    assert stored(units, "three").workflow_by == "dave@example.com"


def test_a_viewer_is_offered_no_deed_for_many(units: Any, signed_in: SignedIn, show: Show) -> None:
    signed_in("auditors")
    assert not show("findings").toggle
    signed_in("security")
    assert show("findings").toggle


def test_accounts_of_other_units_are_no_pages(units: Any, signed_in: SignedIn, show: Show, markup: Markup) -> None:
    signed_in("payments")
    page = markup(show("accounts"))
    assert "payments-prod" in page
    assert "sandbox" not in page.casefold()
    assert "sandbox" not in markup(show("accounts", account=SANDBOX)).casefold()


def test_nobody_acts_in_another_name_than_their_own(units: Any, signed_in: SignedIn) -> None:
    signed_in("security", email="carol@example.com")
    data.act("one", Deed.RESOLVE, Said(by="mallory@example.com"))
    assert stored(units, "one").workflow_by == "carol@example.com"


def test_what_is_kept_for_one_person_is_not_shown_to_another(units: Any, signed_in: SignedIn) -> None:
    signed_in("security")
    everything = data.listed(Filters(), data.organization())
    assert {one.id for one in everything.findings} >= {*MINE, *OTHERS}
    signed_in("payments")
    assert {one.id for one in data.listed(Filters(), data.organization()).findings} == MINE


def test_troubles_of_channels_are_told_to_those_who_see_everything(units: Any, signed_in: SignedIn) -> None:
    TroubleStore(units, "muster-state").replace([Trouble("sandbox-slack", "it fails")])
    signed_in("payments")
    assert data.troubles() == []
    signed_in("auditors")
    assert [one.channel for one in data.troubles()] == ["sandbox-slack"]


def test_what_is_of_the_whole_organization_is_refused_to_who_sees_a_part(units: Any, signed_in: SignedIn) -> None:
    signed_in("payments")
    with pytest.raises(DataError, match="whole organization"), data._reading():
        pass
    signed_in("auditors")
    with data._reading():
        pass


def test_every_read_and_action_asks_who_is_at_the_page() -> None:
    """What a page reads goes through `_viewing` (narrowed) or `_reading` (refused to who sees a part)."""
    free = {"present": "a clock", "forget": "reads nothing", "person": "says who it is", "is_over_api": "a setting"}
    free |= {"sees_all": "says what they see", "may_operate": "says what they may", "aws_client": "reads nothing"}
    tree = ast.parse(Path(data.__file__).read_bytes())
    functions = {one.name: ast.dump(one) for one in tree.body if isinstance(one, ast.FunctionDef)}
    asking = {name for name, body in functions.items() if "'_viewing'" in body or "'_reading'" in body}
    unguarded = {name for name in functions if not name.startswith("_")} - asking - free.keys()
    assert unguarded == set(), "read within `with _viewing() as view` and narrow by the view"


@pytest.mark.parametrize(
    ("claims", "title", "button"),
    [
        ({}, "Sign in", "Sign in"),
        ({"is_logged_in": True, "email": "a@example.com", "iat": 1, "groups": []}, "Your session is over", "Sign in"),
        ({"is_logged_in": True, "email": "a@example.com", "groups": ["chess"]}, "Nothing to see yet", "Sign out"),
    ],
)
def test_who_may_not_come_in_sees_one_page_that_says_why(  # noqa: PLR0917
    units: Any, signed_in: SignedIn, show: Show, markup: Markup, monkeypatch: Any, claims: Any, title: str, button: str
) -> None:
    signed_in("security")
    given = {"iat": int(now().timestamp()), **claims}
    monkeypatch.setattr(type(st.user), "to_dict", lambda _: given)
    for page in ("overview", "findings"):
        app = show(page, finding="one")
        assert f"<h1>{title}</h1>" in markup(app)
        assert [one.label for one in app.button] == [button]
        assert "User one created" not in markup(app)
        assert not app.exception


def test_without_a_sign_in_others_than_this_machine_are_refused(units: Any, show: Show, markup: Markup) -> None:
    for address in ("0.0.0.0", "", "192.0.2.7"):
        config.set_option("server.address", address)
        page = markup(show())
        assert "The dashboard is not open to others" in page
        assert "payments-prod" not in page


def stored(tables: Any, name: str) -> Finding:
    found = FindingStore(tables, "muster-findings").get(name)
    assert found
    return found
