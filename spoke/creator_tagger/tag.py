"""Tags what a plan says, and tells apart what became of each resource."""

from collections.abc import Iterator

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

    The role may write no tag over another (`Null aws:ResourceTag/<key>`), so a denied resource is looked at once: it
    is kept when it has a creator, gets what it lacks when it has others of the tags, and is a failure when it has none.
    """
    refused = tagged_by(plan, clients)
    denied = tuple(arn for arn, refusal in refused.items() if refusal.is_denied)
    present = _present(denied, plan, clients) if denied else {}
    creators = {arn: tags[plan.key] for arn, tags in present.items() if plan.key in tags}
    for some in _lacking(present, plan):
        again = tagged_by(some, clients)
        refused = {arn: one for arn, one in refused.items() if arn not in some.arns} | again
    mine = {arn for arn, name in creators.items() if name == plan.tags[plan.key]}
    final = {arn: one for arn, one in refused.items() if arn not in creators}
    return Outcome(
        tagged=tuple(arn for arn in plan.arns if arn not in refused or arn in mine),
        kept=tuple(arn for arn in creators if arn not in mine),
        failed=tuple(_failure(arn, one) for arn, one in final.items() if not one.is_passing),
        later=tuple(_failure(arn, one) for arn, one in final.items() if one.is_passing),
    )


def _lacking(present: dict[str, dict[str, str]], plan: TaggingPlan) -> Iterator[TaggingPlan]:
    """Yield plans of what resources lack that have some of the tags, but no creator: one for each set of tags."""
    by_held: dict[frozenset[str], list[str]] = {}
    for arn, tags in present.items():
        held = frozenset(tags.keys() & plan.tags.keys())
        if held and plan.key not in held:
            by_held.setdefault(held, []).append(arn)
    for held, arns in by_held.items():
        missing = {key: value for key, value in plan.tags.items() if key not in held}
        yield msgspec.structs.replace(plan, arns=tuple(arns), tags=missing)


def _present(arns: tuple[str, ...], plan: TaggingPlan, clients: Clients) -> dict[str, dict[str, str]]:
    tagging = clients(TAGGING_API, plan.region)
    try:
        answers = [tagging.get_resources(ResourceARNList=some) for some in batches(arns, _BATCH)]
    except ClientError as error:
        # Nobody may look: the denial itself is reported.
        if error.response["Error"]["Code"] not in _DENIALS:
            raise
        return {}
    return {
        one["ResourceARN"]: {pair["Key"]: pair["Value"] for pair in one["Tags"]}
        for answer in answers
        for one in answer["ResourceTagMappingList"]
    }


def _failure(arn: str, refusal: Refusal) -> TaggingFailure:
    told = "denied: already tagged or not permitted: " if refusal.is_denied else ""
    return TaggingFailure(arn, told + refusal.text)
