"""What to tag after a create call, and with what; or why nothing is tagged."""

import re
from datetime import datetime

import msgspec

from contract.cloudtrail import CloudTrailEvent
from contract.names import GLOBAL_REGIONS, USUAL_NAMES, Names
from contract.spoke_events import TaggingFailure
from spoke.creator_tagger.arns import answered_arns, created_arns
from spoke.creator_tagger.claim import claimed_value
from spoke.creator_tagger.resources import CATALOGUE
from spoke.creator_tagger.tags import USUAL_TAGS, TagSettings, tag_value, tags_of

_TAG_CALL = re.compile(r"(Tag|Untag|AddTags|CreateTags|CreateOrUpdateTags|RemoveTags|DeleteTags|ChangeTags)([A-Z]\w*)?")
_GLOBAL_SERVICES = ("cloudfront", "iam", "organizations", "route53", "shield", "waf")


class TaggingPlan(msgspec.Struct, frozen=True, kw_only=True):
    """The ARNs and tags of one create event; `reason` says why there are none.

    `account`, `home` and `at` are where and when the call was recorded. `key` is the creator's tag, `created_by` the
    name that people know, which the tag may hide. `region` is where the tagging call must go. `untagged` are resources
    that get no tag and are reported: those whose creator tag the call itself has set to somebody else's name, and those
    that take none.
    """

    api_call: str
    event_id: str
    account: str = ""
    home: str = ""
    at: datetime | None = None
    created_by: str = ""
    region: str = ""
    arns: tuple[str, ...] = ()
    tags: dict[str, str] = {}
    key: str = ""
    reason: str = ""
    untagged: tuple[TaggingFailure, ...] = ()


def plan(event: CloudTrailEvent, settings: TagSettings = USUAL_TAGS, names: Names = USUAL_NAMES) -> TaggingPlan:
    """Return what to tag after the call; `names` tell Muster's own roles, whose calls create nothing of anybody's."""
    blank = TaggingPlan(
        api_call=event.api_call,
        event_id=event.id,
        account=event.account_id,
        home=event.region,
        at=event.time,
        key=settings.created_by_key,
    )
    reason = _nothing_created(event, names)
    if reason:
        return msgspec.structs.replace(blank, reason=reason)
    named = msgspec.structs.replace(blank, created_by=tag_value(event))
    if why := CATALOGUE.untaggable.get(event.api_call):
        return _untaggable(event, named, why)
    arns = created_arns(event)
    if not arns:
        return msgspec.structs.replace(blank, reason=_nothing_found(event))
    tags = tags_of(event, settings, named.created_by)
    claimed = claimed_value(event, settings.created_by_key)
    if claimed is not None and event.actor.is_service:
        # An Auto Scaling group hands its tags on to its instances.
        return msgspec.structs.replace(named, created_by=claimed, reason=f"it inherited {settings.created_by_key}")
    if claimed is not None:
        return _left_alone(named, arns, claimed, tags)
    # What the call itself wrote stays, whichever tag it is.
    missing = {key: value for key, value in tags.items() if claimed_value(event, key) is None}
    return msgspec.structs.replace(named, region=_region(event, arns[0]), arns=arns, tags=missing)


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
    if event.api_call in CATALOGUE.named:
        return "the event names no resource of this account and Region"
    why = CATALOGUE.no_creations.get(event.api_call)
    return "the call creates nothing that Muster tags" + (f": {why}" if why else "")


def _untaggable(event: CloudTrailEvent, named: TaggingPlan, why: str) -> TaggingPlan:
    """Return the plan of a creation that takes no tag: the hub is told who made what, also where no ARN names it."""
    told = f"cannot be tagged: {why}"
    untagged = tuple(TaggingFailure(arn, told) for arn in answered_arns(event) or ("",))
    return msgspec.structs.replace(named, reason=told, untagged=untagged)


def _left_alone(named: TaggingPlan, arns: tuple[str, ...], claimed: str, tags: dict[str, str]) -> TaggingPlan:
    reason = f"the call itself set {named.key}"
    if claimed in {named.created_by, tags[named.key]}:
        return msgspec.structs.replace(named, reason=reason)
    told = f"{reason} to {claimed!r}, the caller is {named.created_by!r}"
    untagged = tuple(TaggingFailure(arn, told) for arn in arns)
    return msgspec.structs.replace(named, reason=told, untagged=untagged)


def _region(event: CloudTrailEvent, arn: str) -> str:
    if event.source.removesuffix(".amazonaws.com") in _GLOBAL_SERVICES:
        return GLOBAL_REGIONS[event.partition]
    return arn.split(":")[3] or event.region
