"""What people see and do in the dashboard, in a browser, on the demo's findings."""

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from contract.finding import Severity
from tests.browser.conftest import settle
from tests.demo import Demo

pytestmark = pytest.mark.browser
WIDTHS = (800, 1440, 1920)

Shoot = Callable[[Page, str], None]
Open = Callable[..., Page]


def test_the_overview_has_the_numbers_of_the_demo(demo: Demo, visit: Open, shoot: Shoot) -> None:
    page = visit()
    for severity, count in demo.report.findings.by_severity.items():
        tile = page.locator(f'a.m-tile[href="findings?severity={severity}"]')
        expect(tile.locator("strong")).to_have_text(str(count))
    expect(page.locator(".m-head p")).to_contain_text(f"{demo.report.findings.total} open findings")
    spokes = sum(demo.report.stack_instances.values())
    expect(page.get_by_text(f"{spokes} of {spokes} spokes report")).to_be_visible()
    expect(page.get_by_text("Never reported")).to_have_count(0)
    fits_every_width(page, shoot, "overview")


def test_the_list_has_every_finding_of_the_demo(demo: Demo, visit: Open, shoot: Shoot) -> None:
    page = visit("findings")
    expect(page.locator("tbody tr")).to_have_count(demo.report.findings.total)
    fits_every_width(page, shoot, "findings")


def test_a_finding_says_what_happened_and_what_to_do(visit: Open, shoot: Shoot) -> None:
    page = visit("findings?severity=CRITICAL")
    title = page.locator("tbody a").first.inner_text()
    assert not re.search(r"\d{12}", title)
    page.locator("tbody a").first.click()
    expect(page.locator("h1")).to_have_text(title)
    for heading in ("What happened, and where", "Who did it", "How to respond", "Evidence"):
        expect(page.get_by_role("heading", name=heading)).to_be_visible()
    fits_every_width(page, shoot, "finding")


def test_a_typed_path_of_the_overview_is_the_overview(visit: Open) -> None:
    page = visit("overview")
    expect(page.locator("h1")).to_have_text("Overview")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_severity_filter_changes_the_list_and_the_address(demo: Demo, visit: Open, shoot: Shoot) -> None:
    page = visit("findings")
    choose(page, "severity", "Critical")
    expect(page).to_have_url(re.compile(r"\?severity=CRITICAL$"))
    expect(page.locator("tbody tr")).to_have_count(demo.report.findings.by_severity[Severity.CRITICAL])
    assert set(page.locator("tbody .m-badge").all_inner_texts()) == {"Critical"}
    shoot(page, "findings-critical")


def test_a_suppressed_finding_leaves_the_open_list_and_comes_back_when_reopened(visit: Open, shoot: Shoot) -> None:
    page = visit("findings?severity=CRITICAL")
    row = page.locator("tbody a").first
    name = re.search(r"finding=(\w+)", str(row.get_attribute("href")))
    assert name
    itself = f'tbody a[href*="finding={name.group(1)}"]'
    before = page.locator("tbody tr").count()
    row.click()
    act(page, "Suppress", "A drill of the security team")
    expect(page.get_by_role("status")).to_contain_text("Suppressed by carol@example.com")
    shoot(page, "finding-suppressed")
    left = visit("findings?severity=CRITICAL")
    expect(left.locator("tbody tr")).to_have_count(before - 1)
    expect(left.locator(itself)).to_have_count(0)
    expect(visit("findings?status=suppressed").locator(itself)).to_have_count(1)
    act(page, "Reopen", "")
    expect(page.get_by_role("status")).to_contain_text("Changed by carol@example.com")
    expect(visit("findings?severity=CRITICAL").locator("tbody tr")).to_have_count(before)


def test_the_newest_email_leads_to_the_panel_that_suppresses(
    browser: Browser, demo: Demo, visit: Open, shoot: Shoot
) -> None:
    page = browser.new_page(viewport={"width": 800, "height": 900})
    page.goto(newest_email(demo).as_uri())
    shoot(page, "email")
    link = page.get_by_role("link", name="Suppress").first
    address = urlsplit(str(link.get_attribute("href")))
    opened = visit(f"{address.path.lstrip('/')}?{address.query}")
    expect(opened.get_by_label("Reason")).to_be_visible()
    shoot(opened, "finding-from-email")


def test_a_filter_goes_along_to_every_page(visit: Open, shoot: Shoot) -> None:
    page = visit()
    choose(page, "ou", "Root/Workloads")
    expect(page).to_have_url(re.compile(r"\?ou=Root%2FWorkloads$"))
    for name in ("Findings", "Accounts", "Overview"):
        page.locator('[data-testid="stSidebar"]').get_by_role("link", name=name).click()
        expect(page.locator("h1")).to_have_text(name)
        expect(page).to_have_url(re.compile(r"\?ou=Root%2FWorkloads$"))
        expect(page.locator(".st-key-filter_ou")).to_contain_text("Root/Workloads")
    fits_every_width(page, shoot, "overview-filtered")


