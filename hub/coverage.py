"""Which accounts a rollout covers with spokes, and why it leaves out the others."""

from pathlib import Path

import msgspec

from hub.store.accounts import ACTIVE, Account

# The one reason that nobody gave: the account is where nobody thought of it.
UNTARGETED = "in none of organization.ous"


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """What `muster.toml` says about where spokes are: targets and exclusions are ids of the root, units, accounts."""

    targets: tuple[str, ...]
    regions: tuple[str, ...]
    hub_account: str
    excluded_accounts: tuple[str, ...] = ()
    excluded_ous: tuple[str, ...] = ()
    covers_management: bool = False


def load_scope(path: Path) -> Scope:
    """Return the scope of the generated file."""
    return msgspec.json.decode(path.read_bytes(), type=Scope)


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
    return "" if above & {*scope.targets} else UNTARGETED


def followed(scope: Scope, account: Account, before: Account | None, moment: str) -> Account:
    """Return an account with since when it is covered in each Region, or in no target, if it is.

    `before` is what was known of it; `moment` is `contract.clock.iso` text.
    """
    reason = why_uncovered(scope, account)
    known = before.covered_since if before else {}
    since = before.outside_since if before else ""
    # An account that the detector added has no place yet: nothing can be said of it.
    is_outside = reason == UNTARGETED and bool(account.ou_ids)
    return msgspec.structs.replace(
        account,
        covered_since={} if reason else {region: known.get(region, moment) for region in scope.regions},
        outside_since=(since or moment) if is_outside else "",
    )
