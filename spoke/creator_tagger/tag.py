"""Tags what a plan says, and tells apart what became of each resource."""

import msgspec
from botocore.exceptions import ClientError

from contract.spoke_events import TaggingFailure
from spoke.clients import Clients
from spoke.creator_tagger.calls import Refusal, tagged_by
from spoke.creator_tagger.plan import TaggingPlan


class TryLaterError(Exception):
    """Some resources are not visible yet, or the service is busy: the invocation must be tried again."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a plan's resources: tagged with the creator, kept as somebody had tagged them, or failed."""

    tagged: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    failed: tuple[TaggingFailure, ...] = ()


def tag(plan: TaggingPlan, clients: Clients) -> Outcome:
    """Tag the plan's resources; raise `TryLaterError` when the asynchronous retry may still succeed.

    The role's condition `Null aws:ResourceTag/<key>` refuses what has a creator already, so a denied resource is looked
    at once: it is kept when the tag is there, and a failure when it is not.
    """
    refused = tagged_by(plan, clients)
    later = [f"{arn}: {refusal.text}" for arn, refusal in refused.items() if refusal.is_passing]
    if later:
        raise TryLaterError("; ".join(later))
    denied = tuple(arn for arn, refusal in refused.items() if refusal.is_denied)
    present = _creators(denied, plan, clients) if denied else {}
    mine = {arn for arn, name in present.items() if name == plan.created_by}
    return Outcome(
        tagged=tuple(arn for arn in plan.arns if arn not in refused or arn in mine),
        kept=tuple(arn for arn in present if arn not in mine),
        failed=tuple(_failure(arn, one) for arn, one in refused.items() if arn not in present),
    )


def _creators(arns: tuple[str, ...], plan: TaggingPlan, clients: Clients) -> dict[str, str]:
    (key,) = plan.tags
    try:
        answer = clients("resourcegroupstaggingapi", plan.region).get_resources(ResourceARNList=list(arns))
    except ClientError:
        return {}
    return {
        one["ResourceARN"]: pair["Value"]
        for one in answer["ResourceTagMappingList"]
        for pair in one["Tags"]
        if pair["Key"] == key
    }


def _failure(arn: str, refusal: Refusal) -> TaggingFailure:
    told = "denied: already tagged or not permitted: " if refusal.is_denied else ""
    return TaggingFailure(arn, told + refusal.text)
