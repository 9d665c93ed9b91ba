# What the agent installer runs on Windows. The last line that begins with "muster:" is its answer.
$script = Join-Path (Get-Location) 'script.ps1'
$output = ''
function Answer($reason, $details) {
  if ($output.Length -gt 1500) { Write-Output $output.Substring($output.Length - 1500) } else { Write-Output $output }
  Write-Output "muster: $reason $details"
  Remove-Item -Force -ErrorAction SilentlyContinue $script
  if (@('installed', 'already_running', 'upgraded') -contains $reason) { exit 0 } else { exit 1 }
}
$probe = @'
{{ probe }}
'@
function Running {
  $file = [IO.Path]::ChangeExtension([IO.Path]::GetTempFileName(), 'ps1')
  Set-Content -Path $file -Value $probe
  $script:version = (& powershell.exe -NoProfile -ExecutionPolicy Bypass -File $file 2>$null | Out-String).Trim()
  $code = $LASTEXITCODE
  Remove-Item -Force $file
  return $code -eq 0
}
$mutex = New-Object Threading.Mutex($false, 'Global\muster-agent')
try { [void]$mutex.WaitOne() } catch [Threading.AbandonedMutexException] { }
if ('{{ Action }}' -eq 'install' -and (Running)) { Answer 'already_running' $version }
if (-not (Test-Path $script)) { Answer 'download_failed' 'the script is not there' }
$found = (Get-FileHash -Algorithm SHA256 $script).Hash.ToLower()
if ($found -ne '{{ Sha256 }}') { Answer 'hash_mismatch' "the script is $found, Parameter Store says {{ Sha256 }}" }
$output = (& powershell.exe -NoProfile -ExecutionPolicy Bypass -File $script 2>&1 | Out-String)
if ($LASTEXITCODE -ne 0) { Answer 'script_failed' "exit code $LASTEXITCODE" }
foreach ($pause in 0, 5, 10, 15, 30) {
  Start-Sleep -Seconds $pause
  if (Running) {
    if ('{{ Action }}' -eq 'upgrade') { Answer 'upgraded' $version } else { Answer 'installed' $version }
  }
}
Answer 'not_running_afterwards' 'the script succeeded, and a minute later the agent does not run'
