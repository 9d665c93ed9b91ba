# What removes the agent from Linux, run by /bin/sh. The last line that begins with "muster:" is its answer.
script="$PWD/script.sh"
mkdir -p "${TMPDIR:-/tmp}"
log=$(mktemp)

answer() { # a reason, and details
  [ -s "$log" ] && tail -c 1500 "$log"
  printf '\nmuster: %s %s\n' "$1" "$2"
  rm -f "$log" "$script"
  case $1 in uninstalled | not_there) exit 0 ;; *) exit 1 ;; esac
}

running() { (
  {{ probe }}
) >/dev/null 2>&1; }

running || answer not_there ''
[ -r "$script" ] || answer download_failed 'the script is not there'
found=$( (sha256sum "$script" || shasum -a 256 "$script") 2>/dev/null | cut -d ' ' -f 1)
[ "$found" = '{{ Sha256 }}' ] || answer hash_mismatch "the script is $found, Parameter Store says {{ Sha256 }}"
shell=/bin/sh
case $(head -n 1 "$script") in '#!'*bash*) shell=bash ;; esac
"$shell" "$script" >"$log" 2>&1
code=$?
[ "$code" = 0 ] || answer uninstall_failed "exit code $code"
running && answer uninstall_failed 'the script succeeded, and the agent runs still'
answer uninstalled ''
