"""What a detection is: a predicate over one event, and what is said about it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Mode, Severity
from contract.resource import ResourceArn
from hub.detections.settings import DEFAULTS, DetectionSettings
from hub.detections.window import Window


class Match(msgspec.Struct, frozen=True):
    """One resource that a detection judged (none: the detection's own); severity stands in for the detection's.

    `details` are stored with the finding, and its title may show them.
    """

    resource: str = ""
    severity: Severity | None = None
    details: dict[str, Any] = {}


# What a predicate says.
Judgement = bool | Match | Sequence[Match]
# Of the event alone, or of the event and the settings.
Predicate = Callable[[CloudTrailEvent], Judgement] | Callable[[CloudTrailEvent, DetectionSettings], Judgement]


class Detection(msgspec.Struct, frozen=True, kw_only=True):
    """A detection: `api_calls` say which events it may see (`*` stands for any source or name), `predicate` decides.

    `only` narrows what is forwarded by fields of the record, in the words of an EventBridge pattern. `attempts`:
    refused calls are judged too and give `<id>.attempted`. `failures`: the refusal itself is the subject; only refused
    calls are judged, under the own id. Findings of one `family` about the same event and resource become one. `mode`
    says whether people are told. What `window` counts is a finding once the count is reached. `lookup` names the
    look-up (`hub/lookups/catalogue.py`) that says what the event alone cannot; with `is_told_after_lookup` people hear
    of the finding only then.
    """

    id: str
    title: str
    severity: Severity
    api_calls: tuple[str, ...]
    predicate: Callable[..., Judgement]
    family: str
    resource: ResourceArn | None = None
    only: Mapping[str, Any] = {}
    attempts: bool = False
    failures: bool = False
    window: Window | None = None
    mode: Mode = Mode.LIVE
    attack: str = ""
    cis: str = ""
    lookup: str = ""
    is_told_after_lookup: bool = False
    takes_settings: bool = False

    @property
    def doc(self) -> str:
        """What it means, its false positives and the response to it."""
        return self.predicate.__doc__ or ""

    def matches(self, event: CloudTrailEvent, settings: DetectionSettings = DEFAULTS) -> list[Match]:
        """Return what the predicate says about the event, as matches whose resources are ARNs where they can be."""
        said = self.predicate(event, settings) if self.takes_settings else self.predicate(event)
        if isinstance(said, bool):
            return self._located(Match(), event) if said else []
        found = [said] if isinstance(said, Match) else said
        return [located for one in found for located in ([one] if one.resource else self._located(one, event))]

    def _located(self, match: Match, event: CloudTrailEvent) -> list[Match]:
        arns = self.resource.of(event) if self.resource else ()
        return [msgspec.structs.replace(match, resource=arn) for arn in arns] or [match]


def calls(service: str, *names: str) -> tuple[str, ...]:
    """Return API calls of one service: `calls("iam", "CreateUser")` is `("iam.amazonaws.com:CreateUser",)`."""
    return tuple(f"{service}.amazonaws.com:{name}" for name in names)


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
    window: Window | None = None,
    mode: Mode | None = None,
    attack: str = "",
    cis: str = "",
    lookup: str = "",
    is_told_after_lookup: bool = False,
) -> Callable[[Predicate], Detection]:
    """Make a predicate a detection; its id is the module's (a split service's: the folder's) and the function's name.

    Informational detections are only stored unless `mode` says otherwise. Those of LOW are told when each asks for a
    deed; where the Response is "only in an investigation", their `mode` is MONITOR.
    """

    def made(predicate: Predicate) -> Detection:
        identifier = f"{predicate.__module__.split('.')[2].removesuffix('_')}.{predicate.__name__}"
        quiet = Mode.MONITOR if severity is Severity.INFORMATIONAL else Mode.LIVE
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
            window=window,
            mode=mode or quiet,
            attack=attack,
            cis=cis,
            lookup=lookup,
            is_told_after_lookup=is_told_after_lookup,
            takes_settings=predicate.__code__.co_argcount > 1,
        )

    return made
