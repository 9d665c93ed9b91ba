"""Resource policies as CloudTrail records them, and what "public" means."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import msgspec

from contract.fields import as_text, normalized
from contract.network import is_world

# Condition keys that are about the caller's account or organization.
_CIRCLES = {
    normalized(key)
    for key in (
        "aws:PrincipalOrgID",
        "aws:PrincipalOrgPaths",
        "aws:PrincipalAccount",
        "aws:PrincipalArn",
        "aws:SourceAccount",
        "aws:SourceArn",
        "aws:SourceOwner",
        "aws:SourceOrgID",
        "aws:SourceOrgPaths",
        "kms:CallerAccount",
    )
}
# Those that narrow a wildcard principal. sts:ExternalId does not: it can be guessed.
_NARROWING = _CIRCLES | {
    normalized(key)
    for key in (
        "aws:SourceVpc",
        "aws:SourceVpce",
        "aws:SourceIp",
        "aws:VpcSourceIp",
        "aws:userid",
        "s3:DataAccessPointAccount",
        "s3:DataAccessPointArn",
        "elasticfilesystem:AccessedViaMountTarget",
    )
}
_PREFIXES = {"", "o-", "ou-", "vpc-", "vpce-"}
_ADMIN_ACTIONS = {"*", "*:*", "iam:*"}


class Statement(msgspec.Struct, frozen=True):
    """One statement; every list is a list, whatever the document wrote."""

    is_allow: bool
    principals: tuple[str, ...]
    federated: tuple[str, ...]
    actions: tuple[str, ...]
    not_actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: dict[str, Any]
    has_not_principal: bool = False

    @property
    def is_narrowed(self) -> bool:
        """Whether a condition keeps strangers out; one with IfExists, Not, Null or ForAllValues does not.

        ForAllValues holds where the key is absent, unless another condition demands the key (IAM user guide, "Set
        operators for multivalued context keys").
        """
        return any(True for _ in self._narrowing())

    @property
    def circles(self) -> list[tuple[str, ...]]:
        """What conditions demand of the caller's account or organization: each holds, with any of its values."""
        return [tuple(_texts(value)) for key, value in self._narrowing() if normalized(key) in _CIRCLES]

    def _narrowing(self) -> Iterator[tuple[str, Any]]:
        demanded = {normalized(key) for operator, key, value in self._tests() if _demands(operator, value)}
        for operator, key, value in self._tests():
            is_met_by_absence = operator.lower().startswith("forallvalues:") and normalized(key) not in demanded
            if not is_met_by_absence and _narrows(operator, key, value):
                yield key, value

    def _tests(self) -> Iterator[tuple[str, str, Any]]:
        for operator, keys in self.conditions.items():
            if isinstance(keys, dict):
                yield from ((operator, key, value) for key, value in keys.items())

    @property
    def is_for_everybody(self) -> bool:
        """Whether it names everybody; conditions may still narrow it."""
        return "*" in self.principals or self.has_not_principal

    @property
    def is_public(self) -> bool:
        """Whether it lets everybody in."""
        return self.is_allow and self.is_for_everybody and not self.is_narrowed

    @property
    def is_admin(self) -> bool:
        """Whether it grants administrator rights: every action (or all of IAM) on every resource, without condition.

        Every action but a few is as good, unless all of IAM is among the few.
        """
        if not self.is_allow or "*" not in self.resources or self.conditions:
            return False
        if self.not_actions:
            return _ADMIN_ACTIONS.isdisjoint(action.lower() for action in self.not_actions)
        return any(action.lower() in _ADMIN_ACTIONS for action in self.actions)


class Policy(msgspec.Struct, frozen=True):
    """A policy document."""

    statements: tuple[Statement, ...] = ()

    @property
    def is_public(self) -> bool:
        """Whether any statement lets everybody in."""
        return any(statement.is_public for statement in self.statements)

    @property
    def is_admin(self) -> bool:
        """Whether any statement grants administrator rights."""
        return any(statement.is_admin for statement in self.statements)


def policy_of(value: Any) -> Policy:
    """Return a policy from any of its encodings: object, JSON text, URL-encoded JSON text; empty when it is none."""
    document = document_of(value)
    if not isinstance(document, dict):
        return Policy()
    statements: Any = next((part for key, part in document.items() if normalized(key) == "statement"), [])
    return Policy(tuple(_statement(one) for one in _listed(statements) if isinstance(one, dict)))


def document_of(value: Any) -> Any:
    """Return what a policy's text, URL-encoded or not, says; what is no text as it is, None when it is no JSON."""
    if not isinstance(value, str):
        return value
    for text in (value, unquote(value)):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            continue
    return None


def _statement(raw: dict[str, Any]) -> Statement:
    part = {normalized(key): value for key, value in raw.items()}
    principal = part.get("principal")
    conditions = part.get("condition")
    return Statement(
        is_allow=str(part.get("effect")).lower() == "allow",
        principals=tuple(_principals(principal, "aws")),
        federated=tuple(_principals(principal, "federated")),
        actions=tuple(_texts(part.get("action"))),
        not_actions=tuple(_texts(part.get("notaction"))),
        resources=tuple(_texts(part.get("resource"))),
        conditions=conditions if isinstance(conditions, dict) else {},
        has_not_principal="notprincipal" in part,
    )


def _principals(principal: Any, kind: str) -> list[str]:
    if isinstance(principal, dict):
        return [one for key, value in principal.items() if normalized(key) == kind for one in _texts(value)]
    return _texts(principal) if kind == "aws" else []


def _demands(operator: str, value: Any) -> bool:
    """Whether a condition says that its key must not be absent."""
    return operator.lower() == "null" and [text.lower() for text in _texts(value)] == ["false"]


def _narrows(operator: str, key: str, value: Any) -> bool:
    kind = operator.lower().rpartition(":")[2]
    if "ifexists" in kind or "not" in kind or kind == "null":
        return False
    name = key.lower()
    if normalized(name) not in _NARROWING and not name.startswith("aws:principaltag/"):
        return False
    values = _texts(value)
    if name == "aws:sourceip":
        return bool(values) and not any(is_world(one) for one in values)
    return bool(values) and not any(_names_anybody(one) for one in values)


def _names_anybody(value: str) -> bool:
    """Whether a condition's value fits strangers: `*`, `vpc-*`, "not so", or an ARN that leaves the account open."""
    if value.startswith("arn:"):
        parts = value.split(":", 5)
        account, resource = (parts + ["*"] * 6)[4:6]
        return "*" in account or (not account and resource.startswith("*"))
    return value.lower() == "false" or value.strip("*?") in _PREFIXES


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _texts(value: Any) -> list[str]:
    return [as_text(one) for one in _listed(value) if isinstance(one, str | int | float)]
