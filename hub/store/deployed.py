"""What is deployed: the settings as they hold, the queues of dead letters, where the archive is. No secrets."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from contract.names import DEPLOYED_PARTITION, deployed_key
from hub.store.attributes import text
from hub.store.batches import remove_items, write_items
from hub.store.documents import document_item, document_of, key_item, read_document, read_partition

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_ABOUT = "about"
_SECTION = "section#"


class Setting(msgspec.Struct, frozen=True, omit_defaults=True):
    """A setting's name within its section, and its value in words; `is_usual`: nobody set it."""

    name: str
    value: str
    is_usual: bool = False


class Section(msgspec.Struct, frozen=True):
    """A table of `muster.toml` as it holds, what nobody wrote too."""

    name: str
    settings: tuple[Setting, ...]


class DeadLetters(msgspec.Struct, frozen=True):
    """A queue of dead letters of the hub, what its messages are, and the queue or function that they were for."""

    name: str
    kind: str
    handler: str = ""


class DeployedRoute(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who hears of what, in words: `conditions` are empty where a route takes everything.

    `otherwise` are the channels that hear where an account's owner is nobody, `digest` says how often there is one.
    """

    name: str
    channels: tuple[str, ...]
    conditions: tuple[str, ...] = ()
    otherwise: tuple[str, ...] = ()
    digest: tuple[str, ...] = ()
    is_last: bool = False


class Channel(msgspec.Struct, frozen=True, omit_defaults=True):
    """A channel and its kind, the least severity that it tells, and the most messages of an hour."""

    name: str
    kind: str
    minimum_severity: str = ""
    messages_per_hour: int = 0


class Deployed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is deployed; `at` is when the hub first saw it (`contract.clock.iso` text), `digest` tells it from others.

    `archive_engine` is athena or duckdb (empty: there is no archive). `standing` is what the hub costs a month by being
    there, in dollars, `prices` what each of a thing costs that happens (`generator.costs` names them).
    """

    version: str
    dead_letters: tuple[DeadLetters, ...] = ()
    routes: tuple[DeployedRoute, ...] = ()
    channels: tuple[Channel, ...] = ()
    archive_engine: str = ""
    archive_database: str = ""
    archive_bucket: str = ""
    standing: float = 0
    prices: dict[str, float] = {}
    digest: str = ""
    at: str = ""


class DeployedStore:
    """What is deployed, in the state table."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        """Take a low-level DynamoDB client and the state table's name."""
        self._client = client
        self._table = table

    def read(self) -> Deployed | None:
        """Return what is deployed; None before the hub's first look."""
        return read_document(self._client, self._table, deployed_key(_ABOUT), Deployed)

    def sections(self) -> list[Section]:
        """Return the settings, by section."""
        items = read_partition(self._client, self._table, DEPLOYED_PARTITION)
        return [document_of(item, Section) for item in items if text(item, "sk").startswith(_SECTION)]

    def write(self, deployed: Deployed, sections: Sequence[Section]) -> None:
        """Store what is deployed in place of what was; killed in between, it is written again."""
        before = {one.name for one in self.sections()}
        items = [document_item(deployed_key(f"{_SECTION}{one.name}"), one) for one in sections]
        write_items(self._client, self._table, items)
        gone = sorted(before - {one.name for one in sections})
        remove_items(self._client, self._table, [key_item(deployed_key(f"{_SECTION}{name}")) for name in gone])
        write_items(self._client, self._table, [document_item(deployed_key(_ABOUT), deployed)])
