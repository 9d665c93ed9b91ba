# Muster runs this as root with the machine's own sh. The hub is told what stands in the last line that it prints.
umask 077
hash='{{ Hash }}'
lock=../../muster-agent.lock
version=

probe() (
@PROBE@
)

is_running() {
  version=$(probe 2>/dev/null </dev/null) || return 1
  version=$(printf '%s\n' "$version" | head -n 1 | cut -c 1-100)
}

# Systems Manager shows 2,500 characters of a step. What looks like a token is left out of them.
tell() {
  if [ -f output.txt ]; then
    sed -e 's/\([Tt]oken[:=]\)[^"[:space:]]*/\1***/g' -e 's/\([Tt]enant[Ii][Dd][:=]\)[^"[:space:]]*/\1***/g' output.txt | tail -c 1500
    echo
  fi
  echo "muster: $1${2:+ $2}"
}

# Two commands at once would install twice. The kernel takes the lock from whoever ends, however that comes; where the
# tool is missing, which is in util-linux and in BusyBox, nobody waits.
take_turn() {
  trap 'rm -f script.sh' EXIT
  command -v flock >/dev/null 2>&1 || return 0
  # Where it cannot be written, exec would end the shell.
  (: >>"$lock") 2>/dev/null || return 0
  exec 9>"$lock"
  flock 9
}

need() {
  command -v "$1" >/dev/null 2>&1 && return 0
  tell missing_tool "$1"
  exit 1
}

# Whether the script is the one that was deployed.
is_genuine() {
  if command -v sha256sum >/dev/null 2>&1; then
    sum=$(sha256sum <script.sh)
  elif command -v shasum >/dev/null 2>&1; then
    sum=$(shasum -a 256 <script.sh)
  else
    need openssl
    sum=$(openssl dgst -sha256 -r <script.sh)
  fi
  [ "${sum%% *}" = "$hash" ]
}

# Run the script with all that it prints in a file; leave its exit code in `code`.
run_script() {
  if ! is_genuine; then
    tell hash_mismatch "what was downloaded is not the script that was deployed"
    exit 1
  fi
  shell=sh
  case $(head -n 1 script.sh) in '#!'*bash*) shell=bash ;; esac
  need "$shell"
  ! grep -qw curl script.sh || need curl
  # What the script leaves running must not hold the lock.
  "$shell" ./script.sh >output.txt 2>&1 </dev/null 9>&-
  code=$?
}
