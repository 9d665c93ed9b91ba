"""One batch of a stream, until its function took it or Lambda would give it up.

Source: Lambda developer guide, "Configuring partial batch response with DynamoDB" and "How Lambda handles errors".
"""

import time
import uuid
from collections.abc import Callable
from typing import Any

from ministack.services.dynamodb_streams import _DEFAULT_SHARD_ID as SHARD

from localorg import destinations
from localorg.retries import scaled

Record = dict[str, Any]
Result = dict[str, Any]
Invoke = Callable[[list[Record]], Result]

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0  # between retries, in seconds, scaled; AWS does not say its own


class MappingGoneError(RuntimeError):
    """The mapping was deleted or disabled while its batch was being retried."""


class Batches:
    """Delivers the batches of one mapping: retries, bisection, partial answers, and the failure destination."""

    def __init__(self, mapping: dict[str, Any], function: dict[str, Any], is_active: Callable[[], bool]) -> None:
        """`is_active` says whether the mapping still wants records."""
        self._mapping, self._function, self._is_active = mapping, function, is_active

    def deliver(self, records: list[Record], invoke: Invoke) -> None:
        """Return once every record was taken or given up; MappingGoneError if the mapping went."""
        failures = 0
        while records:
            result = invoke(records)
            left = self._left(records, result)
            if not left:
                return
            if len(left) < len(records):
                records = left  # progress: what was taken is not sent again
                failures = 0
            failures += 1
            if condition := self._given_up(left, failures):
                self._tell(left, result, condition, failures)
                return
            if self._bisects() and len(left) > 1:  # a split does not count as a retry
                middle = len(left) // 2 if result.get("error") else 1  # behind the record that was named
                self.deliver(left[:middle], invoke)
                self.deliver(left[middle:], invoke)
                return
            self._pause(failures)

    def _left(self, records: list[Record], result: Result) -> list[Record]:
        """The records from the first failed one on: a shard is read in order."""
        if result.get("error"):
            return records
        failed = self._failed_numbers(result.get("body"))
        if failed is None:
            return records
        numbers = [record["dynamodb"]["SequenceNumber"] for record in records]
        places = [numbers.index(number) for number in failed if number in numbers]
        if len(places) < len(failed):
            return records  # an identifier that is not in the batch fails all of it
        return records[min(places) :] if places else []

    def _failed_numbers(self, body: Any) -> list[str] | None:
        """The sequence numbers that the answer names; None when the answer fails the whole batch."""
        if "ReportBatchItemFailures" not in (self._mapping.get("FunctionResponseTypes") or ()):
            return []
        answer = body if isinstance(body, dict) else {}
        items = answer.get("batchItemFailures") or []
        if not isinstance(items, list) or not all(isinstance(i, dict) and i.get("itemIdentifier") for i in items):
            return None
        return [item["itemIdentifier"] for item in items]

    def _given_up(self, records: list[Record], failures: int) -> str:
        retries = int(self._mapping.get("MaximumRetryAttempts", -1))
        age = int(self._mapping.get("MaximumRecordAgeInSeconds", -1))
        if 0 <= retries < failures:
            # A failing half of a bisected batch shrinks to the one record that fails before anything is given up.
            return "" if self._bisects() and len(records) > 1 else "RetryAttemptsExhausted"
        oldest = min(float(record["dynamodb"]["ApproximateCreationDateTime"]) for record in records)
        return "RecordAgeExceeded" if 0 <= age < time.time() - oldest else ""

    def _bisects(self) -> bool:
        return str(self._mapping.get("BisectBatchOnFunctionError")).lower() == "true"

    def _pause(self, failures: int) -> None:
        time.sleep(scaled(min(FIRST_PAUSE * 2 ** (failures - 1), LONGEST_PAUSE)))
        if not self._is_active():
            raise MappingGoneError

    def _tell(self, records: list[Record], result: Result, condition: str, count: int) -> None:
        """Send the failure record: where the batch is in the stream, not the batch itself."""
        target = ((self._mapping.get("DestinationConfig") or {}).get("OnFailure") or {}).get("Destination")
        if target:
            config = self._function.get("config") or self._function
            record = _failure_record(config, records, self._mapping["EventSourceArn"], condition, count)
            failed = {"functionError": "Unhandled"} if result.get("error") else {}
            record["responseContext"] |= failed
            destinations.send(config, target, record)


def _failure_record(config: Any, records: list[Record], stream: str, condition: str, count: int) -> dict[str, Any]:
    first, last = records[0]["dynamodb"], records[-1]["dynamodb"]
    return {
        "version": "1.0",
        "timestamp": _time(time.time()),
        "requestContext": {
            "requestId": str(uuid.uuid4()),
            "functionArn": config["FunctionArn"],
            "condition": condition,
            "approximateInvokeCount": count,
        },
        "responseContext": {"statusCode": 200, "executedVersion": config.get("Version", "$LATEST")},
        "DDBStreamBatchInfo": {
            "shardId": SHARD,
            "startSequenceNumber": first["SequenceNumber"],
            "endSequenceNumber": last["SequenceNumber"],
            "approximateArrivalOfFirstRecord": _time(first["ApproximateCreationDateTime"]),
            "approximateArrivalOfLastRecord": _time(last["ApproximateCreationDateTime"]),
            "batchSize": len(records),
            "streamArn": stream,
        },
    }


def _time(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
