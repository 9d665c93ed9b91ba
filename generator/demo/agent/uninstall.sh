#!/bin/bash
# Takes the demo's agent away again.
set -euo pipefail
rm -f "$HOME/example-agent.running"
echo "Example Agent is gone"
