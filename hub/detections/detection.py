"""What a detection is: a predicate over one event, and what is said about it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Severity
from contract.resource import ResourceArn


class Match(msgspec.Struct, frozen=True):
    """One resource that a detection judged; severity and details stand in for the detection's own."""

    resource: str = ""
    severity: Severity | None = None
    details: dict[str, Any] = {}


Predicate = Callable[[CloudTrailEvent], bool | Match | Sequence[Match]]


class Detection(msgspec.Struct, frozen=True, kw_only=True):
    """A detection: `api_calls` say which events it may see (`*` stands for any source or name), `predicate` decides.

    `only` narrows the forwarding pattern by fields of the record. `attempts`: refused calls are judged too and give
    `<id>.attempted`. `failures`: the refusal itself is the subject; only refused calls are judged, under the own id.
    Findings of one `family` about the same event and resource become one.
    """

    id: str
    title: str
    severity: Severity
    api_calls: tuple[str, ...]
    predicate: Predicate
    family: str
    resource: ResourceArn | None = None
    only: Mapping[str, Any] = {}
    attempts: bool = False
    failures: bool = False
    attack: str = ""
    cis: str = ""

    @property
    def doc(self) -> str:
        """What it means, its false positives and the response to it."""
        return self.predicate.__doc__ or ""

    def matches(self, event: CloudTrailEvent) -> list[Match]:
        """Return what the predicate says about the event, as matches whose resources are ARNs where they can be."""
        verdict = self.predicate(event)
        if isinstance(verdict, Match):
            return [verdict]
        if not isinstance(verdict, bool):
            return list(verdict)
        if not verdict:
            return []
        arns = self.resource.of(event) if self.resource else ()
        return [Match(arn) for arn in arns] or [Match()]


def detection(  # noqa: PLR0913 - the shape of a detection is this list
    *,
    title: str,
    severity: Severity,
    api_calls: tuple[str, ...],
    resource: ResourceArn | None = None,
    only: Mapping[str, Any] | None = None,
    family: str = "",
    attempts: bool = False,
    failures: bool = False,
    attack: str = "",
    cis: str = "",
) -> Callable[[Predicate], Detection]:
    """Make a predicate a detection; its id is the module's and the function's name."""

    def made(predicate: Predicate) -> Detection:
        service = predicate.__module__.rpartition(".")[2].removesuffix("_")
        identifier = f"{service}.{predicate.__name__}"
        return Detection(
            id=identifier,
            title=title,
            severity=severity,
            api_calls=api_calls,
            predicate=predicate,
            family=family or identifier,
            resource=resource,
            only=only or {},
            attempts=attempts,
            failures=failures,
            attack=attack,
            cis=cis,
        )

    return made
