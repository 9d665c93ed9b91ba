"""Findings of the detections as an organization has them: those of the recorded events, in other places, by others."""

import random
import re
from datetime import timedelta
from functools import cache
from itertools import accumulate

import msgspec

from contract.clock import iso
from contract.finding import Finding, detection_finding_id
from contract.resource import short_name
from generator.demo.plausible_controls import name
from generator.demo.recorded import EVENTS, recorded
from generator.demo.weights import Occasion, chosen
from generator.deployment import usual_deployment
from generator.explain import findings_of
from generator.remembered import RememberedWindows

PEOPLE = ("amelia", "bruno", "chloe", "dmitri", "elif", "farah", "goran", "hana", "ivan", "jun", "kofi", "lena")
_PERSONAL = ("iam-user", "sso", "identity-center-user")
_ADDRESSES = ("192.0.2.{}", "198.51.100.{}", "203.0.113.{}")
_HEX = re.compile(r"(?<=-)[0-9a-f]{8,17}\b")


@cache
def _known() -> tuple[tuple[Finding, ...], tuple[float, ...]]:
    """Return what the detections find in the recorded events; the worse it is, the rarer."""
    deployment, windows = usual_deployment(), RememberedWindows()
    items, _ = recorded([str(EVENTS)])
    found = [one for item in items for one in findings_of(item["event"], deployment, windows)]
    return tuple(found), tuple(accumulate(1 / (1 + one.severity.rank**2) for one in found))


def deed_finding(on: Occasion, chance: random.Random) -> Finding:
    """Return the finding that somebody did something."""
    known, weights = _known()
    one = known[chosen(weights, chance)]
    actor = chance.choice(PEOPLE) if one.actor_kind in _PERSONAL else one.actor
    resource = _other(one.resource.replace(one.account, on.account).replace(one.region, on.region), chance)
    if short_name(one.resource) == one.actor:
        actor = short_name(resource)
    event_id, when = f"{chance.getrandbits(32):08x}-0000-4000-8000-{on.number:012x}", iso(on.at)
    said = {short_name(one.resource): short_name(resource), one.account: on.account, one.actor: actor}
    return msgspec.structs.replace(
        one,
        id=detection_finding_id(one.family, event_id, resource, is_attempt=one.is_attempt),
        title=_said(one.title, said),
        account=on.account,
        region=on.region,
        resource=resource,
        resources=(resource,),
        actor=actor,
        actor_arn=_said(one.actor_arn, {one.account: on.account, one.actor: actor}),
        event_id=event_id,
        source_ip=chance.choice(_ADDRESSES).format(chance.randrange(1, 255)),
        first_seen=when,
        updated_at=when,
        observed_at=iso(on.at + timedelta(seconds=4)),
    )


def _said(text: str, others: dict[str, str]) -> str:
    for one, other in others.items():
        text = text.replace(one, other) if one else text
    return text


def _other(resource: str, chance: random.Random) -> str:
    """Return another resource of the same kind."""
    if _HEX.search(resource):
        return _HEX.sub(lambda found: f"{chance.getrandbits(68):017x}"[: len(found[0])], resource)
    head, _, last = resource.rpartition(":")
    if last in {"root", ""}:
        return resource
    folder = f"{last.split('/')[0]}/" if "/" in last else ""
    return f"{head}:{folder}{name(chance)}-{chance.randrange(100):02}"
