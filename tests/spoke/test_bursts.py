"""Ten thousand create events in a minute, through a metered tagging API: what becomes of each, and how late."""

import heapq
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from botocore.exceptions import ClientError

from contract.cloudtrail import wrapped
from contract.spoke_events import TaggingResult
from hub.store.coverage_of_tags import coverage_of
from spoke.creator_tagger import handler as tagger

ACCOUNT, REGION = "111122223333", "eu-central-1"
START = datetime(2026, 11, 20, 11, tzinfo=UTC)
EVENTS = 10_000
# Lambda's waits before its two retries of an asynchronous invocation, in seconds.
RETRIES = (60, 120)


class MeteredTagging:
    """A tagging API that takes so many calls a second, and so many at once after a pause."""

    def __init__(self, rate: float, burst: float) -> None:
        self.rate, self.burst, self.tokens = rate, burst, burst
        self.now = 0.0
        self.tagged: dict[str, str] = {}
        self.refused = 0

    def advance(self, now: float) -> None:
        self.tokens = min(self.burst, self.tokens + (now - self.now) * self.rate)
        self.now = now

    def tag_resources(self, ResourceARNList: list[str], Tags: dict[str, str]) -> dict[str, Any]:  # noqa: N803
        if self.tokens < 1:
            self.refused += 1
            error = {"Error": {"Code": "ThrottledException", "Message": "Rate exceeded"}}
            raise ClientError(error | {"ResponseMetadata": {"HTTPStatusCode": 400}}, "TagResources")  # type: ignore[arg-type]
        self.tokens -= 1
        for arn in ResourceARNList:
            self.tagged.setdefault(arn, Tags["CreatedBy"])
        return {}


def _created(number: int) -> dict[str, Any]:
    at = START + timedelta(seconds=60 * number / EVENTS)
    return wrapped(
        {
            "eventSource": "sqs.amazonaws.com",
            "eventName": "CreateQueue",
            "awsRegion": REGION,
            "eventID": f"event-{number}",
            "eventTime": f"{at:%Y-%m-%dT%H:%M:%SZ}",
            "recipientAccountId": ACCOUNT,
            "userIdentity": {"type": "IAMUser", "userName": f"user-{number % 7}"},
            "requestParameters": {"queueName": f"queue-{number}"},
        }
    )


def _run(api: MeteredTagging, context: Any, clock: SimpleNamespace) -> tuple[list[TaggingResult], list[dict[str, Any]]]:
    """Return the results that Lambda hands over, and the events that end in the on-failure queue."""
    waiting: list[tuple[float, int, int]] = [(60 * number / EVENTS, number, 0) for number in range(EVENTS)]
    results, failed = [], []
    while waiting:
        moment, number, attempt = heapq.heappop(waiting)
        api.advance(moment)
        clock.now = START + timedelta(seconds=moment)
        event = _created(number)
        try:
            result = tagger.tag_handler(event, context)
            results.append(msgspec.convert(json.loads(json.dumps(result)), TaggingResult))
        except tagger.TryLaterError:
            if attempt == len(RETRIES):
                failed.append(event)
            else:
                heapq.heappush(waiting, (moment + RETRIES[attempt], number, attempt + 1))
    return results, failed


@pytest.fixture
def clock(tag_created: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    clock = SimpleNamespace(now=START)
    monkeypatch.setattr(tagger, "now", lambda: clock.now)
    level = tagger.logger.log_level
    tagger.logger.setLevel(logging.ERROR)
    yield clock
    tagger.logger.setLevel(level)


@pytest.mark.parametrize(("rate", "burst"), [(100, 200), (10, 20)])
def test_ten_thousand_creations_in_a_minute_lose_nothing(
    clock: SimpleNamespace, context: Any, monkeypatch: pytest.MonkeyPatch, rate: float, burst: float
) -> None:
    api = MeteredTagging(rate, burst)
    monkeypatch.setattr(tagger, "client", lambda _service, _region: api)
    results, failed = _run(api, context, clock)
    assert api.refused > 0
    waiting = {f"arn:aws:sqs:{REGION}:{ACCOUNT}:{one['detail']['requestParameters']['queueName']}" for one in failed}
    assert len(waiting) + len(api.tagged) == EVENTS
    assert not waiting & api.tagged.keys()
    assert {arn for result in results for arn in result.tagged} == api.tagged.keys()
    coverage = coverage_of(results, "2026-11-20")
    assert (coverage.tagged, coverage.untagged) == (len(api.tagged), 0)
    assert coverage.lag_seconds
    assert coverage.lag_seconds[1] >= RETRIES[0]
    if rate == 100:
        assert failed == []


def test_what_waits_in_the_on_failure_queue_is_tagged_when_it_is_called_again(
    clock: SimpleNamespace, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = MeteredTagging(10, 20)
    monkeypatch.setattr(tagger, "client", lambda _service, _region: api)
    _, failed = _run(api, context, clock)
    assert failed
    api.tokens = float(EVENTS)
    for event in failed:
        assert tagger.tag_handler(event, context)["tagged"]
    assert len(api.tagged) == EVENTS
