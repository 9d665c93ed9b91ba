"""EventBridge rules of the spokes, generated from what the detections want to see."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from contract.cloudtrail import API_CALL, DETAIL_TYPES, SERVICE_EVENT
from generator.matcher import matches
from generator.problems import ProblemError
from hub.detections.detection import Detection

# Quota "Event pattern size"; packs leave some room.
QUOTA = 2_048
LIMIT = 2_000
# "Rule is too complex": EventBridge says no number. Seen of patterns such as "*word*": three accepted, four refused.
WILDCARDS = 3
ENABLED = "ENABLED"
WITH_READS = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
ANY = "*"
SIGN_IN_SOURCE = "signin.amazonaws.com"
# The two calls of that form that CloudTrail counts as changes (EventBridge guide, "AWS service events via CloudTrail").
_CHANGES_BY_NAME = frozenset({"GetFederationToken", "GetSessionToken"})
_READS = ("Describe", "Get", "List")
_UNSEEN_CATEGORIES = frozenset({"NetworkActivity", "Insight"})
_DONE = {"errorCode": [{"exists": False}]}
_REFUSED = {"errorCode": [{"exists": True}]}
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


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Which of the rules that see much an organization wants: of read-only calls, and of refused calls of any kind."""

    reads: bool = True
    refusals: bool = True


EVERYTHING = Asked()


def alert_rules(
    detections: Iterable[Detection], asked: Asked = EVERYTHING, among: Iterable[Detection] = ()
) -> list[Rule]:
    """Return as few rules as deliver every event that a detection may judge.

    `among`: the detections with which the calls were packed. Whichever of them are off, each other call keeps its
    rule, so that a changed setting changes few rules. `ValueError` names a detection of any call that nothing narrows.
    """
    wanted = list(detections)
    wishes, packed = _wishes(wanted), _wishes(among)
    reads = {call: want for call, want in wishes.items() if is_read_only(call)}
    filtered = {call: want for call, want in wishes.items() if want.filters and not is_read_only(call)}
    return [
        *_sign_in(wanted),
        _any_call(wanted, asked),
        *(_split_up("read-only", reads, WITH_READS) if asked.reads else []),
        *_split_up("filtered", filtered, ENABLED),
        *_packed("attempts", _plain(wishes, refused=True), _plain(packed, refused=True), {}),
        *_packed("calls", _plain(wishes, refused=False), _plain(packed, refused=False), _DONE),
    ]


class RuleError(ProblemError):
    """A rule that EventBridge would refuse."""


def accepted(rules: Iterable[Rule]) -> list[Rule]:
    """Return the rules; `RuleError` names the first that EventBridge would refuse, in every account at once."""
    checked = list(rules)
    for one in checked:
        if size(one.pattern) > QUOTA:
            raise RuleError(f"alert rule {one.name}: its pattern has {size(one.pattern)} characters of {QUOTA}")
        if (most := max(_wildcards(one.pattern), default=0)) > WILDCARDS:
            raise RuleError(f"alert rule {one.name}: a field has {most} wildcards, of which {WILDCARDS} are accepted")
    return checked


def _wildcards(pattern: Any) -> Iterator[int]:
    """Yield how many wildcards each field has."""
    for value in pattern.values() if isinstance(pattern, Mapping) else ():
        if isinstance(value, list):
            yield sum(isinstance(one, Mapping) and "wildcard" in one for one in value)
        for inner in value if isinstance(value, list) else [value]:
            yield from _wildcards(inner)


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
    record = detail if isinstance(detail, dict) and event.get("detail-type") in DETAIL_TYPES else {}
    return next((one.name for one in rules if is_delivered(one, record) and matches(one.pattern, event)), None)


def _pattern(detail: Mapping[str, Any], detail_types: Sequence[str] = (API_CALL, SERVICE_EVENT)) -> Pattern:
    # Only AWS's services may send as aws.*: nobody can forge a CloudTrail event on the way to the hub.
    return {"source": [{"prefix": "aws."}], "detail-type": list(detail_types), "detail": dict(detail)}


# What changes the accounts that there are; only the management account has such events. The hub's inventory follows.
_ACCOUNT_DETAIL: Pattern = {"eventSource": ["organizations.amazonaws.com"], "eventName": [*_ACCOUNT_CALLS]}
ACCOUNT_CHANGES = _pattern(_ACCOUNT_DETAIL)


class _Want(msgspec.Struct):
    """What the detections want of one call: refused ones too, and only those that fit a filter (none: all)."""

    refused: bool = False
    filters: list[Pattern] = []


