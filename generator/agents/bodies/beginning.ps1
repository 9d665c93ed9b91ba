# Muster runs this as SYSTEM. The hub is told what stands in the last line that it prints.
$ErrorActionPreference = 'Continue'
$script:Version = ''
$Probe = @'
@PROBE@
'@

function Test-Running {
    $encoded = [Convert]::ToBase64String([Text.Encoding]::Unicode.GetBytes($Probe))
    $said = & powershell.exe -NoProfile -NonInteractive -OutputFormat Text -EncodedCommand $encoded 2>$null
    if ($LASTEXITCODE -ne 0) { return $false }
    $first = [string]($said | Select-Object -First 1)
    $script:Version = $first.Substring(0, [Math]::Min(100, $first.Length)).Trim()
    return $true
}

# Systems Manager shows 2,500 characters of a step. What looks like a token is left out of them.
function Complete-Run([string] $Reason, [string] $More, [int] $Code) {
    if (Test-Path -LiteralPath output.txt) {
        $text = [string](Get-Content -LiteralPath output.txt -Raw)
        $text = $text -replace '((?:token|tenantID)[:=])[^"\s]*', '$1***'
        if ($text.Length -gt 1500) { $text = $text.Substring($text.Length - 1500) }
        Write-Output $text
    }
    Remove-Item -LiteralPath script.ps1 -ErrorAction SilentlyContinue
    Write-Output ("muster: $Reason $More".Trim())
    exit $Code
}

# Two commands at once would install twice. Whoever held the mutex and was killed holds it no more.
function Enter-Turn {
    $script:Turn = New-Object System.Threading.Mutex($false, 'Global\muster-agent')
    try { [void]$script:Turn.WaitOne() } catch [System.Threading.AbandonedMutexException] { }
}

# Run the script with all that it prints in a file; return its exit code.
function Invoke-Script {
    if ((Get-FileHash -LiteralPath script.ps1 -Algorithm SHA256).Hash -ne '{{ Hash }}') {
        Complete-Run 'hash_mismatch' 'what was downloaded is not the script that was deployed' 1
    }
    & powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -File .\script.ps1 *> output.txt
    $script:ExitCode = $LASTEXITCODE
}
