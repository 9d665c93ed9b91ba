"""Who is outside: accounts and organizations that are neither one's own nor trusted."""

import re
from collections.abc import Collection, Iterable, Sequence

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Severity
from contract.policy import Policy, Statement
from hub.detections.detection import Match
from hub.detections.settings import DetectionSettings

# Strangers stand under this name in a finding's details.
NAMED = "accounts"

_ACCOUNT = re.compile(r"[0-9]{1,12}")
_ORGANIZATION = re.compile(r"(?:[^/]*:(?:organization|ou)/)?(o-[a-z0-9]+)(?:/.*)?")


def owner_of(principal: str) -> str:
    """Return the account or organization that an id, an ARN or a path belongs to; empty when it names none.

    The ARN of an organization or a unit holds the management account too; the organization is what is meant.
    """
    if organization := _ORGANIZATION.fullmatch(principal):
        return organization[1]
    account = principal.split(":", 5)[4] if principal.count(":") >= 5 else principal
    # CloudTrail writes some account ids as numbers, which have no leading zeros.
    return account.zfill(12) if _ACCOUNT.fullmatch(account) else ""


def strangers(
    principals: Iterable[str], event: CloudTrailEvent, settings: DetectionSettings, harmless: Collection[str] = ()
) -> list[str]:
    """Return the strangers that the principals of a call belong to, sorted.

    `harmless`: accounts of AWS that have their part in what the call is about.
    """
    return outsiders(principals, event.account_id, settings, harmless)


def outsiders(
    principals: Iterable[str], account: str, settings: DetectionSettings, harmless: Collection[str] = ()
) -> list[str]:
    """Return the strangers that the principals belong to, as an account sees it; who is one, `docs/adr/0027` says."""
    known = ({account}, settings.organization_accounts, settings.trusted_accounts, harmless)

    def is_own(owner: str) -> bool:
        if owner.startswith("o-"):
            return settings.organization_id in {"", owner}
        return any(owner in accounts for accounts in known)

    return sorted({owner for owner in map(owner_of, principals) if owner and not is_own(owner)})


def let_in(
    policy: Policy, event: CloudTrailEvent, settings: DetectionSettings, harmless: Collection[str] = ()
) -> list[str]:
    """Return the strangers that a policy lets in by name, sorted; whom a policy for everybody lets in has no name."""

    def named(statement: Statement) -> Iterable[str]:
        demanded = statement.circles
        if any(all(map(owner_of, one)) and not strangers(one, event, settings, harmless) for one in demanded):
            return ()
        return [name for one in demanded for name in one] if statement.is_for_everybody else statement.principals

    allowed = [statement for statement in policy.statements if statement.is_allow]
    return strangers([name for statement in allowed for name in named(statement)], event, settings, harmless)


def shared_with(found: Sequence[str], *, severity: Severity | None = None, resource: str = "") -> bool | Match:
    """Return a match when there are strangers; titles show them as `{with}`."""
    return Match(resource, severity, {NAMED: [*found], "with": ", ".join(found)}) if found else False
