"""EventBridge rules of the spokes, generated from what the detections want to see."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from contract.cloudtrail import API_CALL, DETAIL_TYPES, SERVICE_EVENT
from generator.matcher import matches
from hub.detections.detection import Detection

# Quota "Event pattern size": 2,048 characters; the rest is room.
LIMIT = 2_000
ENABLED = "ENABLED"
WITH_READS = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
ANY = "*"
SIGN_IN_SOURCE = "signin.amazonaws.com"
# The two calls of that form that CloudTrail counts as changes (EventBridge guide, "AWS service events via CloudTrail").
_CHANGES_BY_NAME = frozenset({"GetFederationToken", "GetSessionToken"})
_READS = ("Describe", "Get", "List")
_UNSEEN_CATEGORIES = frozenset({"NetworkActivity", "Insight"})
_ABSENT = {"exists": False}
_ACCOUNT_CALLS = (
    "AcceptHandshake",
    "CloseAccountResult",
    "CreateAccountResult",
    "CreateOrganizationalUnit",
    "DeleteOrganizationalUnit",
    "LeaveOrganization",
    "MoveAccount",
    "RemoveAccountFromOrganization",
    "TagResource",
    "UntagResource",
    "UpdateOrganizationalUnit",
)

Pattern = dict[str, Any]
Call = tuple[str, str]


class Rule(msgspec.Struct, frozen=True):
    """A rule of a spoke's default bus; the name is its last part (`sign-in`), `state` is EventBridge's."""

    name: str
    pattern: Pattern
    state: str = ENABLED


def alert_rules(detections: Iterable[Detection]) -> list[Rule]:
    """Return as few rules as deliver every event that a detection may judge.

    The rule of read-only calls is there once a detection names one; today's catalogue does not. `ValueError` names a
    detection whose `only` could not be pushed down.
    """
    wanted = list(detections)
    _check_filters(wanted)
    whole = _whole_services(wanted)
    refused_too = _calls(wanted, attempts=True) - whole
    return [
        *_sign_in(wanted),
        *_narrowed(wanted),
        *([Rule("services", _pattern({"eventSource": sorted({source for source, _ in whole})}))] if whole else []),
        *_packed("read-only", _reads(wanted), {}, WITH_READS),
        *_packed("attempts", refused_too, {}),
        *_packed("calls", _calls(wanted, attempts=False) - whole - refused_too, {"errorCode": [_ABSENT]}),
        Rule("accounts", ACCOUNT_CHANGES),
    ]


def size(pattern: Mapping[str, Any]) -> int:
    """Return the characters of a pattern, written as compactly as EventBridge counts them."""
    return len(json.dumps(pattern, separators=(",", ":")))


def is_read_only(call: Call) -> bool:
    """Whether only a rule that asks for all management events sees an API call."""
    source, name = call
    return source != SIGN_IN_SOURCE and name.startswith(_READS) and name not in _CHANGES_BY_NAME


def is_delivered(rule: Rule, record: Mapping[str, Any]) -> bool:
    """Whether a rule in its state is given a CloudTrail record at all (EventBridge guide, as above).

    A data event is, in either state: that there is a record says that a trail logs it.
    """
    if record.get("eventCategory") in _UNSEEN_CATEGORIES:
        return False
    if record.get("managementEvent") is False or record.get("eventCategory") == "Data":
        return True
    call = (str(record.get("eventSource", "")), str(record.get("eventName", "")))
    return rule.state == WITH_READS or not is_read_only(call)


def forwarded(rules: Iterable[Rule], event: Mapping[str, Any]) -> str | None:
    """Return the name of the first rule that forwards an EventBridge event to the hub, or None."""
    detail = event.get("detail")
    record = detail if isinstance(detail, dict) else {}
    return next((one.name for one in rules if is_delivered(one, record) and matches(one.pattern, event)), None)


def _pattern(detail: Mapping[str, Any], detail_types: Sequence[str] = (API_CALL, SERVICE_EVENT)) -> Pattern:
    # Only AWS's services may send as aws.*: nobody can forge a CloudTrail event on the way to the hub.
    return {"source": [{"prefix": "aws."}], "detail-type": list(detail_types), "detail": dict(detail)}


# What changes the accounts that there are; only the management account has such events. The hub's inventory follows.
ACCOUNT_CHANGES = _pattern({"eventSource": ["organizations.amazonaws.com"], "eventName": [*_ACCOUNT_CALLS]})


def _split(one: Detection) -> list[Call]:
    return [(source, name) for source, _, name in (call.partition(":") for call in one.api_calls)]


def _check_filters(detections: Iterable[Detection]) -> None:
    """The sign-in's rule is shared: a filter of one detection would take events from the others."""
    for one in detections:
        if one.only and any(source == SIGN_IN_SOURCE for source, _ in _split(one)):
            raise ValueError(f"{one.id}: only does not narrow sign-ins; leave it to the predicate")


