"""Signing in by a real OpenID Connect provider, and what somebody then sees: their units, and nothing of others."""

import csv
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from contract.finding import Finding, Status, Workflow
from generator.commands.dashboard import Served, start_dashboard
from generator.config import load
from generator.settings.sign_in import Group, SignIn
from hub.store.accounts import Account, AccountStore
from hub.store.findings import FindingStore
from hub.store.query import FindingQuery
from tests.browser.conftest import free_port, settle, wait_for
from tests.demo import Demo

pytestmark = pytest.mark.browser

Shoot = Callable[[Page, str], None]
CAROL, DAVE, STRANGER = "carol@example.com", "dave@example.com", "mallory@example.com"
GROUPS = {CAROL: ["security"], DAVE: ["one-unit", "chess"], STRANGER: ["chess"]}


class Signed:
    """A dashboard that asks for a sign-in: its address, whose unit is `inside`, and what is in it and outside of it."""

    def __init__(self, address: str, inside: str, findings: list[Finding], accounts: dict[str, Account]) -> None:
        self.address = address
        self.inside = inside
        self.mine = [one for one in findings if inside in accounts[one.account].ou_ids]
        self.others = [one for one in findings if inside not in accounts[one.account].ou_ids]


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """Return the issuer of a provider in a process of its own."""
    port = free_port()
    users = [{"sub": one, "email": one, "groups": groups} for one, groups in GROUPS.items()]
    told = [part for one in users for part in ("--user-claims", json.dumps(one))]
    process = subprocess.Popen([sys.executable, "-m", "oidc_provider_mock", "--port", str(port), *told])
    try:
        wait_for(f"http://127.0.0.1:{port}/.well-known/openid-configuration")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


@pytest.fixture(scope="module")
def signed(demo: Demo, provider: str) -> Iterator[Signed]:
    client = demo.hub("dynamodb")
    accounts = {one.id: one for one in AccountStore(client, "muster-state").all()}
    findings = list(FindingStore(client, "muster-findings").page(FindingQuery(), None, 500).findings)
    unit = _unit_with_some(accounts, findings)
    with served(demo, provider, unit) as address:
        yield Signed(address, unit, findings, accounts)


def _unit_with_some(accounts: dict[str, Account], findings: list[Finding]) -> str:
    """Return a unit that has findings, and does not have all of them."""
    units = {unit for one in findings for unit in accounts[one.account].ou_ids}
    return next(unit for unit in sorted(units) if any(unit not in accounts[one.account].ou_ids for one in findings))


