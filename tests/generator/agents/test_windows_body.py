"""The documents' PowerShell, of which there is none here: it parses, calls what there is, and ends as the Linux one."""

import re
from collections.abc import Iterator

import pytest
import tree_sitter_powershell
from tree_sitter import Language, Node, Parser

from contract.agents import Action, Platform, Reason
from generator.agents.documents import body, first_look
from generator.settings.agent import Agent, Kind

PARSER = Parser(Language(tree_sitter_powershell.language()))
AGENTS = {
    "trend_micro": Agent(windows_install="i", windows_uninstall="u"),
    "other": Agent(kind=Kind.OTHER, windows_running="exit 1", windows_install="i", windows_uninstall="u"),
}
# Windows PowerShell 5.1, which every Windows Server since 2016 has.
CMDLETS = {
    *("Get-Content", "Get-FileHash", "Get-Item", "Get-ItemProperty", "Get-Process", "Get-Service", "New-Object"),
    *("Remove-Item", "Select-Object", "Start-Sleep", "Test-Path", "Where-Object", "Write-Output"),
}
# PowerShell's own, and those of the environment.
GIVEN = {"$ErrorActionPreference", "$LASTEXITCODE", "$false", "$null", "$true", "$_"}


def bodies() -> Iterator[tuple[str, str]]:
    for name, agent in AGENTS.items():
        for action in (Action.INSTALL, Action.UNINSTALL):
            yield f"{name} {action}", body(agent, action, Platform.WINDOWS)
            yield f"{name} first look, {action}", first_look(agent, action, Platform.WINDOWS)


BODIES = dict(bodies())


def nodes(node: Node, kind: str) -> Iterator[str]:
    if node.type == kind and node.text:
        yield node.text.decode()
    for child in node.children:
        yield from nodes(child, kind)


def tree(text: str) -> Node:
    # Systems Manager has filled these in by then.
    return PARSER.parse(text.replace("{{ Hash }}", "0" * 64).replace("{{ Mode }}", "install").encode()).root_node


@pytest.mark.parametrize("name", BODIES)
def test_it_is_powershell(name: str) -> None:
    root = tree(BODIES[name])
    assert not root.has_error, list(nodes(root, "ERROR"))


def test_the_parser_would_see_a_missing_brace() -> None:
    assert tree(BODIES["other install"].replace("{ return $false }", "{ return $false", 1)).has_error


@pytest.mark.parametrize("name", BODIES)
def test_it_calls_what_it_defines_or_what_every_windows_has(name: str) -> None:
    root = tree(BODIES[name])
    defined = set(nodes(root, "function_name"))
    called = {one for one in nodes(root, "command_name") if one not in {"powershell.exe", "&"}}
    assert called - defined <= CMDLETS
    assert {"Test-Running", "Complete-Run"} <= called & defined


@pytest.mark.parametrize("name", BODIES)
def test_it_reads_no_variable_that_nobody_sets(name: str) -> None:
    text = BODIES[name]
    read = {one.replace("$script:", "$") for one in nodes(tree(text), "variable")}
    assigned = {f"${one}" for one in re.findall(r"\$(?:script:)?(\w+) = ", text)}
    parameters = {f"${one}" for one in re.findall(r"\[\w+\] \$(\w+)", text)}
    looped = {f"${one}" for one in re.findall(r"foreach \(\$(\w+) in", text)}
    assert read - assigned - parameters - looped <= GIVEN


@pytest.mark.parametrize("action", [Action.INSTALL, Action.UNINSTALL])
@pytest.mark.parametrize("agent", AGENTS.values(), ids=AGENTS)
def test_it_ends_with_the_same_reasons_as_on_linux(agent: Agent, action: Action) -> None:
    linux = agent.model_copy(update={"linux_install": "i", "linux_uninstall": "u", "linux_running": "exit 1"})
    said = re.findall(r"Complete-Run '?(\w+)'?", body(agent, action, Platform.WINDOWS))
    told = re.findall(r"\btell (\w+)", body(linux, action, Platform.LINUX))
    # A tool is missing where there is a choice of tools.
    assert set(said) & set(Reason) == set(told) & set(Reason) - {Reason.MISSING_TOOL}


@pytest.mark.parametrize("name", [name for name in BODIES if "first look" in name])
def test_a_first_look_with_nothing_to_do_ends_the_document(name: str) -> None:
    # Systems Manager's exit code for: a success, and no further step.
    assert re.search(r"Complete-Run \S+ \S+ 168", BODIES[name])
