"""`[[routes]]` and `[escalation]`."""

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints

from contract.catalogue import ATTEMPTED
from contract.finding import Severity
from generator.settings.ids import IDS, why_unknown
from generator.settings.kinds import AccountId, ChannelName, Form, Glob, RegionName, Switch, time_zone
from generator.settings.section import Broken, Section
from hub.notifier.routing import DAYS, OWNER

_SHORT = tuple(one[:3] for one in DAYS)
_HOURS = re.compile(
    r"(?P<not>not )?(?P<first>[a-z]{3})(-(?P<last>[a-z]{3}))? "
    r"(?P<begin>([01]\d|2[0-3]):[0-5]\d)-(?P<end>([01]\d|2[0-3]):[0-5]\d|24:00)( (?P<zone>\S+))?"
)
_OURS = re.compile(r"[a-z][a-z0-9_]*\.[a-z0-9_.*?]+")


def _hours(text: str) -> str:
    found = _HOURS.fullmatch(text)
    named = [found[name] for name in ("first", "last") if found[name]] if found else []
    if not found or any(one not in _SHORT for one in named):
        raise ValueError(f"{text} is no part of a week; write it as mon-fri 08:00-18:00 Europe/Berlin")
    time_zone(found["zone"] or "UTC")
    return text


Hours = Annotated[
    str,
    AfterValidator(_hours),
    Form("days, hours and a time zone, such as mon-fri 08:00-18:00 Europe/Berlin, with not before them for the rest"),
]
TagPattern = Annotated[
    str,
    StringConstraints(pattern=r"^[^=]{1,128}=.{1,256}$"),
    Form("a tag, such as Team=payments*", "tags, such as Team=payments*"),
]
Unit = Annotated[
    str,
    StringConstraints(min_length=1, max_length=512),
    Form("a unit's id or path", "ids of units, or paths such as Root/Workloads/*"),
]
RouteName = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{1,62}$"),
    Form("2 to 63 lower-case letters, digits and hyphens"),
]


class Route(Section):
    """What is told where; of each list of conditions one entry must fit, and one that is left out fits everything.

    Every route that fits is followed. Without any, everything goes to every channel, with a digest once a week.
    """

    name: RouteName = Field(description="its name, which `muster route test` shows", examples=["payments"])
    channels: tuple[ChannelName, ...] = Field(
        min_length=1,
        description="names of channels; owner is whoever the account's owner tag names: an address or a channel",
        examples=[["email", OWNER]],
    )
    otherwise: tuple[ChannelName, ...] = Field(
        default=(), description="channels that hear of it in place of an owner who is not known", examples=[["email"]]
    )
    minimum_severity: Severity = Field(
        default=Severity.INFORMATIONAL,
        description="the least severity; channels have one of their own",
        examples=["HIGH"],
    )
    accounts: tuple[AccountId, ...] = Field(default=(), description="ids of accounts", examples=[["444455556666"]])
    ous: tuple[Unit, ...] = Field(
        default=(),
        description="organizational units with all below them by id, or paths with * for any text",
        examples=[["ou-exam-12345678", "Root/Workloads/*"]],
    )
    tags: tuple[TagPattern, ...] = Field(
        default=(), description="tags of the account, all of which it must have", examples=[["Team=payments*"]]
    )
    detections: tuple[Glob, ...] = Field(
        default=(), description="detections, or controls of Security Hub", examples=[["iam.*", "S3.8"]]
    )
    products: tuple[Glob, ...] = Field(
        default=(), description="what found it: muster, or a product in Security Hub", examples=[["GuardDuty"]]
    )
    regions: tuple[RegionName, ...] = Field(default=(), description="where it was found", examples=[["eu-central-1"]])
    hours: Hours = Field(
        default="mon-sun 00:00-24:00", description="when it holds", examples=["mon-fri 08:00-18:00 Europe/Berlin"]
    )
    is_last: Switch = Field(default=False, description="whether later routes hear nothing of what this one took")
    digest: tuple[Literal["daily", "weekly"], ...] = Field(
        default=(), description="how often its channels get an account of it all", examples=[["weekly"]]
    )

    def broken_rules(self) -> Iterator[Broken]:
        """Yield ids that no detection has, and a way out that is never taken."""
        for place, wanted in enumerate(self.detections):
            is_ours = _OURS.fullmatch(wanted)
            if is_ours and not any(fnmatchcase(name, wanted) for one in IDS for name in (one, f"{one}{ATTEMPTED}")):
                yield ("detections", place), f"{wanted} {why_unknown(wanted)}"
        if self.otherwise and OWNER not in self.channels:
            yield ("otherwise",), f"it is for accounts without an owner; add {OWNER} to channels"
        if OWNER in self.otherwise:
            yield ("otherwise",), f"{OWNER} is who was not found; name channels"

    def written(self) -> dict[str, Any]:
        """Return it as the hub reads it (`hub.notifier.routing.Route`)."""
        pairs = (one.split("=", 1) for one in self.tags)
        return {
            **self.model_dump(mode="json", exclude={"tags", "hours"}),
            "tags": dict(pairs),
            **({"hours": _written_hours(self.hours)} if "hours" in self.model_fields_set else {}),
        }


class Escalation(Section):
    """What hears of the worst findings beside the routes: at once, and again when nobody acknowledged them."""

    minimum_severity: Severity = Field(default=Severity.CRITICAL, description="the least severity")
    channels: tuple[ChannelName, ...] = Field(
        default=("critical-alerts",), description="names of channels; none: nothing escalates"
    )
    at_once: Switch = Field(default=True, description="whether they hear of it at once")
    after_minutes: Annotated[int, Field(ge=0, le=1_440, strict=True), Form("0 to 1440")] = Field(
        default=30, description="minutes after which they hear again of what nobody acknowledged; 0: not again"
    )


def _written_hours(text: str) -> dict[str, Any]:
    found = _HOURS.fullmatch(text)
    assert found
    first = _SHORT.index(found["first"])
    last = _SHORT.index(found["last"]) if found["last"] else first
    days = [DAYS[(first + step) % 7] for step in range((last - first) % 7 + 1)]
    zone = found["zone"] or "UTC"
    return {
        "days": days,
        "begin": found["begin"],
        "end": found["end"],
        "time_zone": zone,
        "is_outside": bool(found["not"]),
    }
