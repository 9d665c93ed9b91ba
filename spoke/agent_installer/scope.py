"""Which instances get the agent, by their tags."""

from collections.abc import Mapping

import msgspec

from contract.agents import Reason

Tags = Mapping[str, str]

ALL = "all"
NONE = "NONE"
# ECS's capacity providers tag what they start; an ECS-optimised image has no tag by itself. Clusters of EKS tag the
# nodes of managed groups; those of others carry the tag by which the load balancer's controller finds them.
_CLUSTER_TAGS = ("aws:ecs:clusterName", "AmazonECSManaged", "eks:cluster-name")
_CLUSTER_PREFIX = "kubernetes.io/cluster/"


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """Who gets the agent: whether the account does, the scope, tags that must all be there, tags of which none may."""

    is_on: bool = True
    scope: str = "ecs-eks"
    tags: Mapping[str, str] = {}
    excluded_tags: Mapping[str, str] = {}


class Exclusion(msgspec.Struct, frozen=True):
    """Why an instance is left out, and by what in words."""

    reason: Reason
    details: str = ""


def read_tags(text: str) -> dict[str, str]:
    """Return the tags of `key1:value1;key2:value2`; `NONE` and nothing are none."""
    if text in {"", NONE}:
        return {}
    pairs = (one.partition(":") for one in text.split(";") if one)
    return {key: value for key, _, value in pairs}


def exclusion(tags: Tags, rules: Rules) -> Exclusion | None:
    """Return why an instance with these tags is left out; nothing when it gets the agent."""
    if not rules.is_on:
        return Exclusion(Reason.ACCOUNT_EXCLUDED, "the account's settings leave the agent out")
    if barred := [key for key, value in rules.excluded_tags.items() if tags.get(key) == value]:
        return Exclusion(Reason.EXCLUDED_BY_TAG, f"it has {_told(barred, rules.excluded_tags)}")
    if rules.scope != ALL and not is_cluster_node(tags):
        return Exclusion(Reason.NOT_IN_SCOPE, "it has no tag of an ECS or EKS cluster")
    if lacking := [key for key, value in rules.tags.items() if tags.get(key) != value]:
        return Exclusion(Reason.TAGS_DO_NOT_MATCH, f"it lacks {_told(lacking, rules.tags)}")
    return None


def is_cluster_node(tags: Tags) -> bool:
    """Return whether an instance is a node of an ECS or EKS cluster."""
    return any(key in _CLUSTER_TAGS or key.startswith(_CLUSTER_PREFIX) for key in tags)


def _told(keys: list[str], pairs: Mapping[str, str]) -> str:
    return ", ".join(f"{key}:{pairs[key]}" for key in keys)
