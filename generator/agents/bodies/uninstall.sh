take_turn
if ! is_running; then
  tell not_there
  exit 0
fi
run_script
if [ "$code" -ne 0 ] && is_running; then
  tell uninstall_failed "$code"
  exit 1
fi
for pause in @PAUSES@; do
  sleep "$pause"
  if ! is_running; then
    tell uninstalled
    exit 0
  fi
done
tell uninstall_failed "the script ended well, and the agent still runs"
exit 1
