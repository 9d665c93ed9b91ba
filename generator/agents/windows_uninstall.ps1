# What removes the agent from Windows. The last line that begins with "muster:" is its answer.
$script = Join-Path (Get-Location) 'script.ps1'
$output = ''
function Answer($reason, $details) {
  if ($output.Length -gt 1500) { Write-Output $output.Substring($output.Length - 1500) } else { Write-Output $output }
  Write-Output "muster: $reason $details"
  Remove-Item -Force -ErrorAction SilentlyContinue $script
  if (@('uninstalled', 'not_there') -contains $reason) { exit 0 } else { exit 1 }
}
$probe = @'
{{ probe }}
'@
function Running {
  $file = [IO.Path]::ChangeExtension([IO.Path]::GetTempFileName(), 'ps1')
  Set-Content -Path $file -Value $probe
  & powershell.exe -NoProfile -ExecutionPolicy Bypass -File $file 2>$null | Out-Null
  $code = $LASTEXITCODE
  Remove-Item -Force $file
  return $code -eq 0
}
if (-not (Running)) { Answer 'not_there' '' }
if (-not (Test-Path $script)) { Answer 'download_failed' 'the script is not there' }
$found = (Get-FileHash -Algorithm SHA256 $script).Hash.ToLower()
if ($found -ne '{{ Sha256 }}') { Answer 'hash_mismatch' "the script is $found, Parameter Store says {{ Sha256 }}" }
$output = (& powershell.exe -NoProfile -ExecutionPolicy Bypass -File $script 2>&1 | Out-String)
if ($LASTEXITCODE -ne 0) { Answer 'uninstall_failed' "exit code $LASTEXITCODE" }
if (Running) { Answer 'uninstall_failed' 'the script succeeded, and the agent runs still' }
Answer 'uninstalled' ''
