"""Which instances get the agent."""

from collections.abc import Mapping

import msgspec

from contract.agents import Reason

NONE = "NONE"
ECS_EKS, ALL = "ecs-eks", "all"
# What ECS and EKS put on the nodes of their clusters. A capacity provider of ECS tags its group's instances with the
# last; the first two people and tools write themselves, as seed 000 has them.
_NODE_TAGS = ("aws:ecs:clusterName", "eks:cluster-name", "AmazonECSManaged")
_NODE_PREFIX = "kubernetes.io/cluster/"


class FilterError(ValueError):
    """A filter that is not of the form key1:value1;key2:value2."""


class Rules(msgspec.Struct, frozen=True):
    """What an instance must be like: all of `tags`, none of `excluded`, and a cluster's node if `scope` says so."""

    tags: Mapping[str, str] = {}
    excluded: Mapping[str, str] = {}
    scope: str = ECS_EKS
    is_on: bool = True


def parsed(text: str) -> dict[str, str]:
    """Return the tags of a filter such as `key1:value1;key2:value2`, or of `NONE`; keys may hold colons.

    Raises `FilterError`, which names the part that is no pair.
    """
    if text.strip() in {"", NONE}:
        return {}
    found = {}
    for part in text.split(";"):
        key, colon, value = part.rpartition(":")
        if not colon or not key.strip():
            raise FilterError(f"{part!r} is not of the form key:value")
        found[key.strip()] = value.strip()
    return found


def why_not(tags: Mapping[str, str], rules: Rules) -> Reason | None:
    """Return why an instance with these tags does not get the agent; None when it does."""
    if not rules.is_on:
        return Reason.ACCOUNT_EXCLUDED
    if any(tags.get(key) == value for key, value in rules.excluded.items()):
        return Reason.EXCLUDED_BY_TAG
    if any(tags.get(key) != value for key, value in rules.tags.items()):
        return Reason.TAGS_DO_NOT_MATCH
    if rules.scope == ECS_EKS and not is_node(tags):
        return Reason.NOT_IN_SCOPE
    return None


def is_node(tags: Mapping[str, str]) -> bool:
    """Return whether an instance is a node of an ECS or EKS cluster."""
    return any(key in _NODE_TAGS or key.startswith(_NODE_PREFIX) for key in tags)
