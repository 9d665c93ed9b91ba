"""The scripts that the settings name are read from beside them; what cannot be one is named."""

import hashlib
from pathlib import Path

import pytest

from contract.agents import Action, Platform
from generator.agents.scripts import load_scripts
from generator.problems import BadInputError
from generator.settings.agent import Agent

AGENT = Agent(enabled=True, linux_install="install.sh", windows_install="install.ps1")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "install.sh").write_bytes(b"#!/bin/sh\necho installing\n")
    (tmp_path / "install.ps1").write_bytes(b"Write-Output installing\r\n")
    return tmp_path


def test_each_named_script_is_read_with_its_digest(folder: Path) -> None:
    linux, windows = load_scripts(AGENT, folder)
    assert (linux.action, linux.platform, windows.platform) == (Action.INSTALL, Platform.LINUX, Platform.WINDOWS)
    assert linux.digest == hashlib.sha256(linux.body).hexdigest()
    assert windows.key == f"agent/{windows.digest}/script.ps1"


def test_an_agent_that_is_off_needs_no_scripts(tmp_path: Path) -> None:
    assert load_scripts(AGENT.model_copy(update={"enabled": False}), tmp_path) == ()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (None, "No such file"),
        (b" \n", "is empty"),
        (b"#!/bin/sh\r\necho installing\r\n", "line ends of Windows"),
    ],
)
def test_a_script_that_no_shell_runs_is_named(folder: Path, body: bytes | None, words: str) -> None:
    (folder / "install.sh").unlink()
    if body is not None:
        (folder / "install.sh").write_bytes(body)
    with pytest.raises(BadInputError, match=rf"^agent\.linux_install: .*{words}.*; "):
        load_scripts(AGENT, folder)
