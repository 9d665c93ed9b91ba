"""The organization's accounts."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec
from botocore.exceptions import ClientError

from contract.names import ACCOUNTS_PARTITION, account_key
from hub.store.batches import write_items
from hub.store.documents import document_item, document_of, is_refused, read_document, read_partition

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ACTIVE = "ACTIVE"
REMOVED = "REMOVED"


class Account(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An account of the organization.

    `ou_path` is `Root/Workloads/Production`, `ou_ids` the same way by ids. `status` is Organizations' own, or REMOVED
    for an account that left; `joined` is `contract.clock.iso` text. No StackSet reaches the management account.
    `covered_since` says by Region since when a spoke is expected there, `outside_since` since when the account is in no
    target.
    """

    id: str
    name: str
    email: str = ""
    ou_path: str = ""
    ou_ids: tuple[str, ...] = ()
    tags: dict[str, str] = {}
    owner: str = ""
    status: str = ACTIVE
    joined: str = ""
    is_management: bool = False
    covered_since: dict[str, str] = {}
    outside_since: str = ""


class AccountStore:
    """Accounts in the state table, all in one partition: the list is one query."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        """Take a low-level DynamoDB client and the state table's name."""
        self._client = client
        self._table = table

    def get(self, account: str) -> Account | None:
        """Return an account, also one that left, or None."""
        return read_document(self._client, self._table, account_key(account), Account)

    def all(self) -> list[Account]:
        """Return every account that is or was of the organization."""
        items = read_partition(self._client, self._table, ACCOUNTS_PARTITION)
        return [document_of(item, Account) for item in items]

    def add(self, account: Account) -> None:
        """Store an account of which nothing is known; what is known stays."""
        try:
            self._client.put_item(
                TableName=self._table,
                Item=document_item(account_key(account.id), account),
                ConditionExpression="attribute_not_exists(pk)",
            )
        except ClientError as error:
            if not is_refused(error):
                raise

    def write(self, accounts: Iterable[Account]) -> None:
        """Store the accounts, whatever was known of them."""
        items = [document_item(account_key(account.id), account) for account in accounts]
        write_items(self._client, self._table, items)
