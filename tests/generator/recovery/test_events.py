import json
from collections.abc import Callable
from typing import Any

import pytest

from generator.recovery.events import send_event
from generator.recovery.letters import Letter, RefusedError
from generator.recovery.place import Place

HERE = Place("444455556666", "eu-west-1", None)
EVENT = {
    "source": "aws.iam",
    "detail-type": "AWS API Call via CloudTrail",
    "account": "444455556666",
    "region": "eu-west-1",
    "detail": {"eventName": "CreateUser"},
}


def test_an_event_reaches_the_detector_as_it_is(letter: Callable[[str], Letter]) -> None:
    sent: list[str] = []
    send_event(letter(json.dumps(EVENT)), HERE, sent.append, pytest.fail)
    assert json.loads(sent[0]) == EVENT


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"account": "111122223333"}, "it says that it is of 111122223333 eu-west-1, whose queue this is not"),
        ({"region": "us-east-1"}, "it says that it is of 444455556666 us-east-1"),
        ({"source": "muster.spoke"}, "neither CloudTrail recorded it nor is it a feed's"),
        ({"detail-type": "Scheduled Event"}, "neither CloudTrail recorded it nor is it a feed's"),
    ],
)
def test_what_the_hubs_rule_would_not_have_brought_is_refused(
    letter: Callable[[str], Letter], change: dict[str, Any], said: str
) -> None:
    with pytest.raises(RefusedError, match=said):
        send_event(letter(json.dumps({**EVENT, **change})), HERE, pytest.fail, pytest.fail)


def test_what_lambda_handed_over_goes_to_the_recorder(letter: Callable[[str], Letter]) -> None:
    sent: list[str] = []
    handed = {**EVENT, "source": "lambda", "detail-type": "Lambda Function Invocation Result - Success"}
    send_event(letter(json.dumps(handed)), HERE, pytest.fail, sent.append)
    assert sent == [json.dumps(handed)]
