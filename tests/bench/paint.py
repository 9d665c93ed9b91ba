"""B12: the dashboard of a thousand accounts and a million findings, in a browser."""

import os
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from playwright.sync_api import Page, sync_playwright

from dashboard import data
from dashboard.filters import Filters
from tests.bench.many_findings import ManyFindings, present
from tests.bench.measure import Measure, Unmeasured, in_turn
from tests.bench.memory import Peak

if TYPE_CHECKING:
    from collections.abc import Iterator

_APP = Path(__file__).with_name("dashboard_app.py")
_EMPTY = "import streamlit as st\nst.title('Nothing')\n"
_MANY, _FEWER = 1_000_000, 100_000
_SECONDS = 60_000
_IDLE = '[data-testid="stApp"][data-test-script-state="notRunning"]'


def dashboard_of_a_million() -> "dict[str, Measure | Unmeasured]":
    """Milliseconds of the first page's reads, the server's memory, a filter's and the first page's time."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if not chromium:
        return {"B12 dashboard": Unmeasured("no Chromium here: scripts/chromium installs it")}
    few, many = _reading(_FEWER), _reading(_MANY)
    fewer_ms, many_ms = in_turn(few, many)
    measured: dict[str, Measure | Unmeasured] = {
        "B12 first page's data": Measure(many_ms, "ms", 25),
        "B12 ten times as many": Measure(many_ms, "ms", 1.1, ("100,000 findings", fewer_ms)),
    }
    with sync_playwright() as playwright, _served(_APP) as (address, peak):
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        empty = Path("build/bench-empty-page.py")
        empty.parent.mkdir(exist_ok=True)
        empty.write_text(_EMPTY)
        with _served(empty) as (nothing, _):
            paint, base = in_turn(lambda: _painted(browser, address), lambda: _painted(browser, nothing), rounds=7)
        filtering = median(_filtered(browser, address) for _ in range(5))
        browser.close()
        measured["B12 server"] = Measure(peak.bytes / 2**20, "MiB", 200)
    return {
        **measured,
        "B12 first paint": Measure(paint, "s", 2.5, ("empty Streamlit page", base)),
        "B12 filter": Measure(filtering, "s", 0.6),
    }


def _reading(number: int) -> Any:
    hub = ManyFindings(number, present())

    def read() -> float:
        """Return the milliseconds of what the list of findings reads, with nothing kept from before."""
        data.forget()
        data._client = lambda: hub  # type: ignore[assignment, return-value] # a stub
        organization = data.organization()
        begun = time.process_time()
        data.listed(Filters(), organization)
        return (time.process_time() - begun) * 1_000

    os.environ |= {"FINDINGS_TABLE": "findings", "STATE_TABLE": "state"}
    return read


@contextmanager
def _served(app: Path) -> "Iterator[tuple[str, Peak]]":
    from tests.browser.conftest import free_port, wait_for  # noqa: PLC0415 - pytest's plug-in, needed only here

    port = free_port()
    environment = {**os.environ, "FINDINGS": str(_MANY), "FINDINGS_TABLE": "findings", "STATE_TABLE": "state"}
    command = [sys.executable, "-m", "streamlit", "run", str(app), "--server.address", "127.0.0.1"]
    command += ["--server.port", str(port), "--server.headless", "true", "--browser.gatherUsageStats", "false"]
    environment["PYTHONPATH"] = str(Path.cwd())
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(f"http://127.0.0.1:{port}/_stcore/health")
        with Peak(process.pid) as peak:
            yield f"http://127.0.0.1:{port}", peak
    finally:
        process.terminate()
        process.wait()


def _painted(browser: Any, address: str) -> float:
    page: Page = browser.new_page()
    begun = time.perf_counter()
    page.goto(address)
    page.locator("h1").first.wait_for(timeout=_SECONDS)
    page.locator(_IDLE).wait_for(timeout=_SECONDS)
    taken = time.perf_counter() - begun
    page.context.close()
    return taken


def _filtered(browser: Any, address: str) -> float:
    """Return the seconds from choosing a severity to the list of it."""
    page: Page = browser.new_page(viewport={"width": 1440, "height": 1000})
    page.goto(f"{address}/findings")
    page.get_by_text("First seen").first.wait_for(timeout=_SECONDS)
    page.locator(_IDLE).wait_for(timeout=_SECONDS)
    begun = time.perf_counter()
    page.locator(".st-key-filter_severity input").click()
    page.get_by_role("option", name="Critical").click()
    page.wait_for_url("**severity=CRITICAL**", timeout=_SECONDS)
    page.locator(_IDLE).wait_for(timeout=_SECONDS)
    taken = time.perf_counter() - begun
    page.context.close()
    return taken
