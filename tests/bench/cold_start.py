"""B1: the first event of a packaged function in a fresh interpreter, beside what such a function usually carries."""

import io
import json
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from statistics import median

from contract.names import account_key
from generator.functions import API, CREATOR_TAGGER, DETECTOR, INGESTER, Function
from generator.generate import tuning
from generator.package import Packer, Target
from generator.snapshots import sample
from hub.store.accounts import Account
from hub.store.documents import document_item
from tests.asff import control, imported
from tests.bench.cold_peers import CACHE, EVENTS, custodian, typical
from tests.bench.fresh_process import Cold, Subject, given_file
from tests.bench.measure import Measure, PeerMissingError, Unmeasured

OURS = ("detector", "ingester", "creator tagger")
# It validates requests by pydantic, which those on the way of events do without.
SERVED = "api"
ROUNDS = 9
_LIST = {
    "resource": "/{proxy+}",
    "path": "/findings",
    "httpMethod": "GET",
    "headers": {},
    "multiValueHeaders": {},
    "queryStringParameters": {"limit": "10"},
    "multiValueQueryStringParameters": {"limit": ["10"]},
    "requestContext": {"identity": {"userArn": "bench"}, "path": "/findings", "stage": "v1", "requestId": "1"},
    "body": None,
}


def cold_starts() -> dict[str, Measure | Unmeasured]:
    """Medians of fresh processes, run in turn: ours, then the peers that can be installed here."""
    with tempfile.TemporaryDirectory() as folder:
        subjects, missing = _subjects(Path(folder))
        rounds = [{name: one.start() for name, one in subjects.items()} for _ in range(ROUNDS)]
    runs = {name: [run[name] for run in rounds] for name in subjects}
    return {
        **{f"B1 cold start {one}": _beside("typical stack", 0.4, runs, one, missing) for one in OURS},
        **{f"B1 cold start {one} beside c7n": _beside("c7n", 0.45, runs, one, missing) for one in OURS},
        f"B1 cold start {SERVED}": _beside("typical stack", 0.6, runs, SERVED, missing),
        f"B1 memory {SERVED}": Measure(_mebibytes(runs[SERVED]), "MiB", 128),
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
    written: dict[str, object] = {"PutItem": {}, "UpdateItem": {}}
    stored = {"Query": {"Items": [account]}, "BatchGetItem": {"Responses": {}, "UnprocessedKeys": {}}, **written}
    tagged: dict[str, object] = {"TagResources": {}}
    listed = {"Query": {"Items": []}, "BatchGetItem": {"Responses": {}, "UnprocessedKeys": {}}, "PutItem": {}}
    imported_control = json.dumps(imported(control(), "2026-11-20T09:00:00Z"))
    queued = {"Records": [{"messageId": "1", "eventSource": "aws:sqs", "body": imported_control}]}
    ingesting = given_file(folder / "ingesting.json", queued, listed)
    listing = given_file(folder / "listing.json", _LIST, {"Query": {"Items": []}})
    judging = given_file(folder / "judging.json", batch, stored)
    tagging = given_file(folder / "tagging.json", created, tagged)
    subjects = {
        "detector": _ours(DETECTOR, folder, judging, ("Query", "BatchGetItem", "PutItem", "UpdateItem")),
        "ingester": _ours(INGESTER, folder, ingesting, ("BatchGetItem", "Query", "PutItem")),
        SERVED: _ours(API, folder, listing, ("Query",)),
        "creator tagger": _ours(CREATOR_TAGGER, folder, tagging, ("TagResources",)),
    }
    missing = {}
    peers = {"typical stack": lambda: typical(folder, judging), "c7n": lambda: custodian(folder)}
    for name, made in peers.items():
        try:
            subjects[name] = made()
        except PeerMissingError as error:
            missing[name] = str(error)
    return subjects, missing


def _ours(what: Function, folder: Path, given: Path, calls: tuple[str, ...]) -> Subject:
    config = sample()
    package = Packer(config, Target.HOST, CACHE, python=None, bytecode=True).package(what, tuning(config, what))
    with zipfile.ZipFile(io.BytesIO(package.body)) as archive:
        archive.extractall(folder / what.name)
    return Subject((folder / what.name,), what.handler, given, calls)
