Enter-Turn
if (-not (Test-Running)) { Complete-Run 'not_there' '' 0 }
Invoke-Script
if ($script:ExitCode -ne 0 -and (Test-Running)) { Complete-Run 'uninstall_failed' $script:ExitCode 1 }
foreach ($pause in @(@PAUSES@)) {
    Start-Sleep -Seconds $pause
    if (-not (Test-Running)) { Complete-Run 'uninstalled' '' 0 }
}
Complete-Run 'uninstall_failed' 'the script ended well, and the agent still runs' 1