def _split(one: Detection) -> list[Call]:
    return [(source, name) for source, _, name in (call.partition(":") for call in one.api_calls)]


def _wishes(detections: Iterable[Detection]) -> dict[Call, _Want]:
    """Return what is wanted of the calls that are named in full, but for sign-ins: they have a rule of their own."""
    wishes: dict[Call, list[Detection]] = defaultdict(list)
    for one in detections:
        for source, name in _split(one):
            if ANY not in (source, name) and source != SIGN_IN_SOURCE:
                wishes[source, name].append(one)
    return {call: _want(wanting) for call, wanting in wishes.items()}


def _want(wanting: Sequence[Detection]) -> _Want:
    """Return what several detections want together: one that wants everything of a call leaves nothing to filter."""
    filters = [_filter(one) for one in wanting]
    return _Want(
        refused=any(one.attempts or one.failures for one in wanting),
        filters=[] if {} in filters else filters,
    )


def _filter(one: Detection) -> Pattern:
    """Return the fields by which a detection's events may be told from the rest."""
    refused: Pattern = _REFUSED if one.failures else {}
    return {**one.only, **refused}


def _sign_in(detections: Iterable[Detection]) -> Iterator[Rule]:
    names = {name for one in detections for source, name in _split(one) if source == SIGN_IN_SOURCE}
    if names:
        chosen = {} if ANY in names else {"eventName": sorted(names)}
        yield Rule("sign-in", _pattern({"eventSource": [SIGN_IN_SOURCE], **chosen}, DETAIL_TYPES))


def _any_call(detections: Iterable[Detection], asked: Asked) -> Rule:
    """Return the rule of what is told by other fields than the call's name, and of the organization's accounts."""
    branches = [_ACCOUNT_DETAIL]
    for one in detections:
        sources = {source for source, name in _split(one) if name == ANY}
        if ANY in sources and not one.only:
            raise ValueError(f"{one.id}: a detection of any call needs a field in `only`, or every event is forwarded")
        if sources and (asked.refusals or "errorCode" not in one.only):
            chosen = {} if ANY in sources else {"eventSource": sorted(sources)}
            branches.append({**chosen, **one.only})
    return Rule("any-call", _pattern(_either(branches), DETAIL_TYPES))


def _split_up(name: str, wishes: Mapping[Call, _Want], state: str) -> Iterator[Rule]:
    """Yield a rule whose branches are the filters, each with the calls that it holds for."""
    by_filter: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for (source, event), want in sorted(wishes.items()):
        for fields in want.filters or [{}]:
            by_filter[json.dumps(fields)][source].add(event)
    branches = [{**_crossed(calls), **json.loads(fields)} for fields, calls in sorted(by_filter.items())]
    if branches:
        yield Rule(name, _pattern(_either(branches)), state)


def _either(branches: Sequence[Pattern]) -> Pattern:
    """Return a pattern of which one branch must match; EventBridge refuses an `$or` of one."""
    return branches[0] if len(branches) == 1 else {"$or": list(branches)}


def _plain(wishes: Mapping[Call, _Want], *, refused: bool) -> set[Call]:
    """Return the changes of which every one is wanted: refused ones too, or only those that were done."""
    whole = {call for call, want in wishes.items() if want.refused is refused and not want.filters}
    return {call for call in whole if not is_read_only(call)}


def _packed(name: str, calls: set[Call], among: set[Call], more: Mapping[str, Any]) -> Iterator[Rule]:
    """Yield rules that fill the limit one after the other, service by service; each with those of its calls we want."""
    held: dict[str, set[str]] = defaultdict(set)
    packs = [held]
    for source, event in sorted(calls | among):
        if size(_pattern({**_crossed({**held, source: held[source] | {event}}), **more})) > LIMIT:
            held = defaultdict(set)
            packs.append(held)
        held[source].add(event)
    for number, pack in enumerate(packs, 1):
        wanted = {source: {event for event in events if (source, event) in calls} for source, events in pack.items()}
        if any(wanted.values()):
            yield Rule(f"{name}-{number}" if len(packs) > 1 else name, _pattern({**_crossed(wanted), **more}))


def _crossed(pack: Mapping[str, set[str]]) -> Pattern:
    """Return sources by names: the product admits a few calls more, which the hub leaves aside."""
    sources = sorted(source for source, names in pack.items() if names)
    return {"eventSource": sources, "eventName": sorted({name for names in pack.values() for name in names})}
