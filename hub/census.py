"""The organization's accounts as they are now, joined with what was known of them."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec
from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from contract.clock import iso
from hub.account_tags import due, read_tags, with_tags
from hub.coverage import Scope, followed
from hub.organization import placed_accounts
from hub.store.accounts import REMOVED, Account

if TYPE_CHECKING:
    from mypy_boto3_organizations import OrganizationsClient

logger = Logger(service="inventory", child=True)


class Census(msgspec.Struct, frozen=True):
    """Every account that there is or was, how many there are, and whether the tree was read to its end."""

    accounts: list[Account]
    present: int
    is_whole: bool


class Registrar:
    """Organizations, and what `muster.toml` says about its accounts."""

    def __init__(self, organizations: "OrganizationsClient", scope: Scope, owner_tag: str) -> None:
        """Take what it works with."""
        self._organizations = organizations
        self._scope = scope
        self._owner_tag = owner_tag

    def census(
        self, stored: Mapping[str, Account], named: frozenset[str], moment: datetime, has_time: Callable[[], bool]
    ) -> Census:
        """Read the tree, and the tags of the accounts whose turn it is; what was not read stays as it was stored."""
        present, is_whole = self._walked()
        tags = read_tags(self._organizations, due(present, stored, named, moment), has_time)
        accounts = [
            followed(self._scope, self._tagged(one, stored.get(one.id), tags), stored.get(one.id), iso(moment))
            for one in known(stored, present, is_whole=is_whole)
        ]
        return Census(accounts, len(present), is_whole)

    def retagged(self, accounts: list[Account]) -> list[Account]:
        """Return the accounts with the tags that they have now."""
        tags = read_tags(self._organizations, accounts, lambda: True)
        return [self._tagged(one, one, tags) for one in accounts]

    def _walked(self) -> tuple[list[Account], bool]:
        found: dict[str, Account] = {}
        try:
            for account in placed_accounts(self._organizations):
                # One that moves meanwhile is met twice.
                found[account.id] = account
        except (BotoCoreError, ClientError):
            logger.exception("The organization was not read to its end", accounts=len(found))
            return list(found.values()), False
        return list(found.values()), True

    def _tagged(self, account: Account, before: Account | None, tags: Mapping[str, Mapping[str, str]]) -> Account:
        kept = before.tags if before else {}
        return with_tags(account, tags.get(account.id, kept), self._owner_tag)


def known(stored: Mapping[str, Account], present: list[Account], *, is_whole: bool) -> list[Account]:
    """Return every account that there is or was: those that were not seen are REMOVED, if the whole tree was read."""
    seen = {one.id for one in present}
    unseen = [one for one in stored.values() if one.id not in seen]
    return [*present, *(msgspec.structs.replace(one, status=REMOVED) if is_whole else one for one in unseen)]
