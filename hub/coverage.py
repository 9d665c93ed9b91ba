"""Which accounts a rollout covers with spokes, and why it leaves out the others."""

import msgspec

from hub.store.accounts import ACTIVE, Account


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """What `muster.toml` says about where spokes are: targets and exclusions are ids of the root, units, accounts."""

    targets: tuple[str, ...]
    regions: tuple[str, ...]
    hub_account: str
    excluded_accounts: tuple[str, ...] = ()
    excluded_ous: tuple[str, ...] = ()
    covers_management: bool = False


def why_uncovered(scope: Scope, account: Account) -> str:
    """Return why an account gets no spoke, in the words of `muster.toml`; empty when it gets one.

    The hub always has a spoke, for its rules see only its own bus. No StackSet reaches the management account.
    """
    if account.status != ACTIVE:
        return f"the account is {account.status}"
    if account.id == scope.hub_account:
        return ""
    if account.is_management:
        return "" if scope.covers_management else "management account: organization.include_management_account is off"
    if account.id in scope.excluded_accounts:
        return "by organization.excluded_accounts"
    above = {*account.ou_ids}
    if above & {*scope.excluded_ous}:
        return "by organization.excluded_ous"
    return "" if above & {*scope.targets} else "in none of organization.ous"
