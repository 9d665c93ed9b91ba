"""The Compliance page, in a browser, on controls that the demo's hub counted: after pages that count all findings."""

import random
import re
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from contract.clock import now
from contract.finding import Finding
from generator.demo.plausible_controls import control_finding, passed
from generator.demo.weights import Occasion
from hub.store.compliance import ComplianceStore, summed
from hub.store.findings import FindingStore
from tests.browser.conftest import settle
from tests.demo import Demo

pytestmark = pytest.mark.browser
NUMBER, SECONDS = 90, 60
WIDTHS = (800, 1440)

Shoot = Callable[[Page, str], None]
Open = Callable[..., Page]


@pytest.fixture(scope="module")
def controls(demo: Demo) -> list[Finding]:
    """Put findings of controls into the hub, two of three passing, and wait until its rollups have counted them."""
    chance, at = random.Random(20_261_120), now() - timedelta(hours=2)
    accounts = sorted(one.id for one in demo.organization.members)
    occasions = [Occasion(accounts[place % len(accounts)], "eu-west-1", at, place) for place in range(NUMBER)]
    failed = [control_finding(one, chance) for one in occasions]
    found = [one if place % 3 == 0 else passed(one, at) for place, one in enumerate(failed)]
    client = demo.hub("dynamodb")
    FindingStore(client, "muster-findings").upsert(found)
    store, end = ComplianceStore(client, "muster-state"), time.monotonic() + SECONDS
    while summed("all", store.by_control()).judged < NUMBER:
        assert time.monotonic() < end, f"the rollups counted {summed('all', store.by_control())}"
        time.sleep(1)
    return found


def test_the_numbers_are_those_of_the_findings(controls: list[Finding], visit: Open) -> None:
    page = visit("compliance?standard=standards/aws-foundational-security-best-practices/v/1.0.0")
    expect(
        page.get_by_text(f"of {NUMBER} checks of resources, {NUMBER * 2 // 3} passed, {NUMBER // 3} failed")
    ).to_be_visible()


def test_a_standard_leads_to_its_controls_and_they_to_their_findings(controls: list[Finding], visit: Open) -> None:
    page = visit("compliance")
    # Other pages may have read the counters minutes ago.
    page.get_by_role("button", name="Refresh").click()
    settle(page)
    expect(page.locator("a.m-choice[aria-current]")).to_contain_text("CIS AWS Foundations 5.0.0")
    page.locator("a.m-choice", has_text="CIS AWS Foundations 3.0.0").click()
    expect(page).to_have_url(re.compile("standard=standards"))
    settle(page)
    page.locator("section.m-card", has_text="controls fail").locator("tbody a").first.click()
    expect(page.locator("h1")).to_have_text("Findings")
    expect(page.locator("tbody tr").first).to_be_visible()


def test_the_page_fits_its_window_and_can_be_read_in_the_dark(
    controls: list[Finding], visit: Open, browser: Browser, dashboard: str, shoot: Shoot
) -> None:
    page = visit("compliance")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(300)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        shoot(page, f"compliance-{width}")
    dark = browser.new_page(viewport={"width": 1440, "height": 900}, color_scheme="dark")
    dark.goto(f"{dashboard}/compliance")
    dark.locator("h1").first.wait_for()
    settle(dark)
    shoot(dark, "compliance-dark")
    dark.close()
