"""The EventBridge patterns of the rules that bring create events to the tagger."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from contract.cloudtrail import API_CALL
from contract.names import Names
from spoke.creator_tagger.arns import CREATE_VERBS
from spoke.creator_tagger.followed import IMAGE_STATE, INSTANCE_STATE
from spoke.creator_tagger.resources import CATALOGUE

# EventBridge's quota is 2,048 characters for one pattern; the rest is room.
_LONGEST = 2_000

# Calls that begin like a creation and are none, or come by the thousand: they must not wake the function.
_UNWANTED = (
    "CopyObject", "CreateGrant", "CreateLogStream", "CreateOrUpdateTags", "CreateSession", "CreateTags", "CreateToken",
    "RegisterInstancesWithLoadBalancer", "RegisterTargets", "RequestServiceQuotaIncrease",
)  # fmt: skip


def create_patterns(prefix: str = "muster") -> list[dict[str, Any]]:
    """Return the patterns that match every call of the catalogue, at most 2,048 characters each as compact JSON.

    Also those that get no tag: the function says why. `prefix` is Muster's: what the tagger itself does is not matched,
    nor are refused and read-only calls.
    """
    known = (*CATALOGUE.named, *CATALOGUE.untaggable, *CATALOGUE.no_creations)
    names = sorted({call.partition(":")[2] for call in known})
    matchers: list[Any] = [*_matchers(names)]
    return [_pattern(chunk, prefix) for chunk in _chunks(matchers, _LONGEST - len(_compact(_pattern([], prefix))))]


def later_pattern() -> dict[str, Any]:
    """Return the pattern of what is there only later: an instance's volumes, an image's snapshots."""
    return {
        "source": ["aws.ec2"],
        "$or": [
            {"detail-type": [INSTANCE_STATE], "detail": {"state": ["running"]}},
            {"detail-type": [IMAGE_STATE], "detail": {"State": ["available"]}},
        ],
    }


def _pattern(matchers: list[Any], prefix: str) -> dict[str, Any]:
    absent = {"exists": False}
    # Without the Region: global services record elsewhere. Whoever borrows this name escapes the tag, not detection.
    own = {"prefix": f"{Names(prefix).spoke_function('creator_tagger')}-"}
    return {
        # Nobody but AWS may send events of a source that begins so.
        "source": [{"prefix": "aws."}],
        "detail-type": [API_CALL],
        "detail": {
            "eventName": matchers,
            "errorCode": [absent],
            "errorMessage": [absent],
            "readOnly": [False, absent],
            # anything-but needs the field to be there; people and services have no session issuer.
            "userIdentity": {
                "sessionContext": {"sessionIssuer": {"userName": [{"anything-but": own}, absent]}},
            },
        },
    }


def _matchers(names: list[str]) -> Iterator[str | dict[str, str]]:
    """Yield a prefix for the names of each verb of creation, every other name as it is."""
    for verb in CREATE_VERBS:
        yield from _prefixes(verb, [name for name in names if name.startswith(verb)])
    yield from (name for name in names if not name.startswith(CREATE_VERBS))


def _prefixes(prefix: str, names: list[str]) -> Iterator[str | dict[str, str]]:
    """Yield the shortest prefixes that all the names have and no unwanted name has."""
    if not names:
        return
    if not any(unwanted.startswith(prefix) for unwanted in _UNWANTED):
        yield {"prefix": prefix}
        return
    if prefix in names:
        yield prefix
    longer = {name[: len(prefix) + 1] for name in names if name != prefix}
    for one in sorted(longer):
        yield from _prefixes(one, [name for name in names if name.startswith(one)])


def _chunks(matchers: Iterable[Any], room: int) -> Iterator[list[Any]]:
    chunk: list[Any] = []
    for matcher in matchers:
        if chunk and len(_compact([*chunk, matcher])) > room:
            yield chunk
            chunk = []
        chunk.append(matcher)
    yield chunk


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))
