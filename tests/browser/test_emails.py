"""How messages look: light, dark, inverted and on a phone, without anything from the network."""

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from hub.notifier.notification import Notification
from hub.notifier.rendering import as_html
from tests.hostile import hostile_of_each
from tests.notifications import one_of_each

pytestmark = pytest.mark.browser
FOLDER = Path("build/screenshots/emails")
KINDS = {**one_of_each(), **{f"hostile-{name}": one for name, one in hostile_of_each().items()}}

# The texts with the places where they are seen: [text, left, top, right, bottom, ink, paper], colours as [r, g, b].
TEXTS = """() => {
  const rgb = colour => (colour.match(/[\\d.]+/g) || []).map(Number);
  const paper = one => {
    for (; one; one = one.parentElement) {
      const colour = rgb(getComputedStyle(one).backgroundColor);
      if (colour.length === 3 || colour[3] > 0) return colour.slice(0, 3);
    }
    return [255, 255, 255];
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (!node.data.trim() || !node.parentElement.checkVisibility()) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const one of range.getClientRects()) {
      if (one.width < 1 || one.height < 2) continue;
      const ink = rgb(getComputedStyle(node.parentElement).color).slice(0, 3);
      found.push([node.data.trim().slice(0, 40), one.left, one.top, one.right, one.bottom, ink,
                  paper(node.parentElement)]);
    }
  }
  return found;
}"""
Seen = tuple[str, float, float, float, float, list[int], list[int]]


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
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: asked.append(dialog.message))
    context.route("**/*", lambda route: route.abort())
    yield page
    context.close()
    assert [address for address in asked if not address.startswith("data:image/png;base64,")] == []


def scheme_of(page: Page) -> str:
    return "dark" if page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") else "light"


def photograph(page: Page, name: str) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=FOLDER / f"{name}.png", full_page=True)


def contrast(one: Seen) -> float:
    """Return the contrast of a text with what is behind it (WCAG 2.2, 1.4.3)."""

    def luminance(colour: list[int]) -> float:
        shares = [part / 255 for part in colour]
        red, green, blue = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in shares]
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    dark, light = sorted((luminance(one[5]), luminance(one[6])))
    return (light + 0.05) / (dark + 0.05)


def lie_over(one: Seen, other: Seen) -> bool:
    width = min(one[3], other[3]) - max(one[1], other[1])
    height = min(one[4], other[4]) - max(one[2], other[2])
    # Lines of a paragraph touch.
    return width > 1 and height > 2


@pytest.mark.parametrize("kind", KINDS)
def test_a_message_fits_its_screen_and_asks_for_nothing(page: Page, kind: str) -> None:
    page.set_content(shown(KINDS[kind]))
    size = page.viewport_size
    assert size
    photograph(page, f"{kind}-{scheme_of(page)}-{size['width']}")
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    assert page.locator("h1").inner_text() == KINDS[kind].title
    seen: list[Seen] = page.evaluate(TEXTS)
    assert len(seen) > 5
    assert [one[0] for one in seen if one[1] < 0 or one[3] > size["width"]] == []
    pairs = [(one, other) for place, one in enumerate(seen) for other in seen[place + 1 :]]
    assert [(one[0], other[0]) for one, other in pairs if lie_over(one, other)] == []
    assert [(one[0], round(contrast(one), 2)) for one in seen if contrast(one) < 4.5] == []


@pytest.mark.parametrize("kind", ["alert", "digest"])
def test_a_client_that_inverts_shows_it_too(page: Page, kind: str) -> None:
    page.emulate_media(color_scheme="light")
    page.set_content(shown(KINDS[kind]))
    page.add_style_tag(content="html, img { filter: invert(1) hue-rotate(180deg) }")
    size = page.viewport_size
    assert size
    photograph(page, f"{kind}-inverted-{size['width']}")
    assert page.locator("h1").is_visible()


def test_dark_mode_is_dark(page: Page) -> None:
    page.set_content(shown(KINDS["alert"]))
    paper = page.evaluate("getComputedStyle(document.querySelector('.card')).backgroundColor")
    ink = page.evaluate("getComputedStyle(document.querySelector('h1')).color")
    assert (paper, ink) == (
        ("rgb(30, 34, 41)", "rgb(240, 242, 245)")
        if scheme_of(page) == "dark"
        else ("rgb(255, 255, 255)", "rgb(26, 29, 33)")
    )


def test_every_button_leads_somewhere_and_a_thumb_hits_it(page: Page) -> None:
    page.set_content(shown(KINDS["alert"]))
    buttons = page.locator("a.button")
    assert buttons.all_inner_texts() == ["Open in Muster", "Acknowledge", "Suppress", "Open in the AWS console"]
    assert all(str(one.get_attribute("href")).startswith("https://") for one in buttons.all())
    boxes = [one.bounding_box() for one in buttons.all()]
    # WCAG 2.2, 2.5.8 asks for 24 pixels.
    assert all(box and box["height"] >= 36 for box in boxes)


def test_what_acts_looks_unlike_what_leads_on(page: Page) -> None:
    page.set_content(shown(KINDS["alert"]))
    look = "one => { const s = getComputedStyle(one.parentElement); return [s.backgroundColor, s.borderTopWidth] }"
    opens, acknowledges, suppresses, console = [one.evaluate(look) for one in page.locator("a.button").all()]
    assert acknowledges == suppresses
    assert len({str(one) for one in (opens, acknowledges, console)}) == 3
