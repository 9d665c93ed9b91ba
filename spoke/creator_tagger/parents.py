"""Who made what a service creates: the creator of the group, node group, fleet, cluster or stack that it serves."""

import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import msgspec
from botocore.exceptions import ClientError

from contract.actor import STACK_SET_ROLES, actor_of
from contract.cloudtrail import CloudTrailEvent
from spoke.clients import Clients
from spoke.creator_tagger.calls import refusal_of
from spoke.creator_tagger.claim import written_tags
from spoke.creator_tagger.plan import TaggingPlan
from spoke.creator_tagger.services import TAGGING_API
from spoke.creator_tagger.tags import TagSettings, clean, hashed

# The tag by which a service says for which resource it creates → the ARN of that resource.
_BY_ARN = {
    "aws:ec2:fleet-id": "arn:{partition}:ec2:{region}:{account}:fleet/{id}",
    "aws:ec2spot:fleet-request-id": "arn:{partition}:ec2:{region}:{account}:spot-fleet-request/{id}",
    "aws:elasticmapreduce:job-flow-id": "arn:{partition}:elasticmapreduce:{region}:{account}:cluster/{id}",
}
_NODE_GROUP, _CLUSTER = "eks:nodegroup-name", "eks:cluster-name"
_GROUP = "aws:autoscaling:groupName"
_STACK = "aws:cloudformation:stack-id"
_MAKING_STACKS = {"CreateStack", "CreateChangeSet"}


def inherited(event: CloudTrailEvent, planned: TaggingPlan, settings: TagSettings, clients: Clients) -> TaggingPlan:
    """Return the plan with the creator of what a service created for; as it was where nothing tells it.

    One read, and none for what people create themselves. A parent that cannot be read leaves the service's name;
    `ClientError` when it could be read later.
    """
    if not planned.arns or not _is_for_another(event):
        return planned
    tags = written_tags(event)
    try:
        creator = _creator(event, tags, settings, clients)
    except ClientError as error:
        if refusal_of(error).is_busy:
            raise
        return planned
    if not creator:
        return planned
    return msgspec.structs.replace(planned, created_by=creator, tags={**planned.tags, settings.created_by_key: creator})


def _is_for_another(event: CloudTrailEvent) -> bool:
    actor = event.actor
    is_of_stack = actor.kind == "cfn-service-role" and not actor.role.startswith(STACK_SET_ROLES)
    return actor.is_service or is_of_stack


def _creator(event: CloudTrailEvent, tags: Mapping[str, str], settings: TagSettings, clients: Clients) -> str:
    key = settings.created_by_key
    if _NODE_GROUP in tags and _CLUSTER in tags:
        answer = clients("eks", event.region).describe_nodegroup(
            clusterName=tags[_CLUSTER], nodegroupName=tags[_NODE_GROUP]
        )
        return str(answer["nodegroup"].get("tags", {}).get(key, ""))
    if _GROUP in tags:
        return _of_group(tags[_GROUP], key, clients("autoscaling", event.region))
    for tag, template in _BY_ARN.items():
        if tag in tags:
            arn = template.format(
                partition=event.partition, region=event.region, account=event.account_id, id=tags[tag]
            )
            return _of_resource(arn, key, clients(TAGGING_API, event.region))
    if _STACK in tags:
        name = clean(_of_stack(tags[_STACK], clients))
        return hashed(name) if settings.hash_emails else name
    return ""


def _of_group(name: str, key: str, autoscaling: Any) -> str:
    filters = [{"Name": "auto-scaling-group", "Values": [name]}, {"Name": "key", "Values": [key]}]
    answer = autoscaling.describe_tags(Filters=filters)
    return next((str(tag["Value"]) for tag in answer["Tags"] if tag["Key"] == key), "")


def _of_resource(arn: str, key: str, tagging: Any) -> str:
    answer = tagging.get_resources(ResourceARNList=[arn])
    pairs = (pair for one in answer["ResourceTagMappingList"] for pair in one["Tags"])
    return next((str(pair["Value"]) for pair in pairs if pair["Key"] == key), "")


@lru_cache(maxsize=256)
def _of_stack(stack: str, clients: Callable[[str, str], Any]) -> str:
    """Return who made a stack: its resources come by the dozen, and it takes no tag itself.

    By CloudTrail's event history of 90 days, which allows two requests a second.
    """
    name, region = stack.split("/")[1], stack.split(":")[3]
    asked = [{"AttributeKey": "ResourceName", "AttributeValue": name}]
    answer = clients("cloudtrail", region).lookup_events(LookupAttributes=asked)
    records = [json.loads(one["CloudTrailEvent"]) for one in answer["Events"] if one["EventName"] in _MAKING_STACKS]
    made = [one for one in records if (one.get("responseElements") or {}).get("stackId") == stack]
    actors = [actor_of(one.get("userIdentity"), one.get("recipientAccountId", "")) for one in made]
    return next((one.name for one in reversed(actors) if not one.is_service), "")
