"""Accounts that an event names and no list has: whoever joined a moment ago is no stranger."""

from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from contract.finding import LOOK_UP, Confidence, Finding
from hub.detections.engine import Engine
from hub.detections.strangers import NAMED
from hub.detections.verdict import Verdict
from hub.membership import Membership


def judged(engine: Engine, membership: Membership, event: Mapping[str, Any], observed_at: str) -> Verdict:
    """Return what the catalogue says of an event once the accounts that it calls strangers were looked for.

    An account is made and given its rights within minutes; the list is older. Where Organizations cannot be asked
    about one that is in no list, the finding says so.
    """
    verdict = engine.judge(event, observed_at)
    belonging = {one: membership.belongs(one) for finding in _all(verdict) for one in _named(finding)}
    if True in belonging.values():
        verdict = engine.judge(event, observed_at)
    unknown = [one for one, is_member in belonging.items() if is_member is None]
    return _unconfirmed(verdict, unknown) if unknown else verdict


def _all(verdict: Verdict) -> list[Finding]:
    return [*verdict.findings, *(one.finding for one in verdict.sightings)]


def _named(finding: Finding) -> list[str]:
    """Return the accounts that a finding calls strangers; of other organizations nobody can be asked."""
    return [one for one in finding.details.get(NAMED, ()) if one.isdecimal()]


def _unconfirmed(verdict: Verdict, unknown: Collection[str]) -> Verdict:
    def marked(finding: Finding) -> Finding:
        named = [one for one in _named(finding) if one in unknown]
        if not named or finding.confidence is not Confidence.EVENT:
            return finding
        said = f"Organizations could not be asked whether it knows {', '.join(named)}"
        details = {**finding.details, LOOK_UP: said}
        return msgspec.structs.replace(finding, confidence=Confidence.UNCONFIRMED, details=details)

    sightings = (msgspec.structs.replace(one, finding=marked(one.finding)) for one in verdict.sightings)
    return msgspec.structs.replace(verdict, findings=tuple(map(marked, verdict.findings)), sightings=tuple(sightings))
