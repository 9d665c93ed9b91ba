# What the agent installer runs on Linux, by /bin/sh. The last line that begins with "muster:" is its answer.
script="$PWD/script.sh"
mkdir -p "${TMPDIR:-/tmp}"
log=$(mktemp)
lock="${TMPDIR:-/tmp}/muster-agent.lock"

answer() { # a reason, and details or the version
  [ -s "$log" ] && tail -c 1500 "$log"
  printf '\nmuster: %s %s\n' "$1" "$2"
  rm -rf "$lock" "$log" "$script"
  case $1 in installed | already_running | upgraded) exit 0 ;; *) exit 1 ;; esac
}

running() { # is the agent there, and which version?
  version=$( (
    {{ probe }}
  ) 2>/dev/null )
}

# A start and a scan may come at once: one waits until the other has ended, an hour at most.
waited=0
until mkdir "$lock" 2>/dev/null || [ "$waited" = 3600 ]; do
  waited=$((waited + 1))
  holder=$(cat "$lock/pid" 2>/dev/null)
  if [ -n "$holder" ] && ! kill -0 "$holder" 2>/dev/null; then rm -rf "$lock"; else sleep 1; fi
done
echo $$ >"$lock/pid"

if [ '{{ Action }}' = install ] && running; then answer already_running "$version"; fi
[ -r "$script" ] || answer download_failed 'the script is not there'
found=$( (sha256sum "$script" || shasum -a 256 "$script") 2>/dev/null | cut -d ' ' -f 1)
[ "$found" = '{{ Sha256 }}' ] || answer hash_mismatch "the script is $found, Parameter Store says {{ Sha256 }}"
for tool in {{ tools }}; do
  command -v "$tool" >/dev/null || answer missing_tool "$tool is not installed"
done
shell=/bin/sh
case $(head -n 1 "$script") in '#!'*bash*) shell=bash ;; esac
command -v "$shell" >/dev/null || answer missing_tool "$shell is not installed"
"$shell" "$script" >"$log" 2>&1
code=$?
[ "$code" = 0 ] || answer script_failed "exit code $code"
for pause in 0 5 10 15 30; do
  sleep "$pause"
  if running; then
    case '{{ Action }}' in upgrade) answer upgraded "$version" ;; *) answer installed "$version" ;; esac
  fi
done
answer not_running_afterwards 'the script succeeded, and a minute later the agent does not run'
