"""B1: the first event of a packaged function in a fresh interpreter, beside what such a function usually carries."""

import compileall
import hashlib
import io
import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from statistics import median
from typing import Any

import msgspec
import uv

from contract.names import account_key
from generator.functions import CREATOR_TAGGER, DETECTOR, Function
from generator.generate import tuning
from generator.package import Packer, Target
from generator.snapshots import sample
from generator.third_party import ROOT
from hub.detections.catalogue import DETECTIONS
from hub.store.accounts import Account
from hub.store.documents import document_item
from tests.bench.measure import Measure

ROUNDS = 9
RULES = 150
TYPICAL = (
    *("aws-lambda-powertools[tracer,parser]==3.37.0", "boto3==1.44.5", "pydantic==2.14.3"),
    *("pydantic-settings==2.16.3", "pyyaml==6.0.3"),
)
CACHE = ROOT / "build" / "cache"
EVENTS = ROOT / "localorg" / "events"
CHILD = Path(__file__).with_name("first_event.py")
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "bench",
    "AWS_SECRET_ACCESS_KEY": "bench",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "DEAD_LETTER_QUEUE_URL": "https://queue.example/dlq",
    "FINDINGS_TABLE": "findings",
    "HUB_BUS_ARN": "arn:aws:events:eu-central-1:111122223333:event-bus/muster",
    "LOOKUPS_QUEUE_URL": "https://queue.example/lookups",
    "PREFIX": "muster",
    "QUEUE_URL": "https://queue.example/queue",
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

    def start(self) -> Cold:
        """Run it once; other AWS calls than expected mean that it did not do its work."""
        folders = ":".join(map(str, self.folders))
        command = [sys.executable, "-I", "-S", str(CHILD), folders, self.handler, str(self.given)]
        done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=True)
        cold = msgspec.json.decode(done.stdout.splitlines()[-1], type=Cold)
        if tuple(dict.fromkeys(cold.calls)) != self.calls:
            raise RuntimeError(f"{self.handler} made the calls {cold.calls}:\n{done.stdout}{done.stderr}")
        return cold


def cold_starts() -> dict[str, Measure]:
    """Medians of fresh processes, the three run in turn."""
    with tempfile.TemporaryDirectory() as folder:
        subjects = _subjects(Path(folder))
        rounds = [[one.start() for one in subjects] for _ in range(ROUNDS)]
    detector, tagger, typical = ([run[place] for run in rounds] for place in range(3))
    baseline = ("typical stack", _cpu(typical))
    return {
        "B1 cold start detector": Measure(_cpu(detector), "ms", 0.4, baseline),
        "B1 cold start creator tagger": Measure(_cpu(tagger), "ms", 0.4, baseline),
        "B1 memory detector": Measure(_mebibytes(detector), "MiB", 48),
        "B1 memory creator tagger": Measure(_mebibytes(tagger), "MiB", 48),
    }


def _cpu(runs: list[Cold]) -> float:
    return median(run.cpu_ms for run in runs)


def _mebibytes(runs: list[Cold]) -> float:
    return median(run.peak_bytes for run in runs) / 2**20


def _subjects(folder: Path) -> list[Subject]:
    event = json.loads((EVENTS / "17-create-user.json").read_bytes())
    created = json.loads((EVENTS / "04-create-bucket.json").read_bytes())
    batch = {"Records": [{"messageId": "1", "eventSource": "aws:sqs", "body": json.dumps(event)}]}
    account = document_item(account_key(event["account"]), Account(id=event["account"], name="bench"))
    stored = {"Query": {"Items": [account]}, "BatchGetItem": {"Responses": {}, "UnprocessedKeys": {}}, "PutItem": {}}
    tagged = {"TagResources": {}, "PutEvents": {"FailedEntryCount": 0, "Entries": []}}
    judging = _given(folder / "judging.json", batch, stored)
    tagging = _given(folder / "tagging.json", created, tagged)
    return [
        _ours(DETECTOR, folder, judging, ("Query", "BatchGetItem", "PutItem")),
        _ours(CREATOR_TAGGER, folder, tagging, ("TagResources", "PutEvents")),
        Subject((_typical(folder), _typical_site()), "typical_stack.judge_handler", judging, ("PutItem",)),
    ]


def _given(path: Path, event: Any, answers: Any) -> Path:
    path.write_text(json.dumps({"event": event, "answers": answers}), encoding="utf-8")
    return path


def _ours(what: Function, folder: Path, given: Path, calls: tuple[str, ...]) -> Subject:
    config = sample()
    package = Packer(config, Target.HOST, CACHE, python=None, bytecode=True).package(what, tuning(config, what))
    with zipfile.ZipFile(io.BytesIO(package.body)) as archive:
        archive.extractall(folder / what.name)
    return Subject((folder / what.name,), what.handler, given, calls)


def _typical(folder: Path) -> Path:
    """Return a folder with the typical function, compiled, and as many rules as such products have."""
    path = folder / "typical"
    path.mkdir()
    rules = [
        {"id": one.id, "title": one.title, "level": one.severity, "api_calls": one.api_calls} for one in DETECTIONS
    ]
    (path / "rules.yaml").write_bytes(msgspec.yaml.encode(rules[:RULES]))
    shutil.copy(Path(__file__).with_name("typical_stack.py"), path)
    compileall.compile_dir(path, quiet=1)
    return path


def _typical_site() -> Path:
    key = hashlib.sha256("".join(TYPICAL).encode()).hexdigest()[:16]
    folder = CACHE / f"typical-{key}"
    if not folder.is_dir():
        options = ["--quiet", "--compile-bytecode", "--python", sys.executable, "--target", str(folder)]
        subprocess.run([uv.find_uv_bin(), "pip", "install", *options, *TYPICAL], check=True)
    return folder
