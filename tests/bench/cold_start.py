"""B1: the first event of a packaged function in a fresh interpreter, beside what such a function usually carries."""

import compileall
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
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
from tests.bench.measure import Measure, PeerMissingError, Unmeasured, peer_installed

OURS = ("detector", "creator tagger")
ROUNDS = 9
RULES = 150
TYPICAL = (
    *("aws-lambda-powertools[tracer,parser]==3.37.0", "boto3==1.44.5", "pydantic==2.14.3"),
    *("pydantic-settings==2.16.3", "pyyaml==6.0.3"),
)
C7N = ("c7n==0.9.53",)
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


def cold_starts() -> dict[str, Measure | Unmeasured]:
    """Medians of fresh processes, run in turn: ours, then the peers that can be installed here."""
    with tempfile.TemporaryDirectory() as folder:
        subjects, missing = _subjects(Path(folder))
        rounds = [{name: one.start() for name, one in subjects.items()} for _ in range(ROUNDS)]
    runs = {name: [run[name] for run in rounds] for name in subjects}
    return {
        **{f"B1 cold start {one}": _beside("typical stack", 0.4, runs, one, missing) for one in OURS},
        **{f"B1 cold start {one} beside c7n": _beside("c7n", 0.45, runs, one, missing) for one in OURS},
        **{f"B1 memory {one}": Measure(_mebibytes(runs[one]), "MiB", 48) for one in OURS},
    }


def _beside(
    peer: str, budget: float, runs: Mapping[str, list[Cold]], ours: str, missing: Mapping[str, str]
) -> Measure | Unmeasured:
    if peer in missing:
        return Unmeasured(missing[peer])
    return Measure(_cpu(runs[ours]), "ms", budget, (peer, _cpu(runs[peer])))


def _cpu(runs: list[Cold]) -> float:
    return median(run.cpu_ms for run in runs)


def _mebibytes(runs: list[Cold]) -> float:
    return median(run.peak_bytes for run in runs) / 2**20


def _subjects(folder: Path) -> tuple[dict[str, Subject], dict[str, str]]:
    """Return what is started by name, and why which peers are missing."""
    event = json.loads((EVENTS / "17-create-user.json").read_bytes())
    created = json.loads((EVENTS / "04-create-bucket.json").read_bytes())
    batch = {"Records": [{"messageId": "1", "eventSource": "aws:sqs", "body": json.dumps(event)}]}
    account = document_item(account_key(event["account"]), Account(id=event["account"], name="bench"))
    stored = {"Query": {"Items": [account]}, "BatchGetItem": {"Responses": {}, "UnprocessedKeys": {}}, "PutItem": {}}
    tagged = {"TagResources": {}, "PutEvents": {"FailedEntryCount": 0, "Entries": []}}
    judging = _given(folder / "judging.json", batch, stored)
    tagging = _given(folder / "tagging.json", created, tagged)
    subjects = {
        "detector": _ours(DETECTOR, folder, judging, ("Query", "BatchGetItem", "PutItem")),
        "creator tagger": _ours(CREATOR_TAGGER, folder, tagging, ("TagResources", "PutEvents")),
    }
    missing = {}
    peers = {"typical stack": lambda: _typical(folder, judging), "c7n": lambda: _custodian(folder)}
    for name, made in peers.items():
        try:
            subjects[name] = made()
        except PeerMissingError as error:
            missing[name] = str(error)
    return subjects, missing


def _given(path: Path, event: Any, answers: Any) -> Path:
    path.write_text(json.dumps({"event": event, "answers": answers}), encoding="utf-8")
    return path


def _ours(what: Function, folder: Path, given: Path, calls: tuple[str, ...]) -> Subject:
    config = sample()
    package = Packer(config, Target.HOST, CACHE, python=None, bytecode=True).package(what, tuning(config, what))
    with zipfile.ZipFile(io.BytesIO(package.body)) as archive:
        archive.extractall(folder / what.name)
    return Subject((folder / what.name,), what.handler, given, calls)


def _typical(folder: Path, judging: Path) -> Subject:
    """Return the typical function, compiled, with as many rules as such products have."""
    site = _site("typical", TYPICAL)
    path = folder / "typical"
    path.mkdir()
    rules = [
        {"id": one.id, "title": one.title, "level": one.severity, "api_calls": one.api_calls} for one in DETECTIONS
    ]
    (path / "rules.yaml").write_bytes(msgspec.yaml.encode(rules[:RULES]))
    shutil.copy(Path(__file__).with_name("typical_stack.py"), path)
    compileall.compile_dir(path, quiet=1)
    return Subject((path, site), "typical_stack.judge_handler", judging, ("PutItem",))


def _custodian(folder: Path) -> Subject:
    """Return Cloud Custodian as it runs in Lambda: its handler and one policy, which tags an instance's creator.

    Its own packager writes the same `config.json`, without the account's id and without bytecode; here it has bytecode.
    """
    site = _site("c7n", C7N)
    event = json.loads((EVENTS / "01-run-instances.json").read_bytes())
    (instance,) = event["detail"]["responseElements"]["instancesSet"]["items"]
    policy = {
        "name": "tag-creator",
        "resource": "aws.ec2",
        "mode": {"type": "cloudtrail", "events": ["RunInstances"]},
        "filters": [{"tag:CreatedBy": "absent"}],
        "actions": [{"type": "auto-tag-user", "tag": "CreatedBy"}],
    }
    path = folder / "c7n"
    path.mkdir()
    (path / "config.json").write_text(json.dumps({"execution-options": {}, "policies": [policy]}))
    answers = {
        "GetCallerIdentity": _CALLER.format(event["account"]),
        "DescribeInstances": _INSTANCES.format(instance["instanceId"]),
        "CreateTags": _TAGGED,
    }
    given = _given(path / "given.json", event, answers)
    return Subject((site,), "c7n.handler.dispatch_event", given, tuple(answers), path)


# STS and EC2 answer in XML (their API references).
_CALLER = (
    "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>{}</Account></GetCallerIdentityResult>"
    "</GetCallerIdentityResponse>"
)
_INSTANCES = (
    "<DescribeInstancesResponse><reservationSet><item><instancesSet><item><instanceId>{}</instanceId>"
    "<instanceState><code>0</code><name>pending</name></instanceState></item></instancesSet></item></reservationSet>"
    "</DescribeInstancesResponse>"
)
_TAGGED = "<CreateTagsResponse><return>true</return></CreateTagsResponse>"


def _site(name: str, requirements: tuple[str, ...]) -> Path:
    """Return a folder with installed packages, made once; `PeerMissingError` where there is no way to get them."""
    key = hashlib.sha256("".join(requirements).encode()).hexdigest()[:16]
    folder = CACHE / f"{name}-{key}"
    if not folder.is_dir():
        half = folder.with_name(f"{folder.name}-{os.getpid()}")
        options = ["--quiet", "--compile-bytecode", "--python", sys.executable, "--target", str(half)]
        peer_installed([uv.find_uv_bin(), "pip", "install", *options, *requirements])
        half.rename(folder)
    return folder
