"""`muster dashboard`: where it listens, and what it refuses before anything starts."""

import json
import os
import socket
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from generator.commands import dashboard as module
from generator.commands.dashboard import LOOPBACK, Served, check_port, dashboard, start_dashboard
from generator.config import Config, load
from generator.local.problems import BadStartError
from generator.problems import BadInputError
from generator.settings.sign_in import Group, SignIn
from generator.snapshots import SNAPSHOTS

SETTINGS = SNAPSHOTS / "muster.toml"


class Process:
    """What would be started; `command` and `env` are what it was given."""

    def __init__(self, command: list[str], env: dict[str, str], **_: Any) -> None:
        self.command = command
        self.env = env


def signing() -> Config:
    config = load(SETTINGS)
    sign_in = SignIn(
        issuer="https://login.example.com",
        client_id="muster",
        address="https://muster.example.com",
        groups=(Group(name="security"),),
    )
    return config.model_copy(update={"web": config.web.model_copy(update={"sign_in": sign_in})})


def started(monkeypatch: pytest.MonkeyPatch, how: Served | None = None) -> Any:
    monkeypatch.setattr(module.subprocess, "Popen", Process)
    return start_dashboard(signing(), Path("/settings"), 8599, how)


@pytest.mark.parametrize("address", ["0.0.0.0", "192.0.2.7", "::"])
def test_without_a_sign_in_any_other_address_is_refused(address: str) -> None:
    with pytest.raises(BadInputError, match=r"without a sign-in the dashboard listens on 127\.0\.0\.1 only"):
        dashboard(config=SETTINGS, address=address)


def test_an_api_without_https_is_refused() -> None:
    with pytest.raises(BadInputError, match="ApiUrl"):
        dashboard(config=SETTINGS, api="http://api.example.com/v1")


def test_a_sign_in_that_is_left_out_opens_no_other_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "load", lambda _: signing())
    shown: list[Served] = []
    monkeypatch.setattr(module, "show_dashboard", lambda _config, _folder, how, _console: shown.append(how))
    with pytest.raises(BadInputError):
        dashboard(config=SETTINGS, address="0.0.0.0", sign_in=False)
    with socket.socket() as free:
        free.bind((LOOPBACK, 0))
        port = free.getsockname()[1]
    dashboard(config=SETTINGS, port=port, address="0.0.0.0")
    dashboard(config=SETTINGS, port=port, sign_in=False)
    assert [(how.address, how.signs_in) for how in shown] == [("0.0.0.0", True), (LOOPBACK, False)]


def test_the_process_is_told_where_the_data_is_and_how_people_sign_in(monkeypatch: pytest.MonkeyPatch) -> None:
    process = started(monkeypatch, Served(address="0.0.0.0", signs_in=True, api="https://api.example.com/v1"))
    assert process.command[1:] == ["-m", "dashboard", "--address", "0.0.0.0", "--port", "8599"]
    assert process.env["FINDINGS_TABLE"] == "muster-findings"
    assert process.env["API_URL"] == "https://api.example.com/v1"
    said = json.loads(process.env["SIGN_IN"])
    assert (said["address"], said["groups"][0]["group"]) == ("https://muster.example.com", "security")
    assert process.env.keys() >= os.environ.keys()


def test_without_a_sign_in_the_environment_of_the_caller_brings_none_either(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGN_IN", '{"issuer": "https://elsewhere.example.com"}')
    monkeypatch.setenv("API_URL", "https://elsewhere.example.com")
    process = started(monkeypatch)
    assert process.env["SIGN_IN"] == process.env["API_URL"] == ""
    assert process.command[-4:-2] == ["--address", LOOPBACK]


def test_a_port_that_is_taken_is_said_before_anything_starts() -> None:
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        taken.listen()
        with pytest.raises(BadStartError, match="already in use; choose another for the dashboard with --port"):
            check_port(taken.getsockname()[1], "--port")


def test_the_address_that_people_open_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    class Ended:
        def wait(self) -> int:
            return 0

        def terminate(self) -> None:
            """It has ended."""

    monkeypatch.setattr(module, "start_dashboard", lambda *_: Ended())
    for how, address in ((Served(signs_in=True), "https://muster.example.com"), (Served(), "http://127.0.0.1:8501")):
        console = Console(record=True, width=200)
        module.show_dashboard(signing(), Path(), how, console)
        assert address in console.export_text()
