"""What is known of the security agent on each instance, as the spokes report it."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
from botocore.exceptions import ClientError

from contract.agents import LACKING, AgentState
from contract.names import agent_key
from contract.spoke_events import AgentStatus
from hub.store.attributes import Item, number, to_item
from hub.store.documents import Key, document_item, document_of, has_document, is_refused, key_item, read_partition
from hub.store.schema import TTL_ATTRIBUTE

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Every running instance is reported once a day; one of which nothing is heard for longer runs no more.
KEPT = timedelta(days=3)


class KnownInstance(msgspec.Struct, frozen=True):
    """An instance's last report, and since when it lacks the agent (`contract.clock.iso` text; empty: it does not)."""

    status: AgentStatus
    missing_since: str = ""

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
        # Of its own time: a report that comes days later tells of no instance that may run.
        expires = int((datetime.fromisoformat(status.at) + KEPT).timestamp())
        values = to_item({"at": status.at, TTL_ATTRIBUTE: expires})
        if status.state is AgentState.GONE:
            return self._put({**key_item(key), **values}, "#at <= :at", status)
        item = self._item(key)
        before = document_of(item, KnownInstance) if has_document(item) else None
        if before and status.is_unchanged:
            kept = before.status
            status = msgspec.structs.replace(status, state=kept.state, agent_version=kept.agent_version)
        known = KnownInstance(status, self._missing_since(status, before))
        return self._put({**document_item(key, known), **values}, "#at < :at", status)

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

    @staticmethod
    def _missing_since(status: AgentStatus, before: KnownInstance | None) -> str:
        if status.state not in LACKING:
            return ""
        return (before.missing_since if before else "") or status.at

    def _item(self, key: Key) -> Item:
        return dict(self._client.get_item(TableName=self._table, Key=key_item(key)).get("Item", {}))

    def _put(self, item: Item, is_older: str, status: AgentStatus) -> bool:
        try:
            self._client.put_item(
                TableName=self._table,
                Item=item,
                ConditionExpression=f"attribute_not_exists(pk) OR {is_older}",
                ExpressionAttributeNames={"#at": "at"},
                ExpressionAttributeValues=to_item({":at": status.at}),
            )
        except ClientError as error:
            if not is_refused(error):
                raise
            return False
        return True


def _is_there(item: Item, at: datetime) -> bool:
    """Whether an item is an instance's; DynamoDB deletes what expired when it finds the time."""
    return has_document(item) and number(item, TTL_ATTRIBUTE) > at.timestamp()
