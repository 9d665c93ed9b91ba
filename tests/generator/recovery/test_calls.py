import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from contract.names import TAGGING_RESULT
from contract.spoke_events import TaggingResult
from generator.recovery.calls import call_again, is_report, request_of, send_report
from generator.recovery.letters import Letter, RefusedError
from hub.reports import report_of
from spoke.reports import entry_of

Make = Callable[[str], Letter]
FUNCTION = "muster-spoke-creator-tagger"
RECORD = {
    "version": "1.0",
    "requestContext": {
        "functionArn": f"arn:aws:lambda:eu-west-1:444455556666:function:{FUNCTION}:$LATEST",
        "condition": "RetriesExhausted",
    },
    "requestPayload": {"detail-type": "AWS API Call via CloudTrail"},
}


class Lambda:
    """Notes what functions are called with."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []

    def invoke(self, **given: Any) -> None:
        self.calls.append(given)


@pytest.mark.parametrize("body", [RECORD, RECORD["requestPayload"]])
def test_a_function_is_called_with_what_it_was_called_with_whoever_kept_it(letter: Make, body: dict[str, Any]) -> None:
    client = Lambda()
    call_again(letter(json.dumps(body)), FUNCTION, client)  # type: ignore[arg-type]
    (call,) = client.calls
    assert (call["FunctionName"], call["InvocationType"]) == (FUNCTION, "Event")
    assert json.loads(call["Payload"]) == RECORD["requestPayload"]


def test_a_record_of_another_function_is_refused() -> None:
    with pytest.raises(RefusedError, match="not about muster-inventory"):
        request_of(RECORD, "muster-inventory")


def test_a_stacks_request_is_not_repeated() -> None:
    request = {"RequestType": "Update", "ResponseURL": "https://example.com/answer"}
    assert request_of({**RECORD, "requestPayload": request}, FUNCTION) == {}


def test_a_parked_report_reaches_the_hub_as_its_rule_would_bring_it(letter: Make) -> None:
    report = TaggingResult(
        account="444455556666", region="eu-west-1", version="1", api_call="c", event_id="e", created_by="alice"
    )
    entry = entry_of(TAGGING_RESULT, report, "arn:aws:events:eu-central-1:111122223333:event-bus/muster")
    assert is_report(entry)
    sent: list[str] = []
    send_report(letter(json.dumps(entry)), "444455556666", "eu-central-1", sent.append)
    event = json.loads(sent[0])
    assert report_of(event) == report
    assert (event["source"], event["region"]) == ("muster.spoke", "eu-central-1")
    assert datetime.fromisoformat(event["time"]) == datetime(2026, 11, 20, 9, 0, 5, tzinfo=UTC)


def test_an_event_is_no_report() -> None:
    assert not is_report(RECORD)
    assert not is_report({"source": "aws.ec2", "detail": {}})


def test_a_parked_report_with_a_damaged_detail_is_refused(letter: Make) -> None:
    entry = {"Source": "muster.spoke", "DetailType": TAGGING_RESULT, "Detail": "{", "EventBusName": "b"}
    with pytest.raises(RefusedError, match="its Detail is no JSON"):
        send_report(letter(json.dumps(entry)), "444455556666", "eu-central-1", lambda _: None)
