"""Tags what a plan says, and tells apart what became of each resource."""

import msgspec
from botocore.exceptions import ClientError

from contract.spoke_events import TaggingFailure
from spoke.clients import Clients
from spoke.creator_tagger.calls import Refusal, batches, tagged_by
from spoke.creator_tagger.plan import TaggingPlan
from spoke.creator_tagger.services import TAGGING_API

# tag:GetResources takes 100 ARNs a call, without pages.
_BATCH = 100
_DENIALS = {"AccessDenied", "AccessDeniedException"}


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a plan's resources: tagged with the creator, kept as somebody had tagged them, or failed.

    `later` are those that are not visible yet or whose service is busy: the asynchronous retry may still succeed.
    """

    tagged: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    failed: tuple[TaggingFailure, ...] = ()
    later: tuple[TaggingFailure, ...] = ()


def tag(plan: TaggingPlan, clients: Clients) -> Outcome:
    """Tag the plan's resources and return what became of each; raise `ClientError` when their tags cannot be read.

    The role's condition `Null aws:ResourceTag/<key>` refuses what has a creator already, so a denied resource is looked
    at once: it is kept when the tag is there, and a failure when it is not.
    """
    refused = tagged_by(plan, clients)
    later = tuple(_failure(arn, one) for arn, one in refused.items() if one.is_passing)
    denied = tuple(arn for arn, refusal in refused.items() if refusal.is_denied)
    present = _creators(denied, plan, clients) if denied else {}
    mine = {arn for arn, name in present.items() if name == plan.created_by}
    return Outcome(
        tagged=tuple(arn for arn in plan.arns if arn not in refused or arn in mine),
        kept=tuple(arn for arn in present if arn not in mine),
        failed=tuple(_failure(arn, one) for arn, one in refused.items() if arn not in present and not one.is_passing),
        later=later,
    )


def _creators(arns: tuple[str, ...], plan: TaggingPlan, clients: Clients) -> dict[str, str]:
    (key,) = plan.tags
    tagging = clients(TAGGING_API, plan.region)
    try:
        answers = [tagging.get_resources(ResourceARNList=some) for some in batches(arns, _BATCH)]
    except ClientError as error:
        # Nobody may look: the denial itself is reported.
        if error.response["Error"]["Code"] not in _DENIALS:
            raise
        return {}
    return {
        one["ResourceARN"]: pair["Value"]
        for answer in answers
        for one in answer["ResourceTagMappingList"]
        for pair in one["Tags"]
        if pair["Key"] == key
    }


def _failure(arn: str, refusal: Refusal) -> TaggingFailure:
    told = "denied: already tagged or not permitted: " if refusal.is_denied else ""
    return TaggingFailure(arn, told + refusal.text)
