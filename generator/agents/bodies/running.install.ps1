if (('{{ Mode }}' -eq 'install') -and (Test-Running)) {
    # Systems Manager ends the document at this code, and calls it a success.
    Complete-Run 'already_running' $script:Version 168
}
