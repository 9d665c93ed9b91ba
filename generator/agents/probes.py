"""How to tell that an agent runs already: commands that succeed then, and print its version.

Trend Micro: the Deep Security agent counts once it is activated, for its installer would reset an activated one
(https://help.deepsecurity.trendmicro.com, "Command-line basics"); Vision One's base agent counts once its service runs.
"""

from contract.agents import Platform
from generator.settings.agent import Agent, Kind

_TREND_LINUX = """\
if systemctl is-active --quiet ds_agent 2>/dev/null || service ds_agent status >/dev/null 2>&1; then
  if /opt/ds_agent/dsa_query -c GetAgentStatus 2>/dev/null | grep -q 'AgentStatus.dsmUrl: .'; then
    /opt/ds_agent/dsa_query -c GetAgentStatus 2>/dev/null | sed -n 's/^AgentStatus.version: //p' | head -n 1
    exit 0
  fi
fi
if systemctl is-active --quiet tmxbc 2>/dev/null || service tmxbc status >/dev/null 2>&1; then
  echo 'Vision One'
  exit 0
fi
exit 1
"""
_TREND_WINDOWS = """\
$agent = Get-Service -Name ds_agent -ErrorAction SilentlyContinue
if ($agent -and $agent.Status -eq 'Running') {
  $folder = Join-Path $Env:ProgramFiles 'Trend Micro\\Deep Security Agent'
  $said = & (Join-Path $folder 'dsa_query.cmd') -c GetAgentStatus 2>$null | Out-String
  if ($said -match 'AgentStatus\\.dsmUrl: \\S') {
    if ($said -match 'AgentStatus\\.version: (\\S+)') { Write-Output $Matches[1] }
    exit 0
  }
}
$base = Get-Service -DisplayName 'Trend Micro Endpoint Basecamp*' -ErrorAction SilentlyContinue
if ($base -and $base.Status -eq 'Running') { Write-Output 'Vision One'; exit 0 }
exit 1
"""


def probe(agent: Agent, platform: Platform) -> str:
    """Return the commands that succeed where the agent runs already."""
    own = {Platform.LINUX: agent.linux_running, Platform.WINDOWS: agent.windows_running}[platform]
    if own or agent.kind is not Kind.TREND:
        return own or "exit 1"
    return _TREND_LINUX if platform is Platform.LINUX else _TREND_WINDOWS
