take_turn
done=installed
[ '{{ Mode }}' = install ] || done=upgraded
if [ '{{ Mode }}' = install ] && is_running; then
  tell already_running "$version"
  exit 0
fi
run_script
if [ "$code" -ne 0 ]; then
  tell script_failed "$code"
  exit 1
fi
for pause in @PAUSES@; do
  sleep "$pause"
  if is_running; then
    tell "$done" "$version"
    exit 0
  fi
done
tell not_running_afterwards "the script ended well, and the agent does not run"
exit 1