def test_the_tree_leads_to_the_heat_map_and_to_one_account(visit: Open, shoot: Shoot) -> None:
    page = visit("accounts")
    fits_every_width(page, shoot, "accounts")
    page.get_by_role("link", name="Production", exact=True).click()
    expect(page).to_have_url(re.compile(r"ou=Root%2FWorkloads%2FProduction"))
    row = page.locator("tbody tr").filter(has=page.locator(".m-heat-none, .m-heat")).first
    name = row.get_by_role("link").first.inner_text()
    row.get_by_role("link").first.click()
    expect(page.locator("h1")).to_have_text(name)
    expect(page.get_by_role("heading", name="Its worst findings")).to_be_visible()
    fits_every_width(page, shoot, "account")


def test_a_group_opens_in_its_place(visit: Open, shoot: Shoot) -> None:
    page = visit("findings?group=detection")
    page.get_by_label("Open this group").first.click()
    expect(page.locator(".m-members li").first).to_be_visible()
    fits_every_width(page, shoot, "groups")


def test_several_findings_are_acknowledged_at_once(visit: Open, shoot: Shoot) -> None:
    page = visit("findings?severity=MEDIUM")
    page.get_by_text("Act on several").click()
    boxes = page.locator(".st-key-marks label")
    expect(boxes.nth(2)).to_be_visible()
    for place in (1, 2):
        boxes.nth(place).click()
        settle(page)
    page.locator(".st-key-panel-bulk").get_by_text("Acknowledge", exact=True).click()
    page.get_by_label("Who").fill("carol@example.com")
    shoot(page, "bulk")
    page.get_by_role("button", name="Acknowledge 2 findings").click()
    expect(page.get_by_text("Acknowledge: 2 findings done")).to_be_visible()


@pytest.mark.parametrize("form", ["CSV", "JSON"])
def test_what_is_filtered_is_what_is_exported(demo: Demo, visit: Open, form: str) -> None:
    page = visit("findings?severity=CRITICAL")
    with page.expect_download() as download:
        page.get_by_role("button", name=f"Save {form}").click()
    text = Path(download.value.path()).read_text()
    number = demo.report.findings.by_severity[Severity.CRITICAL]
    rows = json.loads(text) if form == "JSON" else list(csv.DictReader(io.StringIO(text)))
    assert [row["severity"] for row in rows] == ["CRITICAL"] * number


def test_every_page_is_readable_in_the_dark(browser: Browser, dashboard: str, shoot: Shoot) -> None:
    page = browser.new_context(color_scheme="dark", viewport={"width": 1440, "height": 900}).new_page()
    for path in ("", "findings", "accounts", "findings?group=account"):
        page.goto(f"{dashboard}/{path}")
        page.locator("h1").first.wait_for()
        settle(page)
        assert page.evaluate("getComputedStyle(document.querySelector('.stApp')).backgroundColor") == "rgb(15, 21, 28)"
        shoot(page, f"dark-{path.partition('?')[0] or 'overview'}{'-groups' if '?' in path else ''}")


def test_the_keyboard_alone_filters_and_opens_a_finding(visit: Open) -> None:
    page = visit("findings")
    page.locator(".st-key-filter_severity input").focus()
    page.keyboard.type("Crit")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("severity=CRITICAL"))
    settle(page)
    page.locator("tbody a").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="What happened, and where")).to_be_visible()


def choose(page: Page, name: str, option: str) -> None:
    """Choose one more value of a filter."""
    page.locator(f".st-key-filter_{name} input").click()
    page.get_by_role("option", name=option, exact=True).click()
    page.keyboard.press("Escape")
    settle(page)


def newest_email(demo: Demo) -> Path:
    return max(demo.organization.outbox.resolve().glob("*.html"))


def act(page: Page, deed: str, note: str) -> None:
    page.locator(".st-key-panel-act").get_by_text(deed, exact=True).click()
    page.get_by_label("Who").fill("carol@example.com")
    page.locator("textarea").fill(note)
    page.get_by_role("button", name=f"{deed} this finding").click()


def fits_every_width(page: Page, shoot: Shoot, name: str) -> None:
    """Keep a picture of the page in each width; nothing of it is wider than the window."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        main = page.locator('[data-testid="stMain"]')
        assert main.evaluate("one => one.scrollWidth <= one.clientWidth"), f"{name} overflows at {width}"
        shoot(page, f"{name}-{width}")
