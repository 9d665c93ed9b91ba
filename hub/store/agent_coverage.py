"""How many instances have the agent: by account now, and of the whole organization by day."""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from contract.agents import LACKING, AgentState
from contract.names import AGENT_COVERAGE_PARTITION, AGENT_DAYS_PARTITION
from hub.store.attributes import text, to_item
from hub.store.documents import document_item, document_of, key_item, read_partition
from hub.store.schema import TTL_ATTRIBUTE

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_KEPT = timedelta(days=400)


class AgentCoverage(msgspec.Struct, frozen=True):
    """An account's instances by `contract.agents.AgentState` and by `Reason`; when they were counted."""

    account: str
    states: dict[str, int]
    reasons: dict[str, int]
    at: str

    @property
    def installed(self) -> int:
        """How many have the agent."""
        return self.states.get(AgentState.INSTALLED, 0)

    @property
    def lacking(self) -> int:
        """How many should have it and have not."""
        return sum(self.states.get(one, 0) for one in LACKING)


class AgentDay(msgspec.Struct, frozen=True):
    """The organization's instances by state, as they were last counted on a day (`2026-11-20`)."""

    day: str
    states: dict[str, int]


class AgentCoverageStore:
    """Coverage in the state table."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        """Take a low-level DynamoDB client and the state table's name."""
        self._client = client
        self._table = table

    def write(self, coverage: AgentCoverage) -> None:
        """Store an account's coverage in place of the earlier one; of an account without instances nothing is kept."""
        key = (AGENT_COVERAGE_PARTITION, coverage.account)
        if coverage.states:
            self._client.put_item(TableName=self._table, Item=document_item(key, coverage))
        else:
            self._client.delete_item(TableName=self._table, Key=key_item(key))

    def forget_others(self, accounts: Collection[str]) -> None:
        """Forget the accounts that are none of these."""
        known = set(accounts)
        for item in read_partition(self._client, self._table, AGENT_COVERAGE_PARTITION):
            if text(item, "sk") not in known:
                key = key_item((AGENT_COVERAGE_PARTITION, text(item, "sk")))
                self._client.delete_item(TableName=self._table, Key=key)

    def all(self) -> list[AgentCoverage]:
        """Return every account's coverage."""
        items = read_partition(self._client, self._table, AGENT_COVERAGE_PARTITION)
        return [document_of(item, AgentCoverage) for item in items]

    def write_day(self, day: str, states: dict[str, int], now: datetime) -> None:
        """Store how a day stands; the last count of a day is the day's."""
        expires = to_item({TTL_ATTRIBUTE: int((now + _KEPT).timestamp())})
        item = {**document_item((AGENT_DAYS_PARTITION, day), AgentDay(day, states)), **expires}
        self._client.put_item(TableName=self._table, Item=item)

    def days(self) -> Iterator[AgentDay]:
        """Yield the days, oldest first."""
        for item in read_partition(self._client, self._table, AGENT_DAYS_PARTITION):
            yield document_of(item, AgentDay)
