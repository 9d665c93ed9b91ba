"""Accounts' tags: Organizations tells those of one account at a time, so they are read in turns."""

import re
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from math import ceil
from typing import TYPE_CHECKING, Any

import msgspec
from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from contract.cloudtrail import API_CALL
from hub.organization import account_tags
from hub.store.accounts import Account

if TYPE_CHECKING:
    from mypy_boto3_organizations import OrganizationsClient

logger = Logger(service="inventory", child=True)

# Organizations takes about ten of these calls a second: a minute of the function's five. An hour's share leaves room
# for new accounts, and for hashes that are not even.
READS = 500
SHARE = 400
_HOUR = 3_600
_TAG_CALLS = frozenset({"TagResource", "UntagResource"})
_THROTTLED = frozenset({"TooManyRequestsException", "ThrottlingException"})
_ACCOUNT = re.compile(rb"(?<!\d)\d{12}(?!\d)")


def named_accounts(event: Mapping[str, Any]) -> frozenset[str]:
    """Return whatever looks like an account's id in an event; it may name accounts in many places."""
    return frozenset(one.decode() for one in _ACCOUNT.findall(msgspec.json.encode(event.get("detail"))))


def is_about_tags(event: Mapping[str, Any]) -> bool:
    """Whether an event tells of tags alone, so that the organization's tree need not be read."""
    detail = event.get("detail")
    name = detail.get("eventName") if isinstance(detail, Mapping) else None
    return event.get("detail-type") == API_CALL and name in _TAG_CALLS


def due(
    present: Sequence[Account], stored: Mapping[str, Account], named: frozenset[str], moment: datetime
) -> list[Account]:
    """Return the accounts whose tags to read now, at most `READS`: named ones first, then new ones, then this hour's.

    The hour's share is told by a hash of the id, so that in as many hours as there are shares each has had its turn.
    """
    shares = ceil(len(present) / SHARE)
    hour = int(moment.timestamp()) // _HOUR

    def is_new(account: Account) -> bool:
        # The detector adds an account that it met first, without a place in the tree.
        return account.id not in stored or not stored[account.id].ou_ids

    def has_turn(account: Account) -> bool:
        return zlib.crc32(account.id.encode()) % shares == hour % shares

    wanted = [one for one in present if one.id in named]
    wanted += [one for one in present if is_new(one)]
    wanted += [one for one in present if has_turn(one)]
    return list({one.id: one for one in wanted}.values())[:READS]


def read_tags(
    client: "OrganizationsClient", accounts: Iterable[Account], has_time: Callable[[], bool]
) -> dict[str, dict[str, str]]:
    """Return account id → tags, of those accounts that could be read while there was time.

    One that cannot be read stops no other, but Organizations' throttling stops them all: the next hour goes on.
    """
    found: dict[str, dict[str, str]] = {}
    for account in accounts:
        if not has_time():
            break
        try:
            found[account.id] = account_tags(client, account.id)
        except (BotoCoreError, ClientError) as error:
            logger.exception("An account's tags were not read", account=account.id)
            if _code(error) in _THROTTLED:
                break
    return found


def _code(error: Exception) -> str:
    return str(error.response["Error"]["Code"]) if isinstance(error, ClientError) else ""


def with_tags(account: Account, tags: Mapping[str, str], owner_tag: str) -> Account:
    """Return an account with its tags and its owner: the value of that tag."""
    return msgspec.structs.replace(account, tags=dict(tags), owner=tags.get(owner_tag, ""))
