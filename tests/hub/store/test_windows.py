"""Counts in the state table."""

from typing import TYPE_CHECKING, Any

import pytest

from contract.finding import Finding, Severity
from contract.names import window_key
from hub.detections.window import Sighting
from hub.store.documents import key_item
from hub.store.windows import WindowRaceError, WindowStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

FINDING = Finding(id="f", detection="api.x", title="", severity=Severity.LOW, account="", region="", resource="")


def sighting(at: int, key: str = "alice") -> Sighting:
    return Sighting(
        detection="api.x", key=key, at=at, event=f"e{at}", things=(f"e{at}",), count=3, seconds=600, finding=FINDING
    )


@pytest.fixture
def windows(dynamodb: "DynamoDBClient") -> WindowStore:
    return WindowStore(dynamodb, "state")


def test_every_run_of_the_detector_adds_to_the_same_count(dynamodb: "DynamoDBClient") -> None:
    found = [WindowStore(dynamodb, "state").count(sighting(at)) for at in (1, 2, 3)]
    assert [alert is not None for alert in found] == [False, False, True]


def test_a_redelivery_gives_the_same_alert_and_writes_nothing(windows: WindowStore, calls: Any) -> None:
    alerts = [windows.count(sighting(at)) for at in (1, 2, 3)]
    calls.made.clear()
    assert windows.count(sighting(3)) == alerts[-1]
    assert windows.count(sighting(4)) is None
    assert calls.count("PutItem") == 0


def test_keys_are_counted_apart(windows: WindowStore) -> None:
    assert [windows.count(sighting(at, f"user {at}")) for at in (1, 2, 3)] == [None] * 3


def test_a_count_goes_away_by_itself(windows: WindowStore, dynamodb: "DynamoDBClient") -> None:
    windows.count(sighting(1_000))
    item = dynamodb.get_item(TableName="state", Key=key_item(window_key("api.x", "alice")))["Item"]
    assert int(item["ttl_timestamp"]["N"]) == 1_000 + 3 * 600 + 86_400


def test_a_key_of_any_length_fits(windows: WindowStore) -> None:
    long = "arn:aws:sts::111122223333:assumed-role/" + "\u00fc" * 3_000
    assert [windows.count(sighting(at, long)) is not None for at in (1, 2, 3)] == [False, False, True]
    assert window_key("api.x", long) != window_key("api.x", long + "x")


class Rival:
    """A client of a table that somebody else writes between our read and our write."""

    def __init__(self, client: Any, times: int) -> None:
        self._client = client
        self._left = times

    def get_item(self, **options: Any) -> Any:
        found = self._client.get_item(**options)
        if self._left:
            self._left -= 1
            WindowStore(self._client, "state").count(sighting(10 + self._left))
        return found

    def put_item(self, **options: Any) -> Any:
        return self._client.put_item(**options)


def test_a_lost_race_reads_again_and_loses_no_sighting(dynamodb: "DynamoDBClient") -> None:
    racing: Any = Rival(dynamodb, 2)
    assert WindowStore(racing, "state").count(sighting(1)) is not None


def test_endless_races_bring_the_message_back(dynamodb: "DynamoDBClient") -> None:
    class Always(Rival):
        def put_item(self, **options: Any) -> Any:
            return self._client.put_item(**{**options, "ConditionExpression": "attribute_exists(never)"})

    racing: Any = Always(dynamodb, 0)
    with pytest.raises(WindowRaceError, match=r"api\.x alice"):
        WindowStore(racing, "state").count(sighting(1))
