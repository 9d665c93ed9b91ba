"""B5: the AWS calls behind one create event, once the function is warm."""

import json
import os
from collections import Counter
from pathlib import Path
from typing import Any
from unittest.mock import patch

from botocore.awsrequest import AWSResponse

from generator.third_party import ROOT
from spoke import clients
from spoke.creator_tagger.handler import logger, tag_handler
from spoke.creator_tagger.resources import CREATED
from tests.bench.first_event import Context, Raw
from tests.bench.fresh_process import ENVIRONMENT
from tests.bench.measure import Measure

ANSWERS = {"PutEvents": {"FailedEntryCount": 0, "Entries": []}}


class Aws:
    """Answers every call of the function's session and counts calls and new clients."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.clients = 0
        session = clients._session()
        session.register("before-send.*.*", self._answer)
        session.register("creating-client-class.*", self._note_client)

    def _answer(self, request: Any, event_name: str, **_: Any) -> AWSResponse:
        operation = event_name.rpartition(".")[2]
        self.calls[operation] += 1
        body = json.dumps(ANSWERS.get(operation, {})).encode()
        return AWSResponse(request.url, 200, {"content-length": str(len(body))}, Raw(body))

    def _note_client(self, **_: Any) -> None:
        self.clients += 1


def calls_of_a_create_event() -> dict[str, Measure]:
    """The recorded create events, after each was seen once; Lambda reports what they return (docs/adr/0046)."""
    events = _creations()
    logger.setLevel("ERROR")
    with patch.dict(os.environ, ENVIRONMENT):
        aws = Aws()
        _tag_all(events)
        aws.calls.clear()
        aws.clients = 0
        _tag_all(events)
    # The next bench's calls are none of ours.
    clients._session.cache_clear()
    clients.client.cache_clear()
    reads = sum(count for name, count in aws.calls.items() if name.startswith(("Describe", "Get", "List")))
    return {
        "B5 AWS calls": Measure(aws.calls.total() / len(events), "calls per create event", 1),
        "B5 describes": Measure(reads, "calls", 0),
        "B5 new clients": Measure(aws.clients, "clients", 0),
    }


def _creations() -> list[Any]:
    files = sorted(Path(ROOT, "localorg", "events").glob("*.json"))
    recorded = [json.loads(file.read_bytes()) for file in files if not file.name.endswith(".before.json")]
    return [one for one in recorded if _call(one) in CREATED and "errorCode" not in one["detail"]]


def _call(event: Any) -> str:
    return f"{event['detail']['eventSource']}:{event['detail']['eventName']}"


def _tag_all(events: list[Any]) -> None:
    for event in events:
        tag_handler(event, Context())
