"""How messages look: light, dark and on a phone, without anything from the network."""

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from hub.notifier.notification import Notification
from hub.notifier.rendering import as_html
from tests.notifications import one_of_each

pytestmark = pytest.mark.browser
FOLDER = Path("build/screenshots/emails")
KINDS = one_of_each()


def shown(one: Notification) -> str:
    """Return the HTML part as a mail client shows it: with the pictures of the same message."""
    html = as_html(one)
    for picture in one.pictures:
        data = base64.b64encode(picture.png).decode()
        html = html.replace(f"cid:{picture.name}", f"data:image/png;base64,{data}")
    return html


@pytest.fixture(params=[("light", 700), ("dark", 700), ("light", 360), ("dark", 360)], ids=str)
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    scheme, width = request.param
    context = browser.new_context(viewport={"width": width, "height": 640}, color_scheme=scheme)
    page = context.new_page()
    page.route("**/*", lambda route: pytest.fail(f"a message asked for {route.request.url}"))
    yield page
    context.close()


@pytest.mark.parametrize("kind", KINDS)
def test_a_message_fits_its_screen_and_asks_for_nothing(page: Page, kind: str) -> None:
    page.set_content(shown(KINDS[kind]))
    size = page.viewport_size
    assert size
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    # No text is cut off at the side of its box, and no two boxes of a line lie over one another.
    assert (
        page.evaluate(
            "[...document.querySelectorAll('td,h1,p,a')].filter(e => e.scrollWidth > e.clientWidth + 1 "
            "&& getComputedStyle(e).display !== 'inline').length"
        )
        == 0
    )
    assert page.locator("h1").inner_text() == KINDS[kind].title
    scheme = "dark" if page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") else "light"
    FOLDER.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=FOLDER / f"{kind}-{scheme}-{size['width']}.png", full_page=True)


def test_dark_mode_is_dark(page: Page) -> None:
    page.set_content(shown(KINDS["alert"]))
    is_dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    paper = page.evaluate("getComputedStyle(document.querySelector('.card')).backgroundColor")
    ink = page.evaluate("getComputedStyle(document.querySelector('h1')).color")
    assert (paper, ink) == (
        ("rgb(30, 34, 41)", "rgb(240, 242, 245)") if is_dark else ("rgb(255, 255, 255)", "rgb(26, 29, 33)")
    )


def test_every_button_leads_somewhere(page: Page) -> None:
    page.set_content(shown(KINDS["alert"]))
    buttons = page.locator("a.button")
    assert buttons.all_inner_texts() == ["Open in Muster", "Acknowledge", "Suppress", "Open in the AWS console"]
    assert all(str(one.get_attribute("href")).startswith("https://") for one in buttons.all())
