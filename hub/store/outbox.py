"""What waits to be told, by target, and what is remembered of each target: in the state table."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
from botocore.exceptions import ClientError

from contract.names import CHANNELS_PARTITION, channel_key, ledger_key, outbox_key, sent_key
from hub.store.attributes import Item, number, text, to_item
from hub.store.batches import remove_items, write_items
from hub.store.documents import document_item, document_of, is_refused, key_item, read_partition
from hub.store.outgoing import Pending, TargetState

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Longer than the sender may run: a lease that is over belongs to a function that is gone.
LEASE = timedelta(seconds=210)
# How long the hub says what was sent.
_LOG = timedelta(days=90)
_ATTEMPTS = 5


class LostLeaseError(RuntimeError):
    """Another function looks after the target now; whoever held it stops at once."""


class Lease(msgspec.Struct, frozen=True):
    """The right to look after a target. `calls` is how often somebody asked for that, as seen last."""

    target: str
    holder: str
    calls: int
    state: TargetState


class Sent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A message that a channel took: `findings` are the first of those that it tells of, `count` says how many."""

    id: str
    target: str
    at: str
    kind: str
    subject: str
    count: int = 0
    findings: tuple[str, ...] = ()


class Outbox:
    """Everything that the notifier and the sender share."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        """Take a low-level DynamoDB client and the state table's name."""
        self._client = client
        self._table = table

    def add(self, target: str, pending: Pending, finding: str, occurrence: str) -> bool:
        """Put something in, once ever for its target and occurrence; False when it was in before.

        One transaction notes it in the ledger and puts it in, so that no moment has just one of them.
        """
        note: Any = {**key_item(ledger_key(finding, occurrence, target)), **to_item({"queued_at": pending.at})}
        once: Any = {"TableName": self._table, "Item": note, "ConditionExpression": "attribute_not_exists(pk)"}
        item: Any = {"TableName": self._table, "Item": document_item(outbox_key(target, pending.key), pending)}
        try:
            self._client.transact_write_items(TransactItems=[{"Put": once}, {"Put": item}])
        except self._client.exceptions.TransactionCanceledException as error:
            reasons = [one.get("Code") for one in error.response["CancellationReasons"]]
            if reasons[0] != "ConditionalCheckFailed":
                raise
            return False
        return True

    def put(self, target: str, pending: Iterable[Pending]) -> None:
        """Put things in whatever was there: with what came of them, or back from the dead letters."""
        items = [document_item(outbox_key(target, one.key), one) for one in pending]
        write_items(self._client, self._table, items)

    def waiting(self, target: str) -> list[Pending]:
        """Return all that waits for a target, read consistently."""
        items = read_partition(self._client, self._table, outbox_key(target, "")[0], is_consistent=True)
        return [document_of(item, Pending) for item in items]

    def counted(self, target: str, most: int) -> int:
        """Return how much waits for a target, `most` when it is more; nothing of it is sent over."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues=to_item({":pk": outbox_key(target, "")[0]}),
            Select="COUNT",
        )
        total = 0
        for page in pages:
            total += page["Count"]
            if total >= most:
                return most
        return total

    def remove(self, target: str, pending: Sequence[Pending]) -> None:
        """Take things out."""
        remove_items(self._client, self._table, [key_item(outbox_key(target, one.key)) for one in pending])

    def lease(self, target: str, holder: str, now: datetime) -> Lease | None:
        """Take the right to look after a target; None when another holds it, who then looks once more before it ends.

        Killed, a holder leaves a lease that is over when its own wake-up comes again.
        """
        for _ in range(_ATTEMPTS):
            if lease := self._taken(target, holder, now):
                return lease
            if self._is_called(target, now):
                return None
        raise LostLeaseError(f"{target}: its lease keeps changing hands")

    def save(self, lease: Lease, state: TargetState) -> None:
        """Remember a target's state; `LostLeaseError` when another holds the lease."""
        values = {":state": _written(state), ":holder": lease.holder}
        if not self._is_updated(lease.target, "SET document = :state", "holder = :holder", values):
            raise LostLeaseError(lease.target)

    def release(self, lease: Lease, state: TargetState) -> Lease | None:
        """Give the right back with what is to be remembered; a lease that holds on when somebody asked meanwhile."""
        values: dict[str, str | int] = {":state": _written(state), ":holder": lease.holder, ":calls": lease.calls}
        update = "SET document = :state REMOVE holder, leased_until"
        if self._is_updated(lease.target, update, "holder = :holder AND calls = :calls", values):
            return None
        item = self._item(lease.target)
        if text(item, "holder") != lease.holder:
            raise LostLeaseError(lease.target)
        return msgspec.structs.replace(lease, calls=number(item, "calls"), state=state)

    def states(self) -> dict[str, TargetState]:
        """Return what is remembered of every target."""
        items = read_partition(self._client, self._table, CHANNELS_PARTITION)
        return {text(item, "sk"): _state(item) for item in items}

    def forgive(self, target: str, holder: str, now: datetime) -> bool:
        """Forget that a target fails; False while somebody looks after it, who knows better."""
        lease = self.lease(target, holder, now)
        is_free = lease is not None
        while lease:
            lease = self.release(lease, msgspec.structs.replace(lease.state, failing_since="", failure=""))
        return is_free

    def log(self, sent: Sent) -> None:
        """Note that a channel took a message; again is the same note."""
        moment = datetime.fromisoformat(sent.at)
        expiry = to_item({"ttl_timestamp": int((moment + _LOG).timestamp())})
        item = {**document_item(_sent_key(sent.id), sent), **expiry}
        self._client.put_item(TableName=self._table, Item=item)

    def is_sent(self, message: str) -> bool:
        """Whether a channel took a message, as far as that was noted."""
        key = key_item(_sent_key(message))
        return "Item" in self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)

    def sent(self, day: str) -> list[Sent]:
        """Return what was sent on a day (UTC), the oldest first."""
        return [document_of(item, Sent) for item in read_partition(self._client, self._table, sent_key(day, "")[0])]

    def _taken(self, target: str, holder: str, now: datetime) -> Lease | None:
        times = {":now": int(now.timestamp()), ":until": int((now + LEASE).timestamp())}
        try:
            answer = self._client.update_item(
                TableName=self._table,
                Key=key_item(channel_key(target)),
                UpdateExpression="SET holder = :holder, leased_until = :until ADD calls :one",
                ConditionExpression="attribute_not_exists(leased_until) OR leased_until <= :now",
                ExpressionAttributeValues=to_item({":holder": holder, ":one": 1, **times}),
                ReturnValues="ALL_NEW",
            )
        except ClientError as error:
            if not is_refused(error):
                raise
            return None
        return Lease(target, holder, number(answer["Attributes"], "calls"), _state(answer["Attributes"]))

    def _is_called(self, target: str, now: datetime) -> bool:
        """Ask whoever holds the lease to look once more; False when nobody does any more."""
        values = {":one": 1, ":now": int(now.timestamp())}
        return self._is_updated(target, "ADD calls :one", "leased_until > :now", values)

    def _is_updated(self, target: str, update: str, condition: str, values: Mapping[str, str | int]) -> bool:
        try:
            self._client.update_item(
                TableName=self._table,
                Key=key_item(channel_key(target)),
                UpdateExpression=update,
                ConditionExpression=condition,
                ExpressionAttributeValues=to_item(values),
            )
        except ClientError as error:
            if not is_refused(error):
                raise
            return False
        return True

    def _item(self, target: str) -> Item:
        answer = self._client.get_item(TableName=self._table, Key=key_item(channel_key(target)), ConsistentRead=True)
        return dict(answer.get("Item", {}))


def _sent_key(message: str) -> tuple[str, str]:
    """Return the key of a message's note: its id begins with the day on which it was taken up."""
    return sent_key(f"{message[:4]}-{message[4:6]}-{message[6:8]}", message)


def _state(item: Mapping[str, Any]) -> TargetState:
    document = text(item, "document")
    return msgspec.json.decode(document, type=TargetState) if document else TargetState()


def _written(state: TargetState) -> str:
    return msgspec.json.encode(state).decode()
