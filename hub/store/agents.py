"""What is known of the security agent on each instance, as the spokes report it."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
from botocore.exceptions import ClientError

from contract.agents import LACKING, AgentState
from contract.names import agent_key
from contract.spoke_events import AgentStatus
from hub.store.attributes import Item, number, text, to_item
from hub.store.documents import Key, document_item, document_of, has_document, is_refused, key_item, read_partition
from hub.store.schema import TTL_ATTRIBUTE

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Every running instance is reported once a day; one of which nothing is heard for longer runs no more.
KEPT = timedelta(days=3)
_ATTEMPTS = 5


class LostRaceError(RuntimeError):
    """Others kept writing about the same instance: the report must be taken up again."""


class KnownInstance(msgspec.Struct, frozen=True):
    """An instance's last report, and since when it lacks the agent (`contract.clock.iso` text; empty: it does not).

    `told_at` is when the state was told, where the last report says that something failed and left it as it was.
    """

    status: AgentStatus
    missing_since: str = ""
    told_at: str = ""

    @property
    def is_lacking(self) -> bool:
        """Whether it should have the agent and has not."""
        return self.status.state in LACKING

    @property
    def is_wanted(self) -> bool:
        """Whether it should have the agent."""
        return self.is_lacking or self.status.state is AgentState.INSTALLED


class AgentStore:
    """Instances in the state table, an account a partition."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        """Take a low-level DynamoDB client and the state table's name."""
        self._client = client
        self._table = table

    def record(self, status: AgentStatus) -> bool:
        """Store a report and return True; one that is not newer than the stored one changes nothing.

        Of an instance that is gone the moment is kept, so that a report from before does not bring it back.
        What it lacks, it lacks since the first report that says so. What failed and left it as it was does not change
        its state.
        """
        key = agent_key(status.account, status.region, status.instance)
        for _ in range(_ATTEMPTS):
            item = self._item(key)
            at = max(status.at, text(item, "at"))
            known = _next(item, status)
            if known is None:
                return False
            if self._is_put(key, known, at, text(item, "at")):
                return True
        raise LostRaceError(f"{status.instance}: its reports keep coming")

    def of(self, account: str, at: datetime) -> Iterator[KnownInstance]:
        """Yield the instances that an account has at a moment, by Region and id."""
        for item in read_partition(self._client, self._table, agent_key(account, "", "")[0]):
            if _is_there(item, at):
                yield document_of(item, KnownInstance)

    def one(self, account: str, region: str, instance: str, at: datetime) -> KnownInstance | None:
        """Return an instance that an account has at a moment; None when nothing is known of it."""
        item = self._item(agent_key(account, region, instance))
        return document_of(item, KnownInstance) if _is_there(item, at) else None

    def each(self, accounts: Iterable[str], at: datetime) -> Iterator[KnownInstance]:
        """Yield the instances that some accounts have at a moment."""
        for account in accounts:
            yield from self.of(account, at)

    def _item(self, key: Key) -> Item:
        answer = self._client.get_item(TableName=self._table, Key=key_item(key), ConsistentRead=True)
        return dict(answer.get("Item", {}))

    def _is_put(self, key: Key, known: KnownInstance, at: str, before: str) -> bool:
        """Write what follows from the item that was read; False when it is another one by now."""
        is_gone = known.status.state is AgentState.GONE
        # Of its own time: a report that comes days later tells of no instance that may run.
        expires = int((datetime.fromisoformat(at) + KEPT).timestamp())
        values = to_item({"at": at, TTL_ATTRIBUTE: expires})
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
        if before:
            condition = {
                "ConditionExpression": "#at = :before",
                "ExpressionAttributeNames": {"#at": "at"},
                "ExpressionAttributeValues": to_item({":before": before}),
            }
        item = {**(key_item(key) if is_gone else document_item(key, known)), **values}
        try:
            self._client.put_item(TableName=self._table, Item=item, **condition)
        except ClientError as error:
            if not is_refused(error):
                raise
            return False
        return True


def _next(item: Item, status: AgentStatus) -> KnownInstance | None:
    """Return what is known after a report; None when it changes nothing."""
    before = document_of(item, KnownInstance) if has_document(item) else None
    if status.at < text(item, "at"):
        # It may be the one that tells the state which a later one left as it was.
        if before is None or status.is_unchanged or not (before.status.is_unchanged and status.at > before.told_at):
            return None
        filled = _known(msgspec.structs.replace(before.status, **_state(status)), before)
        return msgspec.structs.replace(filled, told_at=status.at)
    if status.at == text(item, "at") and status.state is not AgentState.GONE:
        return None
    if before is None or not status.is_unchanged:
        return _known(status, before)
    kept = _known(msgspec.structs.replace(status, **_state(before.status)), before)
    return msgspec.structs.replace(kept, told_at=before.told_at if before.status.is_unchanged else before.status.at)


def _state(status: AgentStatus) -> dict[str, str]:
    return {"state": status.state, "agent_version": status.agent_version}


def _known(status: AgentStatus, before: KnownInstance | None) -> KnownInstance:
    if status.state not in LACKING:
        return KnownInstance(status)
    return KnownInstance(status, (before.missing_since if before else "") or status.at)


def _is_there(item: Item, at: datetime) -> bool:
    """Whether an item is an instance's; DynamoDB deletes what expired when it finds the time."""
    return has_document(item) and number(item, TTL_ATTRIBUTE) > at.timestamp()
