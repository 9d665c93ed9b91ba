"""What to tag after a create call, and with what; or why nothing is tagged."""

import re

import msgspec

from contract.cloudtrail import CloudTrailEvent
from contract.names import CREATED_BY, GLOBAL_REGIONS, USUAL_NAMES, Names
from contract.spoke_events import TaggingFailure
from spoke.creator_tagger.arns import created_arns
from spoke.creator_tagger.claim import claimed_value
from spoke.creator_tagger.resources import CREATED

# What tag values may hold, and how much (IAM, ECS, Lambda, RDS: letters, digits, spaces and `_ . : / = + - @`).
_FORBIDDEN = re.compile(r"[^\w .:/=+\-@]")
_LONGEST = 256
_TAG_CALL = re.compile(r"(Tag|Untag|AddTags|CreateTags|CreateOrUpdateTags|RemoveTags|DeleteTags|ChangeTags)([A-Z]\w*)?")
_GLOBAL_SERVICES = ("cloudfront", "iam", "organizations", "route53", "shield", "waf")


class TaggingPlan(msgspec.Struct, frozen=True, kw_only=True):
    """The ARNs and tags of one create event; `reason` says why there are none.

    `region` is where the tagging call must go. `disputed` are resources whose creator tag the call itself has set to
    somebody else's name: they are reported, never overwritten.
    """

    api_call: str
    event_id: str
    created_by: str = ""
    region: str = ""
    arns: tuple[str, ...] = ()
    tags: dict[str, str] = {}
    reason: str = ""
    disputed: tuple[TaggingFailure, ...] = ()


def plan(event: CloudTrailEvent, key: str = CREATED_BY, names: Names = USUAL_NAMES) -> TaggingPlan:
    """Return what to tag after the call; `names` tell Muster's own roles, whose calls create nothing of anybody's."""
    blank = TaggingPlan(api_call=event.api_call, event_id=event.id)
    reason = _nothing_created(event, names)
    if reason:
        return msgspec.structs.replace(blank, reason=reason)
    arns = created_arns(event)
    if not arns:
        return msgspec.structs.replace(blank, reason=_nothing_found(event))
    named = msgspec.structs.replace(blank, created_by=tag_value(event))
    claimed = claimed_value(event, key)
    if claimed is not None:
        return _left_alone(named, arns, key, claimed)
    return msgspec.structs.replace(named, region=_region(event, arns[0]), arns=arns, tags={key: named.created_by})


def tag_value(event: CloudTrailEvent) -> str:
    """Return the creator's name as a tag value may hold it: at most 256 characters, never empty."""
    name = _FORBIDDEN.sub("_", event.actor.name).strip()[:_LONGEST].strip()
    return name if name and name != "unknown" else f"aws-account-{event.account_id}"


def _nothing_created(event: CloudTrailEvent, names: Names) -> str:
    if event.is_refused:
        return "failed call: nothing was created"
    if event.record.is_true("readOnly"):
        return "read-only call: nothing was created"
    if _TAG_CALL.fullmatch(event.name):
        return "tagging call: nothing was created"
    if names.is_own_role(event.actor.role):
        return "call of Muster itself"
    return ""


def _nothing_found(event: CloudTrailEvent) -> str:
    if event.api_call in CREATED:
        return "the event names no resource of this account and Region"
    return "the call creates nothing that Muster tags"


def _left_alone(named: TaggingPlan, arns: tuple[str, ...], key: str, claimed: str) -> TaggingPlan:
    reason = f"the call itself set {key}"
    if claimed == named.created_by:
        return msgspec.structs.replace(named, reason=reason)
    told = f"{reason} to {claimed!r}, the caller is {named.created_by!r}"
    disputed = tuple(TaggingFailure(arn, told) for arn in arns)
    return msgspec.structs.replace(named, reason=told, disputed=disputed)


def _region(event: CloudTrailEvent, arn: str) -> str:
    if event.source.removesuffix(".amazonaws.com") in _GLOBAL_SERVICES:
        return GLOBAL_REGIONS[event.partition]
    return arn.split(":")[3] or event.region