def _named(detections: Iterable[Detection]) -> Iterator[tuple[Detection, Call]]:
    """Yield the calls that are named in full; the sign-in's, and those with a filter, have rules of their own."""
    for one in (one for one in detections if not one.only):
        yield from ((one, call) for call in _split(one) if ANY not in call and call[0] != SIGN_IN_SOURCE)


def _reads(detections: Iterable[Detection]) -> set[Call]:
    return {call for _, call in _named(detections) if is_read_only(call)}


def _calls(detections: Iterable[Detection], *, attempts: bool) -> set[Call]:
    """Return the calls of the detections that (do not) look at refused ones too."""
    named = [(one.attempts or one.failures, call) for one, call in _named(detections)]
    return {call for refused, call in named if refused == attempts and not is_read_only(call)}


def _whole_services(detections: Sequence[Detection]) -> set[Call]:
    """Return the known calls of the services of which a detection wants every call, and so no further rule."""
    every = [call for one in detections for call in _split(one) if not one.only]
    sources = {source for source, name in every if name == ANY} - {ANY, SIGN_IN_SOURCE}
    named = {call for _, call in _named(detections) if call[0] in sources and not is_read_only(call)}
    return named | {(source, ANY) for source in sources}


def _sign_in(detections: Iterable[Detection]) -> Iterator[Rule]:
    names = {name for one in detections for source, name in _split(one) if source == SIGN_IN_SOURCE}
    if names:
        chosen = {} if ANY in names else {"eventName": sorted(names)}
        yield Rule("sign-in", _pattern({"eventSource": [SIGN_IN_SOURCE], **chosen}, DETAIL_TYPES))


def _narrowed(detections: Iterable[Detection]) -> Iterator[Rule]:
    """Yield a rule for each filter that detections push down; it is named after the first of them."""
    filters: dict[str, Rule] = {}
    for one in (one for one in detections if one.only):
        pattern = _pattern({**_chosen(_split(one)), **one.only}, DETAIL_TYPES)
        state = WITH_READS if any(is_read_only(call) for call in _split(one)) else ENABLED
        filters.setdefault(json.dumps(pattern), Rule(re.sub(r"[._]", "-", one.id), pattern, state))
    yield from filters.values()


def _chosen(calls: Iterable[Call]) -> dict[str, list[str]]:
    parts = {"eventSource": {source for source, _ in calls}, "eventName": {name for _, name in calls}}
    return {part: sorted(values) for part, values in parts.items() if ANY not in values}


def _packed(name: str, calls: set[Call], more: Mapping[str, Any], state: str = ENABLED) -> Iterator[Rule]:
    """Yield rules that fill the limit one after the other, service by service."""
    held: dict[str, set[str]] = defaultdict(set)
    packs = [held]
    for source, event in sorted(calls):
        if size(_crossed({**held, source: held[source] | {event}}, more)) > LIMIT:
            held = defaultdict(set)
            packs.append(held)
        held[source].add(event)
    for number, pack in enumerate((pack for pack in packs if pack), 1):
        yield Rule(f"{name}-{number}" if len(packs) > 1 else name, _crossed(pack, more), state)


def _crossed(pack: Mapping[str, set[str]], more: Mapping[str, Any]) -> Pattern:
    """Return sources by names: the product admits a few calls more, which the hub leaves aside."""
    sources = sorted(source for source, names in pack.items() if names)
    names = sorted({name for names in pack.values() for name in names})
    return _pattern({"eventSource": sources, "eventName": names, **more})
