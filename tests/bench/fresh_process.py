"""Starts a handler in a fresh interpreter and says what its first event cost."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec

from generator.third_party import ROOT

CHILD = Path(__file__).with_name("first_event.py")
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "bench",
    "AWS_SECRET_ACCESS_KEY": "bench",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "DEAD_LETTER_QUEUE_URL": "https://queue.example/dlq",
    "FINDINGS_TABLE": "findings",
    "HUB_ACCOUNT": "111122223333",
    "HUB_BUS_ARN": "arn:aws:events:eu-central-1:111122223333:event-bus/muster",
    "PREFIX": "muster",
    "QUEUE_URL": "https://queue.example/queue",
    "LOOKUPS_QUEUE_URL": "https://queue.example/lookups",
    "STATE_TABLE": "state",
}


class Cold(msgspec.Struct, frozen=True):
    """One fresh process: processor time of all of it, peak memory, and the AWS calls that it made."""

    cpu_ms: float
    peak_bytes: int
    calls: tuple[str, ...]


class Subject(msgspec.Struct, frozen=True):
    """What is started: folders to import from, a handler, its first event, the kinds of AWS calls that must follow."""

    folders: tuple[Path, ...]
    handler: str
    given: Path
    calls: tuple[str, ...]
    starts_in: Path = ROOT

    def start(self) -> Cold:
        """Run it once; other AWS calls than expected mean that it did not do its work."""
        folders = ":".join(map(str, self.folders))
        command = [sys.executable, "-I", "-S", str(CHILD), folders, self.handler, str(self.given)]
        done = subprocess.run(command, env=ENVIRONMENT, cwd=self.starts_in, capture_output=True, text=True, check=True)
        cold = msgspec.json.decode(done.stdout.splitlines()[-1], type=Cold)
        if tuple(dict.fromkeys(cold.calls)) != self.calls:
            raise RuntimeError(f"{self.handler} made the calls {cold.calls}:\n{done.stdout}{done.stderr}")
        return cold


def given_file(path: Path, event: Any, answers: Any) -> Path:
    """Write what a subject is given: its event and AWS's answers by operation."""
    path.write_text(json.dumps({"event": event, "answers": answers}), encoding="utf-8")
    return path
