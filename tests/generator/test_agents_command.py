"""`muster agents` in a terminal: what it says of instances, and what it refuses before it asks for anything."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws
from typer.testing import CliRunner

from contract.agents import AgentState, Reason, Via
from contract.clock import iso, now
from contract.names import VERSION
from contract.spoke_events import AgentStatus
from generator.agents.asking import Asked
from generator.cli import app
from generator.commands import agents
from generator.config import Config, load
from generator.problems import BadInputError
from generator.settings.agent import Agent
from hub.store.accounts import Account, AccountStore
from hub.store.agents import AgentStore
from hub.store.schema import STATE, definition

SHOP = "444455556666"
REGION = "eu-central-1"
FIRST, SECOND, THIRD = (f"i-0123456789abcdef{number}" for number in range(3))
SETTINGS = (Path(__file__).parents[1] / "snapshots" / "muster.toml").resolve()
INSTALLER = Agent(enabled=True, kind="other", linux_install="i", linux_uninstall="u", linux_running="r")


def status(instance: str, state: AgentState, reason: Reason, **more: Any) -> AgentStatus:
    place = {"account": SHOP, "region": REGION, "version": VERSION, "via": Via.SWEEP}
    at = iso(now() - timedelta(hours=1))
    return AgentStatus(instance=instance, state=state, reason=reason, at=at, platform="Linux", **place, **more)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A hub that knows three instances; the ids of those that were asked for."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    asked: list[str] = []

    def ask(targets: Any, *_: Any) -> Iterator[Asked]:
        for one in targets:
            asked.append(one.status.instance)
            yield Asked(SHOP, REGION, one.status.instance)

    with mock_aws():
        client = boto3.client("dynamodb", region_name=REGION)
        client.create_table(TableName="muster-state", **definition(STATE))
        AccountStore(client, "muster-state").add(Account(id=SHOP, name="shop"))
        store = AgentStore(client, "muster-state")
        store.record(status(FIRST, AgentState.INSTALLED, Reason.FRESH))
        output = "Installing\n\nE: no room\n"
        store.record(status(SECOND, AgentState.FAILED, Reason.SCRIPT_FAILED, exit_code=8, output=output))
        store.record(status(THIRD, AgentState.EXCLUDED, Reason.NOT_IN_SCOPE))
        place = SimpleNamespace(client=lambda _service: client, session=None)
        monkeypatch.setattr(agents, "hub_place", lambda *_: place)
        monkeypatch.setattr(agents, "load", lambda _path: with_agent(INSTALLER))
        monkeypatch.setattr(agents, "assumed", lambda *_: None)
        monkeypatch.setattr(agents, "ask", ask)
        yield asked


def with_agent(agent: Agent) -> Config:
    return load(SETTINGS).model_copy(update={"agent": agent})


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["agents", *arguments, "--config", str(SETTINGS)], catch_exceptions=False)


def test_every_instance_has_its_state_and_reason_and_the_last_lines_of_its_script(hub: list[str]) -> None:
    out = run("status").output
    assert f"shop ({SHOP}) {REGION} {SECOND}: script failed, exit code 8 since " in out
    assert " UTC\n   The vendor's script failed" in out
    assert "   | Installing\n   | E: no room\n" in out
    assert f"{FIRST}: installed\n" in out
    assert f"{THIRD}: excluded, not in scope\n" in out
    assert out.index(SECOND) < out.index(FIRST)


def test_where_nothing_is_meant_it_says_of_how_many(hub: list[str]) -> None:
    assert "None of 3 known instances" in run("status", "--state", "removed").output


@pytest.mark.parametrize("command", ["status", "install"])
@pytest.mark.parametrize("given", [("--account", "12"), ("--instance", "i-0123456789abcdeff")])
def test_what_the_hub_does_not_know_is_named(hub: list[str], command: str, given: tuple[str, str]) -> None:
    with pytest.raises(BadInputError, match=f"{given[0]}: the hub knows no .*{given[1]}"):
        run(command, *given)
    assert hub == []


def test_it_is_asked_for_where_it_is_lacking(hub: list[str]) -> None:
    out = run("install", "--all", "--yes").output
    assert hub == [SECOND]
    assert "1 asked for" in out


def test_an_account_that_is_named_twice_is_asked_once(hub: list[str]) -> None:
    run("install", "--account", SHOP, "--account", SHOP, "--yes")
    assert hub == [SECOND]


def test_scripts_are_not_asked_anything(hub: list[str]) -> None:
    with pytest.raises(BadInputError, match="give --yes"):
        run("install", "--all", "--json")


def test_where_no_script_removes_it_nothing_is_asked_for(hub: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    windows_only = INSTALLER.model_copy(update={"linux_uninstall": "", "windows_uninstall": "remove.ps1"})
    monkeypatch.setattr(agents, "load", lambda _path: with_agent(windows_only))
    out = run("uninstall", "--all", "--yes").output
    assert "1 with Linux left out: agent.linux_uninstall names no script" in out
    assert hub == []
