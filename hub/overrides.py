"""What `muster.toml` says about single accounts and units, and what comes of it for an account."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from contract.account_settings import AccountSettings, settings_key
from hub.store.accounts import ACTIVE, Account


class Override(msgspec.Struct, frozen=True, kw_only=True):
    """Settings that are different in some accounts and units; what `settings` leaves out stays as others say."""

    accounts: tuple[str, ...] = ()
    ous: tuple[str, ...] = ()
    settings: dict[str, Any] = {}


def load_overrides(path: Path) -> tuple[Override, ...]:
    """Return the overrides of the generated file."""
    return msgspec.json.decode(path.read_bytes(), type=tuple[Override, ...])


def account_settings(overrides: Iterable[Override], account: Account) -> AccountSettings:
    """Return an account's settings.

    Of two overrides that say the same, the one of the account stands above units, the deeper unit above the shallower,
    the later above the earlier.
    """
    ranked = [(rank, one) for one in overrides if (rank := _rank(one, account))]
    said: dict[str, Any] = {}
    for _, one in sorted(ranked, key=lambda pair: pair[0]):
        said |= one.settings
    return msgspec.convert(said, AccountSettings)


def settings_files(overrides: Iterable[Override], accounts: Iterable[Account]) -> dict[str, bytes]:
    """Return the settings of every active account as they lie in the buckets: key → JSON."""
    said = tuple(overrides)
    active = (one for one in accounts if one.status == ACTIVE)
    return {settings_key(one.id): msgspec.json.encode(account_settings(said, one)) for one in active}


def _rank(override: Override, account: Account) -> int:
    """Return how near to the account an override is made; 0: it is not about it."""
    if account.id in override.accounts:
        return len(account.ou_ids) + 1
    return max((depth for depth, unit in enumerate(account.ou_ids, 1) if unit in override.ous), default=0)
