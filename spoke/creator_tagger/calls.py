"""The tagging calls: the Resource Groups Tagging API, or the service's own."""

import re
from collections.abc import Iterator
from typing import Any

import msgspec
from botocore.exceptions import ClientError

from spoke.clients import Clients
from spoke.creator_tagger.plan import TaggingPlan
from spoke.creator_tagger.services import OWN_CALLS, SERVICES, TAGGING_API, OwnCall

# tag:TagResources takes 20 ARNs a call.
_BATCH = 20
_BUSY = re.compile(r"throttl|rate exceeded|too many requests|RequestLimitExceeded", re.IGNORECASE)
_PASSING = re.compile(
    r"not ?found|does ?n[o']t exist|nosuch|InternalService|ServiceUnavailable|"
    r"IncorrectInstanceState|ConcurrentModification|ResourceInUse",
    re.IGNORECASE,
)
_DENIED = re.compile(r"access ?denied|not authorized|unauthorized", re.IGNORECASE)
_NOT_FOUND = 404
_TOO_MANY = 429
_REFUSED = 403
_SERVER_ERROR = 500


class Refusal(msgspec.Struct, frozen=True):
    """Why a resource was not tagged: the service's words, and the HTTP status that it gave for this resource."""

    text: str
    status: int

    @property
    def is_denied(self) -> bool:
        """Whether the role was not allowed to."""
        return self.status == _REFUSED or bool(_DENIED.search(self.text))

    @property
    def is_busy(self) -> bool:
        """Whether the service had too much to do."""
        return self.status == _TOO_MANY or self.status >= _SERVER_ERROR or bool(_BUSY.search(self.text))

    @property
    def is_passing(self) -> bool:
        """Whether the same call may succeed in a minute: busy, or the resource is not visible yet."""
        is_unseen = self.status == _NOT_FOUND or bool(_PASSING.search(self.text))
        return (self.is_busy or is_unseen) and not self.is_denied


def tagged_by(plan: TaggingPlan, clients: Clients) -> dict[str, Refusal]:
    """Make the plan's tagging calls and return the resources that were refused; one call for up to 20 resources."""
    source = plan.api_call.partition(":")[0]
    if source == "autoscaling.amazonaws.com":
        return _tag_groups(plan, clients("autoscaling", plan.region))
    own = OWN_CALLS.get(plan.api_call) or SERVICES[source].own
    if own:
        return _tag_one_by_one(plan, own, clients(own.client, plan.region))
    return _tag_at_once(plan, clients(TAGGING_API, plan.region))


def _tag_at_once(plan: TaggingPlan, tagging: Any) -> dict[str, Refusal]:
    refused: dict[str, Refusal] = {}
    for arns in batches(plan.arns, _BATCH):
        try:
            answer = tagging.tag_resources(ResourceARNList=arns, Tags=plan.tags)
        except ClientError as error:
            refused |= dict.fromkeys(arns, refusal_of(error))
            continue
        # HTTP 200 can carry failures (Resource Groups Tagging API, TagResources).
        for arn, failure in answer.get("FailedResourcesMap", {}).items():
            words = f"{failure.get('ErrorCode')}: {failure.get('ErrorMessage')}"
            refused[arn] = Refusal(words, int(failure.get("StatusCode") or 0))
    return refused


def _tag_one_by_one(plan: TaggingPlan, own: OwnCall, service: Any) -> dict[str, Refusal]:
    refused = {}
    for arn in plan.arns:
        try:
            service.tag_resource(**{own.arn: arn, own.tags: _tags(own, plan.tags)})
        except ClientError as error:
            refused[arn] = refusal_of(error)
    return refused


def _tags(own: OwnCall, tags: dict[str, str]) -> Any:
    if own.pair is None:
        return tags
    key, value = own.pair
    return [{key: name, value: text} for name, text in tags.items()]


def _tag_groups(plan: TaggingPlan, autoscaling: Any) -> dict[str, Refusal]:
    """Tag Auto Scaling groups by name, and their later instances with them: the event lacks the UUID of the ARN."""
    names = {arn: arn.partition("autoScalingGroupName/")[2] for arn in plan.arns}
    of_group = {"ResourceType": "auto-scaling-group", "PropagateAtLaunch": True}
    tags = [
        {"ResourceId": name, "Key": key, "Value": value, **of_group}
        for name in names.values()
        for key, value in plan.tags.items()
    ]
    try:
        autoscaling.create_or_update_tags(Tags=tags)
    except ClientError as error:
        return dict.fromkeys(names, refusal_of(error))
    return {}


def batches(arns: tuple[str, ...], size: int) -> Iterator[list[str]]:
    """Yield the ARNs, at most `size` at a time."""
    for start in range(0, len(arns), size):
        yield list(arns[start : start + size])


def refusal_of(error: ClientError) -> Refusal:
    """Return why a call was refused."""
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    detail = error.response.get("Error", {})
    return Refusal(f"{detail.get('Code')}: {detail.get('Message')}", status)
