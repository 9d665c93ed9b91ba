"""Pages about the organization's taggers and the hub itself, in a browser, on the demo."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import settle
from tests.demo import Demo

pytestmark = pytest.mark.browser
PAGES = ("coverage", "tagging", "operations", "archive", "settings")
WIDTHS = (800, 1440)

Shoot = Callable[[Page, str], None]
Open = Callable[..., Page]


@pytest.mark.parametrize("name", PAGES)
def test_every_page_fits_its_window_without_a_failure(name: str, visit: Open, shoot: Shoot) -> None:
    page = visit(name)
    expect(page.locator("h1")).to_be_visible()
    expect(page.get_by_text("could not be read")).to_have_count(0)
    expect(page.locator('[data-testid="stException"]')).to_have_count(0)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(300)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        shoot(page, f"{name}-{width}")


@pytest.mark.parametrize("name", PAGES)
def test_every_page_can_be_read_in_the_dark(name: str, browser: Browser, dashboard: str, shoot: Shoot) -> None:
    page = browser.new_page(viewport={"width": 1440, "height": 900}, color_scheme="dark")
    page.goto(f"{dashboard}/{name}")
    page.locator("h1").first.wait_for()
    settle(page)
    shoot(page, f"{name}-dark")
    page.close()


def test_coverage_has_the_demos_spokes_and_instances(demo: Demo, visit: Open) -> None:
    page = visit("coverage")
    wanted = demo.report.agents.installed + demo.report.agents.failed
    expect(page.get_by_text(f"of {wanted} that should have it")).to_be_visible()
    lacking = page.locator(".m-card", has_text="As they stand now.")
    expect(lacking.get_by_text("script failed, exit code 100")).to_be_visible()
    lacking.get_by_role("link", name="legacy-import").click()
    whole = page.locator(".m-card", has_text="you have held broken packages").first
    expect(whole.get_by_role("heading", name=re.compile("Instance i-"))).to_be_visible()
    expect(whole.get_by_text("script failed, exit code 100")).to_be_visible()


def test_every_instance_is_listed_and_heads_sort_them(demo: Demo, visit: Open) -> None:
    page = visit("coverage")
    page.get_by_role("radio", name="Every").click()
    listed = page.locator(".m-card", has_text="As they stand now.")
    expect(listed.locator("tbody tr")).to_have_count(11)
    listed.get_by_role("link", name="Instance").click()
    expect(page).to_have_url(re.compile("which=every&sort=instances~0"))
    expect(listed.locator("tbody tr")).to_have_count(11)
    first = listed.locator("tbody tr td:first-child a").first
    expect(first).to_have_text("appliance")
    listed.get_by_role("link", name="Instance").click()
    expect(first).to_have_text("shop-node-2")


def test_tagging_has_what_the_demo_tagged(demo: Demo, visit: Open) -> None:
    page = visit("tagging")
    expect(page.get_by_text("With their creator's tag", exact=True)).to_be_visible()
    expect(page.locator(".m-tile").nth(1)).to_contain_text(f"{demo.report.tags} resources")


def test_operations_count_the_demos_events_and_find_no_dead_letters(visit: Open) -> None:
    page = visit("operations")
    expect(page.get_by_text(re.compile("queues of dead letters are empty"))).to_be_visible()
    expect(page.get_by_role("heading", name="Events a day")).to_be_visible()
    expect(page.get_by_text("No event was counted")).to_have_count(0)
    expect(page.get_by_role("heading", name=re.compile(r"Estimated: \$"))).to_be_visible()


def test_an_empty_archive_says_when_findings_come(visit: Open, shoot: Shoot) -> None:
    page = visit("archive")
    page.get_by_role("button", name="Ask").click()
    expect(page.get_by_text("closed ones come to the archive after 90 days")).to_be_visible()
    page.get_by_label("SQL over the table findings").fill("DELETE FROM findings")
    page.get_by_role("button", name="Ask").click()
    expect(page.get_by_text("the archive is only read here")).to_be_visible()
    shoot(page, "archive-refused")


def test_settings_say_what_is_deployed(visit: Open) -> None:
    page = visit("settings")
    expect(page.get_by_text("Muster 0.1.0, settings")).to_be_visible()
    page.get_by_label("Find a setting").fill("home_region")
    page.get_by_label("Find a setting").press("Enter")
    expect(page.get_by_text("aws (1, 1 set)")).to_be_visible()
