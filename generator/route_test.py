"""Who would hear of a finding, and why: for `muster route test`."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from contract.clock import iso, now
from contract.finding import Finding, Mode
from generator.deployment import Deployment
from generator.explain import findings_of
from generator.reading import Item
from generator.remembered import RememberedWindows
from hub.notifier.routing import targets_of
from hub.store.accounts import Account


class Answer(BaseModel):
    """What a route makes of a finding: the target that hears of it (none: it does not), and why."""

    route: str
    target: str | None
    why: str


class Routed(BaseModel):
    """A finding, what each route makes of it, and who hears of it in the end, each once."""

    finding: str
    detection: str
    severity: str
    title: str
    account: str
    hears: list[str]
    escalates_after_minutes: int | None
    answers: list[Answer]
    untold_because: str = ""


class Unroutable(BaseModel):
    """An item of which nothing can be said."""

    place: str
    error: str


def routed(finding: Finding, deployment: Deployment, moment: datetime) -> Routed:
    """Return what the routes make of a finding at a moment."""
    account = deployment.accounts.get(finding.account) or Account(id=finding.account, name="")
    answers = deployment.routing.answers(finding, account, deployment.channels, moment)
    escalation = deployment.routing.escalation
    is_escalating = bool(escalation.after_minutes) and escalation.concerns(finding)
    return Routed(
        finding=finding.id,
        detection=finding.control or finding.detection,
        severity=finding.severity,
        title=finding.title,
        account=finding.account,
        hears=[str(one) for one in targets_of(answers)],
        escalates_after_minutes=escalation.after_minutes if is_escalating else None,
        answers=[
            Answer(route=one.route, target=str(one.target) if one.target else None, why=one.why) for one in answers
        ],
        untold_because=_untold(finding),
    )


def routed_events(items: Iterator[Item], deployment: Deployment, at: datetime | None) -> Iterator[Routed | Unroutable]:
    """Yield what the routes make of each finding of some events; `at`: as if it were then, not when they happened."""
    windows = RememberedWindows()
    for item in items:
        place = f"{item.file}{item.place}"
        try:
            found = findings_of(_value(item), deployment, windows)
        except ValueError as error:
            yield Unroutable(place=place, error=str(error))
            continue
        for one in found:
            yield routed(one, deployment, at or _moment(one))


def _value(item: Item) -> Mapping[str, Any]:
    if item.error:
        raise ValueError(item.error)
    return item.value  # type: ignore[no-any-return] # `findings_of` refuses what is no object


def _untold(finding: Finding) -> str:
    """Return why no route is asked."""
    if finding.mode is not Mode.LIVE:
        return f"its detection is in mode {finding.mode}: it is only stored"
    return "" if finding.is_open else f"it is {finding.status}: people hear of open ones"


def _moment(finding: Finding) -> datetime:
    moment = datetime.fromisoformat(finding.updated_at)
    return moment if iso(moment) > "1971" else now()
