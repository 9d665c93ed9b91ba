"""The ARNs of what a call created, as the record shows them and as far as they are this account's own."""

import re
from collections.abc import Iterator
from typing import Any

from contract.cloudtrail import CloudTrailEvent
from contract.fields import normalized
from spoke.creator_tagger.resources import CATALOGUE, CREATED
from spoke.creator_tagger.services import SERVICES

CREATE_VERBS = (
    "Allocate", "Copy", "Create", "Import", "Provision", "Purchase",
    "Register", "Replicate", "Request", "Restore", "Run",
)  # fmt: skip
_CALL = re.compile(rf"(?:{'|'.join(CREATE_VERBS)})([A-Z]\w*?)(?:20\d\d[\d_]*)?")
_ANOTHERS = re.compile(r"\d{12}|aws")
_HIDDEN = ("HIDDEN_DUE_TO_SECURITY_REASONS", "****")


def created_arns(event: CloudTrailEvent) -> tuple[str, ...]:
    """Return the ARNs of what the call created; nothing for a call that creates nothing that takes tags."""
    listed = CREATED.get(event.api_call)
    found = (listed.arns(event) if listed else ()) or last_resort(event)
    return tuple(arn for arn in map(_without_version, found) if is_own(event, arn))


def last_resort(event: CloudTrailEvent) -> tuple[str, ...]:
    """Return the first ARN of the answer under `arn` or `<noun>Arn`, for answers and calls that the table knows not.

    Only of services that the role may tag at all.
    """
    if event.source not in SERVICES or _is_put_aside(event.api_call):
        return ()
    return answered_arns(event)


def _is_put_aside(call: str) -> bool:
    return call in CATALOGUE.untaggable or call in CATALOGUE.no_creations


def answered_arns(event: CloudTrailEvent) -> tuple[str, ...]:
    """Return the first ARN of a creation's answer under `arn`, `<noun>Arn` or (of stacks) `<noun>Id`, if any."""
    call = _CALL.fullmatch(event.name)
    if not call:
        return ()
    noun = normalized(call.group(1))
    return tuple(_arns_under({"arn", f"{noun}arn", f"{noun}id"}, event.response.raw))[:1]


def _arns_under(keys: set[str], value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for member in value:
            yield from _arns_under(keys, member)
    if not isinstance(value, dict):
        return
    for key, inner in value.items():
        if isinstance(inner, str) and normalized(key) in keys and inner.startswith("arn:"):
            yield inner
    for inner in value.values():
        yield from _arns_under(keys, inner)


def _without_version(arn: str) -> str:
    """Return a function's ARN without its version, a log group's without `:*`: neither takes tags."""
    function = re.match(r"arn:[^:]+:lambda:[^:]*:[^:]*:function:[^:]+", arn)
    return function.group() if function else arn.removesuffix(":*")


def is_own(event: CloudTrailEvent, arn: str) -> bool:
    """Return whether the ARN is of the event's partition, service, Region and account: a wrong one tags a stranger."""
    parts = arn.split(":", 5)
    if len(parts) < 6 or any(word in arn for word in _HIDDEN):
        return False
    _, partition, service, region, account, _ = parts
    return (
        partition == event.partition
        and service in _namespaces(event.source)
        and region in {"", event.region, event.request.text("replicaRegion")}
        and (not event.account_id or account == event.account_id or not _ANOTHERS.fullmatch(account))
    )


def _namespaces(source: str) -> set[str]:
    service = SERVICES[source]
    return {
        source.removesuffix(".amazonaws.com"),
        *(action.partition(":")[0] for action in service.actions),
        *service.namespaces,
    }
