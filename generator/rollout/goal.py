"""Where spokes should be: the accounts of the organization against the settings."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import msgspec
from botocore.exceptions import ClientError

from generator.config import Config
from generator.membership import misnamed_accounts, misnamed_units, tree
from generator.problems import BadInputError
from generator.rollout.instance import Place
from generator.rollout.step import RolloutError
from hub.coverage import Scope, why_uncovered
from hub.organization import placed_accounts
from hub.store.accounts import ACTIVE, Account

if TYPE_CHECKING:
    from mypy_boto3_organizations import OrganizationsClient


class Goal(msgspec.Struct, frozen=True):
    """The accounts that the StackSet's units hold: those that get a spoke, those left out on purpose, the canaries."""

    scope: Scope
    covered: frozenset[str]
    excluded: frozenset[str] = frozenset()
    canaries: frozenset[str] = frozenset()

    @property
    def places(self) -> frozenset[Place]:
        """Every account and Region that should have a spoke by the StackSet."""
        return frozenset((account, region) for account in self.covered for region in self.scope.regions)


def goal_of(config: Config, accounts: Iterable[Account]) -> Goal:
    """Return the goal for the organization's accounts; `RolloutError` when a canary unit has none that gets a spoke."""
    scope = config.scope
    held = [one for one in accounts if _is_held(scope, one)]
    covered = {one.id for one in held if not why_uncovered(scope, one)}
    return Goal(
        scope=scope,
        covered=frozenset(covered),
        excluded=frozenset(one.id for one in held) - covered,
        canaries=frozenset(_canaries(config.organization.canary_ous, held, covered)),
    )


def _is_held(scope: Scope, account: Account) -> bool:
    """Whether the StackSet's units hold the account and StackSets reach it: never closed or management accounts."""
    is_reached = account.status == ACTIVE and not account.is_management
    return is_reached and bool({*account.ou_ids} & {*scope.targets})


def _canaries(units: Iterable[str], held: Iterable[Account], covered: set[str]) -> Iterator[str]:
    known = list(held)
    for unit in units:
        found = [one.id for one in known if unit in one.ou_ids and one.id in covered]
        if not found:
            raise RolloutError(
                f"organization.canary_ous: no account of {unit} gets a spoke; name units with accounts below "
                "organization.ous"
            )
        yield from found


def read_accounts(config: Config, organizations: "OrganizationsClient") -> list[Account]:
    """Return the organization's accounts with their units, without tags.

    `RolloutError` where they may not be read; `BadInputError` when the settings name another organization, or units or
    accounts that are not in it: a rollout to a misspelt unit would take every spoke away.
    """
    try:
        identifier = organizations.describe_organization()["Organization"]["Id"]
        accounts, units = list(placed_accounts(organizations)), tree(organizations)
    except ClientError as error:
        raise RolloutError(
            f"the organization cannot be read ({error}); run `muster delegate` as the management account"
        ) from error
    wrong = [*misnamed_units(config, units), *misnamed_accounts(config, {one.id for one in accounts})]
    if identifier != config.organization.id:
        wrong = [f"organization.id: {config.organization.id} is not the account's, which is {identifier}"]
    if wrong:
        raise BadInputError(f"{'; '.join(wrong)}; correct muster.toml")
    return accounts
