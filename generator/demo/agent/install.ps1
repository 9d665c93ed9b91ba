# The demo's agent for Windows: what your vendor's installer is to you.
$ErrorActionPreference = 'Stop'
Write-Output 'Installing Example Agent 4.2.0'
Set-Content -Path "$Env:ProgramData\example-agent.running" -Value '4.2.0'
