#!/bin/bash
# The demo's agent: what your vendor's installer is to you. It leaves a file behind, which stands for a service.
set -euo pipefail
echo "Installing Example Agent 4.2.0"
if [[ -e "$HOME/broken-packages" ]]; then
  echo "E: Unable to correct problems, you have held broken packages." >&2
  exit 100
fi
echo "4.2.0" > "$HOME/example-agent.running"
echo "Example Agent 4.2.0 is active"
