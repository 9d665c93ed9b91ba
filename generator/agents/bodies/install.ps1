Enter-Turn
$done = if ('{{ Mode }}' -eq 'install') { 'installed' } else { 'upgraded' }
if (('{{ Mode }}' -eq 'install') -and (Test-Running)) {
    Complete-Run 'already_running' $script:Version 0
}
Invoke-Script
if ($script:ExitCode -ne 0) { Complete-Run 'script_failed' $script:ExitCode 1 }
foreach ($pause in @(@PAUSES@)) {
    Start-Sleep -Seconds $pause
    if (Test-Running) { Complete-Run $done $script:Version 0 }
}
Complete-Run 'not_running_afterwards' 'the script ended well, and the agent does not run' 1
