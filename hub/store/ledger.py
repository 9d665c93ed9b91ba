"""Who was told what: each channel hears of each transition at least once; twice only when noting it failed."""

from datetime import datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from contract.names import ledger_key
from hub.store.attributes import to_item
from hub.store.documents import is_refused, key_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Longer than the notifier may run, so that a claim that outlived its lease belongs to a function that is gone.
LEASE = timedelta(seconds=150)


class Claim(Enum):
    """What came of a claim: ours to send, sent before, or in another function's hands."""

    OURS = "ours"
    SENT = "sent"
    BUSY = "busy"


class Ledger:
    """Notes in the state table; they never expire, because a replay may come after years."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        """Take a low-level DynamoDB client and the state table's name."""
        self._client = client
        self._table = table

    def claim(self, finding: str, transition: str, channel: str, now: datetime) -> Claim:
        """Take the right to send; it lapses after `LEASE`, so that a crash before `confirm` loses no message."""
        until = int((now + LEASE).timestamp())
        try:
            self._client.update_item(
                TableName=self._table,
                Key=key_item(ledger_key(finding, transition, channel)),
                UpdateExpression="SET leased_until = :until",
                ConditionExpression="attribute_not_exists(sent_at) AND "
                "(attribute_not_exists(leased_until) OR leased_until <= :now)",
                ExpressionAttributeValues=to_item({":until": until, ":now": int(now.timestamp())}),
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            if not is_refused(error):
                raise
            return Claim.SENT if "sent_at" in _old(error) else Claim.BUSY
        return Claim.OURS

    def confirm(self, finding: str, transition: str, channel: str, now: datetime) -> None:
        """Note that the channel was told."""
        self._client.update_item(
            TableName=self._table,
            Key=key_item(ledger_key(finding, transition, channel)),
            UpdateExpression="SET sent_at = :now REMOVE leased_until",
            ExpressionAttributeValues=to_item({":now": int(now.timestamp())}),
        )

    def release(self, finding: str, transition: str, channel: str) -> None:
        """Give a claim back after a failure, so that the next try need not wait for the lease."""
        self._client.update_item(
            TableName=self._table,
            Key=key_item(ledger_key(finding, transition, channel)),
            UpdateExpression="REMOVE leased_until",
        )


def _old(error: ClientError) -> dict[str, object]:
    old = error.response.get("Item", {})
    return old if isinstance(old, dict) else {}
