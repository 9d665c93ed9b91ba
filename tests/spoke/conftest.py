"""A spoke without AWS: clients that remember their calls, and events as EventBridge delivers them."""

import json
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from contract.cloudtrail import wrapped
from spoke.creator_tagger import handler as tagger

ACCOUNT = "111122223333"
REGION = "eu-central-1"
ALICE = {
    "type": "IAMUser",
    "principalId": "AIDACKCEVSQ6C2EXAMPLE",
    "arn": f"arn:aws:iam::{ACCOUNT}:user/alice",
    "accountId": ACCOUNT,
    "userName": "alice",
}
Event = dict[str, Any]
EventOf = Callable[..., Event]


@pytest.fixture
def event_of() -> EventOf:
    """Return a maker of create events: service, name, request and response; more fields by name."""

    def made(service: str, name: str, request: Any = None, response: Any = None, **more: Any) -> Event:
        record = {
            "eventSource": f"{service}.amazonaws.com",
            "eventName": name,
            "awsRegion": REGION,
            "eventID": "0aa1b2c3-0000-4000-8000-000000000001",
            "eventTime": "2026-11-20T11:00:00Z",
            "eventType": "AwsApiCall",
            "recipientAccountId": ACCOUNT,
            "userIdentity": ALICE,
            "requestParameters": request,
            "responseElements": response,
        }
        return wrapped(record | more)

    return made


class FakeAws:
    """Answers every call with `{}` unless told otherwise, and remembers `(service, call, arguments)`."""

    def __init__(self) -> None:
        """Begin with a hub that takes reports."""
        self.calls: list[tuple[str, str, dict[str, Any]]] = []
        self.clients: list[tuple[str, str]] = []
        self.answers: dict[str, Any] = {"put_events": {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]}}

    def client(self, service: str, region: str) -> Any:
        """Return a client whose every method is remembered."""
        self.clients.append((service, region))
        return _Client(self, service)

    def named(self, call: str) -> list[dict[str, Any]]:
        """Return the arguments of each call of this name."""
        return [arguments for _, name, arguments in self.calls if name == call]

    def refuse(self, call: str, code: str, message: str = "no", status: int = 400) -> None:
        """Let a call fail as a service would."""
        self.answers[call] = ClientError(
            {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}, call
        )


class _Client:
    def __init__(self, aws: FakeAws, service: str) -> None:
        self._aws, self._service = aws, service

    def __getattr__(self, call: str) -> Any:
        def made(**arguments: Any) -> Any:
            self._aws.calls.append((self._service, call, arguments))
            answer = self._aws.answers.get(call, {})
            answer = answer(**arguments) if callable(answer) else answer
            if isinstance(answer, Exception):
                raise answer
            return answer

        return made

    def get_paginator(self, call: str) -> Any:
        def pages(**arguments: Any) -> list[Any]:
            found = getattr(self, call)(**arguments)
            return found if isinstance(found, list) else [found]

        return SimpleNamespace(paginate=pages)


@pytest.fixture
def aws() -> FakeAws:
    """Return an AWS that remembers."""
    return FakeAws()


@pytest.fixture
def context() -> SimpleNamespace:
    """Return Lambda's context."""
    return SimpleNamespace(
        function_name="muster-spoke-any",
        memory_limit_in_mb=512,
        aws_request_id="1",
        invoked_function_arn=f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:muster-spoke-any",
        log_stream_name="2026/11/20/[$LATEST]0",
        get_remaining_time_in_millis=lambda: 30_000,
    )


@pytest.fixture
def tag_created(
    aws: FakeAws, context: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[Event], Any]]:
    """Return the creator tagger's function as Lambda would call it; what it returns, Lambda hands to the hub."""
    monkeypatch.setenv("HUB_BUS_ARN", "arn:aws:events:us-east-1:999999999999:event-bus/muster")
    monkeypatch.setenv("PREFIX", "muster")
    monkeypatch.setenv("DEAD_LETTER_QUEUE_URL", "https://queue.example/muster-spoke-creator-tagger-dlq")
    monkeypatch.setattr(tagger, "client", aws.client)
    tagger._settings.cache_clear()
    yield lambda event: json.loads(json.dumps(tagger.tag_handler(event, context)))
    tagger._settings.cache_clear()
