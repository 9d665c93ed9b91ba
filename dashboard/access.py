"""What somebody may see and do in the dashboard: by their groups, each with a role in some units."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

import msgspec

from hub.store.accounts import Account

# As long as a history's names may be.
LONGEST_NAME = 128


class Role(StrEnum):
    """What the members of a group may do; an operator may also read."""

    VIEWER = "viewer"
    OPERATOR = "operator"


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """What the members of a group may do, in some units (ids) and those below them; without any: everywhere."""

    group: str
    role: Role = Role.VIEWER
    units: tuple[str, ...] = ()

    def reaches(self, account: Account | None) -> bool:
        """Whether it is about an account; of one that nobody knows (None), only what holds everywhere is."""
        return not self.units or (account is not None and not set(self.units).isdisjoint(account.ou_ids))


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """Who is at the page and what they were granted; `person` is empty where nobody has to sign in."""

    person: str = ""
    grants: tuple[Grant, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether they see the whole organization."""
        return any(not grant.units for grant in self.grants)

    @property
    def is_operator(self) -> bool:
        """Whether there is anything that they may act on."""
        return any(grant.role is Role.OPERATOR for grant in self.grants)

    @property
    def is_operator_of_all(self) -> bool:
        """Whether they may act on what belongs to no account: channels, queues, settings."""
        return any(grant.role is Role.OPERATOR and not grant.units for grant in self.grants)

    def sees(self, account: Account | None) -> bool:
        """Whether they may read what is of an account."""
        return any(grant.reaches(account) for grant in self.grants)

    def acts_on(self, account: Account | None) -> bool:
        """Whether they may change what is of an account."""
        return any(grant.role is Role.OPERATOR and grant.reaches(account) for grant in self.grants)


# Of whoever opens the dashboard on their own machine: what they may is up to their AWS credentials.
LOCAL = Access(grants=(Grant(group="", role=Role.OPERATOR),))


def granted(grants: Iterable[Grant], claims: Mapping[str, Any], group_claim: str) -> tuple[Grant, ...]:
    """Return the grants of the groups that an identity's claim names: a list, or one name."""
    said = claims.get(group_claim)
    groups = {str(one) for one in said} if isinstance(said, list | tuple) else {str(said)} if said else set()
    return tuple(grant for grant in grants if grant.group in groups)


def person_of(claims: Mapping[str, Any]) -> str:
    """Return how histories name somebody; an address that the provider has not verified names nobody."""
    email = "" if claims.get("email_verified") is False else claims.get("email")
    return str(email or claims.get("preferred_username") or claims.get("sub") or "")[:LONGEST_NAME]
