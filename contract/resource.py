"""The ARN of what a call was about, from a template and the record's own fields."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec

from contract.cloudtrail import CloudTrailEvent
from contract.fields import as_text

# What is followed by ids: load balancers and their listeners, target groups, stacks, what WAF has.
_NAMED = re.compile(
    r":(?:(?:loadbalancer|listener)/(?:app|net|gwy)|targetgroup|stack|changeSet|(?:regional|global)/\w+)/([^/]+)/"
)
_ACCOUNT = re.compile(r"arn:[^:]*:iam::\d*:root")
_PLACE = re.compile(r"\{([\w.\-\[\]]+)\}")

_OWN_PLACES: Mapping[str, Callable[[CloudTrailEvent], str]] = {
    "partition": lambda event: event.partition,
    "region": lambda event: event.region,
    "account": lambda event: event.account_id,
}


class ResourceArn(msgspec.Struct, frozen=True):
    """How to name a resource: a template and the paths of its identifier; the first path that resolves wins.

    The template knows `{partition}`, `{region}`, `{account}`, `{id}` and any path of the record
    (`{requestParameters.clusterName}`). A value that is an ARN already is used as it is; a value's leading `/` gives
    way to the template's. `fallback` names the resource when no path resolves: one detection may watch calls about
    users, roles and policies.
    """

    template: str
    paths: tuple[str, ...] = ()
    fallback: "ResourceArn | None" = None

    def of(self, event: CloudTrailEvent) -> tuple[str, ...]:
        """Return the ARNs that the event names, without repetition; nothing when no path resolves."""
        for path in self.paths:
            values = [as_text(one) for one in values_at(event, path) if _is_identifier(one)]
            arns = [self._rendered(event, value) for value in values if value]
            if arns:
                return tuple(dict.fromkeys(arn for arn in arns if arn))
        return self.fallback.of(event) if self.fallback else ()

    def _rendered(self, event: CloudTrailEvent, value: str) -> str:
        if value.startswith("arn:"):
            return value
        arn = rendered(self.template, event, {"id": _fitted(self.template, value)}, absent="\0")
        return "" if "\0" in arn else arn


def first_named(*tried: tuple[str, Sequence[str]]) -> ResourceArn:
    """Return what names the first resource that an event names, of several kinds: each a template and its paths."""
    (template, paths), *rest = tried
    return ResourceArn(template, tuple(paths), first_named(*rest) if rest else None)


def _fitted(template: str, value: str) -> str:
    """Return the identifier without what the template writes itself: `/hostedzone/Z1` is `Z1` in `hostedzone/{id}`."""
    before = template.partition("{id}")[0].rpartition(":")[2]
    return value.removeprefix(f"/{before}").lstrip("/") if before.endswith("/") else value


def _is_identifier(value: Any) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool)


def rendered(template: str, event: CloudTrailEvent, known: Mapping[str, str], absent: str) -> str:
    """Return the template with its places filled: from `known`, the event's own place, or a path of the record."""
    pieces = list(_pieces(template))
    pieces[1::2] = [known[name] if name in known else _filled(name, event, absent) for name in pieces[1::2]]
    return "".join(pieces)


@lru_cache(maxsize=1024)
def _pieces(template: str) -> tuple[str, ...]:
    """A template's texts and, between them, the names of its places."""
    return tuple(_PLACE.split(template))


def _filled(name: str, event: CloudTrailEvent, absent: str) -> str:
    if name in _OWN_PLACES:
        return _OWN_PLACES[name](event)
    values = [value for value in values_at(event, name) if isinstance(value, str | int | float)]
    return as_text(values[0]) if values else absent


def values_at(event: CloudTrailEvent, path: str) -> list[Any]:
    """Return the values at a path of the record; the wrappers of newer EC2 calls are looked through."""
    part, _, rest = path.partition(".")
    if part == "requestParameters":
        return event.request.all(rest)
    if part == "responseElements":
        return event.response.all(rest)
    return event.record.all(path)


def short_name(arn: str) -> str:
    """Return what people call a resource: the last part of its ARN, or the one before where that is an id."""
    if _ACCOUNT.fullmatch(arn):
        return "the whole account"
    found = _NAMED.search(arn)
    if found:
        return found.group(1)
    named = arn.rstrip("*/:")
    return named[max(named.rfind(":"), named.rfind("/")) + 1 :] or arn


def account_arn(event: CloudTrailEvent) -> str:
    """Return the ARN that stands for the whole account."""
    return f"arn:{event.partition}:iam::{event.account_id}:root"
