"""How to tell that an agent runs: commands that succeed when it does, and print its version.

Trend Micro's script begins by resetting an agent that is activated already (`dsa_control -r`): whatever state that is
in, it must be found. Sources: Trend Micro's help, "Command-line basics" (of an activated agent, GetAgentStatus names
the manager); Vision One's, "Endpoint Basecamp".
"""

from contract.agents import Platform
from generator.problems import BadInputError
from generator.settings.agent import Agent

_TREND_LINUX = """\
runs() {
  if command -v systemctl >/dev/null; then systemctl is-active --quiet "$1"; else service "$1" status >/dev/null; fi
}
if runs ds_agent && /opt/ds_agent/dsa_query -c GetAgentStatus | grep -Eq '^AgentStatus\\.(agentState: green|dsmUrl: .)'
then
  rpm -q --queryformat '%{VERSION}-%{RELEASE}' ds_agent 2>/dev/null ||
    dpkg-query --show --showformat '${Version}' ds-agent 2>/dev/null || true
  exit 0
fi
runs tmxbc"""

_TREND_WINDOWS = """\
$names = 'ds_agent', 'Trend Micro Endpoint Basecamp'
$running = @(Get-Service -Name $names -ErrorAction SilentlyContinue | Where-Object { $_.Status -eq 'Running' })
$agent = Join-Path $Env:ProgramFiles 'Trend Micro\\Deep Security Agent'
if ($running.Name -contains 'ds_agent') {
    $status = & (Join-Path $agent 'dsa_query.cmd') -c GetAgentStatus
    if ($status -match '^AgentStatus\\.(agentState: green|dsmUrl: .)') {
        (Get-Item -LiteralPath (Join-Path $agent 'dsa.exe')).VersionInfo.ProductVersion
        exit 0
    }
}
exit [int](-not ($running.Name -contains 'Trend Micro Endpoint Basecamp'))"""


def probe(agent: Agent, platform: Platform) -> str:
    """Return the commands for a platform; `BadInputError` for what a document or its script would misread."""
    usual = {Platform.LINUX: _TREND_LINUX, Platform.WINDOWS: _TREND_WINDOWS}
    setting = f"{platform.lower()}_running"
    given: str = getattr(agent, setting)
    if "{{" in given:
        raise BadInputError(f"agent.{setting}: {{{{ begins a parameter of an SSM document; write it another way")
    if platform is Platform.WINDOWS and any(line.startswith("'@") for line in given.splitlines()):
        raise BadInputError(f"agent.{setting}: a line that begins with '@ would end it; write it another way")
    return given or usual[platform]
