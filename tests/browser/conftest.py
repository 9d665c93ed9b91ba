"""One demo, the dashboard on it, and a browser, for all tests here."""

import shutil
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from generator.commands.dashboard import start_dashboard
from generator.config import load
from tests.demo import Demo, running_demo

SCREENSHOTS = Path("build/screenshots")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
START_SECONDS = 30

Shoot = Callable[[Page, str], None]
Open = Callable[..., Page]


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with running_demo(tmp_path_factory.mktemp("demo")) as running:
        yield running


@pytest.fixture(scope="session")
def dashboard(demo: Demo) -> Iterator[str]:
    """Return the address of the dashboard of the demo."""
    config = demo.organization.config
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("STREAMLIT_SERVER_HEADLESS", "true")
        port = free_port()
        process = start_dashboard(load(config), config.parent, port)
    try:
        wait_for(f"http://127.0.0.1:{port}/_stcore/health")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(address: str) -> None:
    end = time.monotonic() + START_SECONDS
    while True:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except (urllib.error.URLError, ConnectionError):
            assert time.monotonic() < end, f"nothing answers at {address}"
            time.sleep(0.2)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    executable = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    assert executable, f"none of {', '.join(BROWSERS)} is on the PATH"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def visit(browser: Browser, dashboard: str) -> Iterator[Open]:
    """Return how to open a page of the dashboard; a script of it that fails fails the test."""
    failures: list[str] = []

    def visited(path: str = "") -> Page:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.on("pageerror", lambda error: failures.append(str(error)))
        page.on("console", lambda said: failures.append(f"{said.text} {said.location}") if is_complaint(said) else None)
        page.goto(f"{dashboard}/{path}")
        page.locator("h1").first.wait_for()
        settle(page)
        return page

    yield visited
    for context in browser.contexts:
        context.close()
    assert failures == []


def is_complaint(said: ConsoleMessage) -> bool:
    """Whether a page writes an error into the console.

    Streamlit looks for its server below the page's own path first, and the browser writes down that it is not there.
    """
    is_looking = "404" in said.text and "/_stcore/" in said.location["url"]
    return said.type == "error" and not is_looking


def settle(page: Page) -> None:
    """Wait until Streamlit has run the page to its end."""
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()


@pytest.fixture(scope="session")
def shoot() -> Shoot:
    """Return how to keep a picture of a whole page: Streamlit's pages scroll inside the window."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)

    def shot(page: Page, name: str) -> None:
        size = page.viewport_size
        assert size
        inside = page.locator('[data-testid="stMain"]')
        height = inside.evaluate("one => one.scrollHeight") if inside.count() else size["height"]
        page.set_viewport_size({"width": size["width"], "height": max(height, size["height"])})
        page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)
        page.set_viewport_size(size)

    return shot