@contextmanager
def served(demo: Demo, provider: str, unit: str, **changes: Any) -> Iterator[str]:
    """Serve a dashboard in which `security` may do everything and `one-unit` may read a unit."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    groups = (Group(name="security", role="operator"), Group(name="one-unit", units=(unit,)))
    sign_in = SignIn(issuer=provider, client_id="muster", address=address, groups=groups).model_copy(update=changes)
    config = load(demo.organization.config)
    web = config.web.model_copy(update={"sign_in": sign_in})
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SIGN_IN_CLIENT_SECRET", "a-secret-of-the-client-for-tests")
        process = start_dashboard(
            config.model_copy(update={"web": web}), demo.organization.config.parent, port, Served(signs_in=True)
        )
    try:
        wait_for(f"{address}/_stcore/health")
        yield address
    finally:
        process.terminate()
        process.wait()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """Return a browser that has signed in nowhere; a script of a page that fails fails the test."""
    made = browser.new_context(viewport={"width": 1440, "height": 900}, accept_downloads=True)
    failures: list[str] = []
    made.on("weberror", lambda one: failures.append(str(one.error)))
    yield made
    made.close()
    assert failures == []


def opened(context: BrowserContext, address: str) -> Page:
    page = context.new_page()
    page.goto(address)
    page.locator('[data-testid="stMain"] .m-head, [data-testid="stMain"] .m-card').first.wait_for()
    settle(page)
    return page


def sign_in(page: Page, who: str) -> None:
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name=who).click()
    page.locator("h1").first.wait_for()
    settle(page)


def sign_out(page: Page) -> None:
    """Sign out here and at the provider, which leads back."""
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="End session").click()
    expect(page.locator("h1")).to_have_text("Sign in")


def test_whoever_did_not_sign_in_sees_no_finding_at_any_address(
    context: BrowserContext, signed: Signed, shoot: Shoot
) -> None:
    finding = signed.others[0]
    for path in ("", "findings", "overview", f"findings?finding={finding.id}"):
        page = opened(context, f"{signed.address}/{path}")
        expect(page.locator("h1")).to_have_text("Sign in")
        assert finding.title not in page.content()
        assert finding.account not in page.content()
    shoot(page, "sign-in-1440")
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 800, "height": 900})
    shoot(page, "sign-in-dark-800")


def test_a_link_of_an_email_leads_to_its_finding_through_the_sign_in(context: BrowserContext, signed: Signed) -> None:
    page = opened(context, f"{signed.address}/findings?finding={signed.others[0].id}")
    sign_in(page, CAROL)
    expect(page).to_have_url(re.compile(rf"/findings\?finding={signed.others[0].id}$"))
    expect(page.get_by_role("heading", name="What happened, and where")).to_be_visible()


def test_an_operator_sees_everything_acts_in_their_name_and_signs_out(
    demo: Demo, context: BrowserContext, signed: Signed, shoot: Shoot
) -> None:
    page = opened(context, signed.address)
    sign_in(page, CAROL)
    expect(page.locator(".m-head p")).to_contain_text(f"{len(signed.mine) + len(signed.others)} open findings")
    expect(page.locator('[data-testid="stSidebar"]')).to_contain_text(CAROL)
    expect(page.locator('[data-testid="stSidebar"]')).to_contain_text("Operator · the whole organization")
    shoot(page, "signed-in-operator")
    # Others may have been acknowledged by other tests.
    chosen = next(one for one in signed.others if one.workflow is Workflow.NEW)
    page = opened(context, f"{signed.address}/findings?finding={chosen.id}&action=acknowledge")
    expect(page.get_by_label("Who")).to_have_value(CAROL)
    page.get_by_role("button", name="Acknowledge this finding").click()
    expect(page.get_by_role("status")).to_contain_text(f"by {CAROL}")
    kept = FindingStore(demo.hub("dynamodb"), "muster-findings").get(chosen.id)
    assert kept
    assert (kept.workflow_by, kept.status) == (CAROL, Status.OPEN)
    sign_out(page)
    page.goto(f"{signed.address}/findings")
    expect(page.locator("h1")).to_have_text("Sign in")


def test_a_viewer_of_one_unit_reaches_nothing_of_another(
    context: BrowserContext, signed: Signed, shoot: Shoot, tmp_path: Path
) -> None:
    theirs, others = signed.mine, signed.others
    page = opened(context, signed.address)
    sign_in(page, DAVE)
    expect(page.locator(".m-head p")).to_contain_text(f"{len(theirs)} open finding")
    expect(page.locator('[data-testid="stSidebar"]')).to_contain_text("Viewer · 1 unit")
    shoot(page, "signed-in-viewer")
    hidden = {one.account for one in others}
    assert not [account for account in hidden if account in page.content()]
    for finding in others:
        page = opened(context, f"{signed.address}/findings?finding={finding.id}")
        expect(page.get_by_text("No such finding")).to_be_visible()
        assert finding.title not in page.content()
        page.close()
    page = opened(context, f"{signed.address}/findings?account={others[0].account}")
    expect(page.locator("tbody tr")).to_have_count(0)
    page = opened(context, f"{signed.address}/findings?text={others[0].resource.rpartition(':')[2]}&status=open")
    assert others[0].id not in page.content()
    page = opened(context, f"{signed.address}/findings")
    expect(page.locator("tbody tr")).to_have_count(len(theirs))
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    download.value.save_as(tmp_path / "findings.csv")
    rows = list(csv.DictReader((tmp_path / "findings.csv").read_text(encoding="utf-8").splitlines()))
    assert {row["id"] for row in rows} == {one.id for one in theirs}
    page = opened(context, f"{signed.address}/findings?finding={theirs[0].id}&action=suppress")
    expect(page.get_by_text("You may read this finding.")).to_be_visible()
    expect(page.get_by_role("button", name="Suppress")).to_have_count(0)
    shoot(page, "finding-of-a-viewer")


def test_who_is_in_no_group_is_told_whom_to_ask(context: BrowserContext, signed: Signed, shoot: Shoot) -> None:
    page = opened(context, signed.address)
    sign_in(page, STRANGER)
    expect(page.locator("h1")).to_have_text("Nothing to see yet")
    expect(page.get_by_text(f"You are signed in as {STRANGER}.")).to_be_visible()
    shoot(page, "signed-in-stranger")
    sign_out(page)


def test_a_session_that_is_over_asks_to_sign_in_again(
    demo: Demo, provider: str, signed: Signed, context: BrowserContext, shoot: Shoot
) -> None:
    with served(demo, provider, signed.inside, session_hours=0) as address:
        page = opened(context, address)
        sign_in(page, CAROL)
        expect(page.locator("h1")).to_have_text("Your session is over")
        shoot(page, "session-over")
