from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from generator.recovery.letters import Left, Letter, LetterBox, RefusedError

Box = Callable[..., LetterBox]


def bodies(sqs: Any, url: str) -> set[str]:
    return {one["Body"] for one in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])}


def refuse_bad(letter: Letter) -> None:
    if letter.body.startswith("bad"):
        raise RefusedError("it is bad")


def test_what_was_handled_is_gone_and_what_was_refused_stays_in_sight(sqs: Any, url: str, box: Box) -> None:
    for number in range(12):
        sqs.send_message(QueueUrl=url, MessageBody=f"good {number}")
    poison = sqs.send_message(QueueUrl=url, MessageBody="bad")["MessageId"]
    sqs.send_message(QueueUrl=url, MessageBody="good 12")
    *_, outcome = box().handled(refuse_bad)
    assert outcome.redriven == 13
    assert outcome.left == (Left(poison, "it is bad"),)
    assert bodies(sqs, url) == {"bad"}


def test_a_message_that_nobody_foresaw_stops_no_other(sqs: Any, url: str, box: Box) -> None:
    for body in ('{"requestContext": 1}', '{"requestContext": {}}'):
        sqs.send_message(QueueUrl=url, MessageBody=body)

    def read(letter: Letter) -> None:
        letter.content["requestContext"].get("functionArn")

    *_, outcome = box().handled(read)
    assert outcome.redriven == 1
    assert [left.reason for left in outcome.left] == ["AttributeError: 'int' object has no attribute 'get'"]


def test_a_message_is_removed_only_after_it_was_handled(sqs: Any, url: str, box: Box) -> None:
    sqs.send_message(QueueUrl=url, MessageBody="good")

    def interrupted(_: Letter) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(box().handled(interrupted))
    assert bodies(sqs, url) == {"good"}


def test_what_arrives_meanwhile_is_left_for_another_time(sqs: Any, url: str, box: Box) -> None:
    sqs.send_message(QueueUrl=url, MessageBody="late")
    assert list(box(datetime(2026, 11, 20, tzinfo=UTC)).handled(refuse_bad)) == []
    assert bodies(sqs, url) == {"late"}


def test_a_message_whose_call_comes_back_at_once_is_handled_once(sqs: Any, url: str, box: Box) -> None:
    """Were every message handled, a function that still fails would keep the redrive going for ever."""
    sqs.send_message(QueueUrl=url, MessageBody="good")
    started = datetime.now(UTC)

    def comes_back(letter: Letter) -> None:
        while datetime.now(UTC).timestamp() < started.timestamp() + 0.01:
            pass
        sqs.send_message(QueueUrl=url, MessageBody=letter.body)

    (outcome,) = box(started).handled(comes_back)
    assert outcome.redriven == 1
    assert bodies(sqs, url) == {"good"}


@pytest.mark.parametrize("body", ["no JSON", "[1]", '"text"'])
def test_a_body_that_is_no_object_is_refused(letter: Callable[[str], Letter], body: str) -> None:
    with pytest.raises(RefusedError, match="it is no JSON object"):
        assert letter(body).content
