if [ '{{ Mode }}' = install ] && is_running; then
  tell already_running "$version"
  # Systems Manager ends the document here, and calls it a success.
  exit 168
fi
