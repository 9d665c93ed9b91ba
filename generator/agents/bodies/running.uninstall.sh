if ! is_running; then
  tell not_there
  # Systems Manager ends the document here, and calls it a success.
  exit 168
fi
