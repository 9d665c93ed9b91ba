"""Brings the spokes where they should be, wave by wave; run again after a kill, it does what is left."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from generator.rollout.goal import Goal
from generator.rollout.instance import Place, StackInstance
from generator.rollout.stack_set import StackSet
from generator.rollout.step import Event, Step
from generator.rollout.wave import Wave, only, units_of, waves
from generator.rollout.withdrawal import withdrawals

# Of more accounts than these, an update that was left is done for all: the current ones do not change.
_NAMED_ACCOUNTS = 100
_MOST_REASONS = 50


def roll_out(spokes: StackSet, template: str, url: str, goal: Goal) -> Iterator[Event]:
    """Create or update the StackSet, then have spokes where the goal wants them and nowhere else.

    `url` is the template's address. A failed operation or spoke is a step. A wave of canaries that fails is the last.
    """
    if spokes.describe() is None:
        spokes.create(url)
        yield Step(f"StackSet {spokes.name}", "created")
    yield from spokes.settled()
    yield from _withdrawn(spokes, goal, whole_units=False)
    for wave in waves(goal):
        yield from _brought(spokes, wave, template, url, goal)
        outcome = list(coverage(spokes.instances(), wave, goal))
        if wave.is_canary and any(one.is_failure for one in outcome):
            mend = "the canaries failed; mend what their reasons say, then deploy again"
            note = "accounts that join meanwhile get what the canaries got"
            yield from [*outcome, Step("other spokes", "failed", f"left as they were: {mend}; {note}")]
            return
        if not wave.is_canary and (withdrawn := list(_withdrawn(spokes, goal, whole_units=True))):
            yield from [*withdrawn, *_covered(spokes, wave, goal)]
            outcome = list(coverage(spokes.instances(), wave, goal))
        yield from outcome
    if not is_automatic(spokes.describe() or {}):
        yield from _ended(spokes.deploy_by_itself(), Step("automatic deployment", "switched on"))


def _withdrawn(spokes: StackSet, goal: Goal, *, whole_units: bool) -> Iterator[Event]:
    """Take away what is asked for no more.

    Whole units go last, when all went well: they take along the spokes of wanted units that lie in them or around them,
    which are then made again.
    """
    for one in withdrawals(spokes.describe() or {}, spokes.instances(), goal):
        if one.is_unit is whole_units:
            yield from _ended(spokes.withdraw(one.what, one.targets, one.regions), Step(one.what, "removed"))


def is_automatic(present: Mapping[str, Any]) -> bool:
    """Whether accounts that join the StackSet's units get their spokes by themselves, and lose them with the unit."""
    automatic, managed = present.get("AutoDeployment", {}), present.get("ManagedExecution", {})
    return bool(
        automatic.get("Enabled") and not automatic.get("RetainStacksOnAccountRemoval") and managed.get("Active")
    )


def _brought(spokes: StackSet, wave: Wave, template: str, url: str, goal: Goal) -> Iterator[Event]:
    """Update what the wave has and make what it lacks; canaries are made first, so that each sees an update."""
    parts = (_updated(spokes, wave, template, url, goal), _covered(spokes, wave, goal))
    for part in reversed(parts) if wave.is_canary else parts:
        yield from part


def _updated(spokes: StackSet, wave: Wave, template: str, url: str, goal: Goal) -> Iterator[Event]:
    present, places = spokes.describe() or {}, goal.places
    of_wave = [one for one in spokes.instances() if one.account in wave.accounts and one.place in places]
    if wave.is_canary and not of_wave:
        # None could be made; the coverage says so.
        return
    stale = [one for one in of_wave if not (one.is_current or one.is_inoperable)]
    what = f"update of {wave.name}"
    if not is_same(str(present["TemplateBody"]), template):
        targets = only(units_of(of_wave), _accounts(of_wave)) if wave.is_canary else None
        steps = spokes.update(what, url, wave.updating, targets, goal.scope.regions)
        yield from _ended(steps, Step(wave.name, "updated"))
    elif stale:
        left = _accounts(stale)
        targets = only(units_of(stale), left) if len(left) <= _NAMED_ACCOUNTS else None
        steps = spokes.update(what, "", wave.updating, targets, sorted({one.region for one in stale}))
        yield from _ended(steps, Step(wave.name, "updated", f"{len(stale)} that were left"))


def _accounts(instances: Iterable[StackInstance]) -> frozenset[str]:
    return frozenset(one.account for one in instances)


def _covered(spokes: StackSet, wave: Wave, goal: Goal) -> Iterator[Event]:
    present, found = spokes.describe() or {}, {one.place for one in spokes.instances()}
    missing = {place for place in goal.places if place[0] in wave.accounts} - found
    # Units without an account are covered too: whoever joins them gets a spoke.
    is_followed = wave.is_canary or {*goal.scope.targets} <= {*present.get("OrganizationalUnitIds", ())}
    if missing or not is_followed:
        steps = spokes.cover(f"new {wave.name}", wave.targets, goal.scope.regions, wave.creating)
        yield from _ended(steps, Step(f"new {wave.name}", "created", str(len(missing))))


def is_same(deployed: str, generated: str) -> bool:
    """Whether two templates say the same, however they are written."""
    return deployed == generated or json.loads(deployed) == json.loads(generated)


def _ended(events: Iterator[Event], success: Step) -> Iterator[Event]:
    """Pass events on, then say that it succeeded unless one of them failed."""
    failed = False
    for one in events:
        failed = failed or (isinstance(one, Step) and one.is_failure)
        yield one
    if not failed:
        yield success


def coverage(instances: Sequence[StackInstance], wave: Wave, goal: Goal) -> Iterator[Step]:
    """Yield a failed step for each spoke of a wave that is not current or not there, then how many are current."""
    if not wave.accounts:
        mend = "move accounts there, or mend organization.ous in muster.toml"
        yield Step(wave.name, "failed", f"no account in the OUs {', '.join(goal.scope.targets)} gets one: {mend}")
        return
    found = {one.place: one for one in instances}
    places = sorted((account, region) for account in wave.accounts for region in goal.scope.regions)
    reasons = {place: reason for place in places if (reason := _trouble(found.get(place)))}
    for place, reason in islice(reasons.items(), _MOST_REASONS):
        yield Step(f"spoke {_named(place)}", "failed", reason)
    if len(reasons) > _MOST_REASONS:
        yield Step("more spokes", "failed", f"{len(reasons) - _MOST_REASONS}; `muster status` lists them")
    yield Step(wave.name, "current", f"{len(places) - len(reasons)} of {len(places)}")


def _trouble(instance: StackInstance | None) -> str:
    if instance is None:
        return "there is none"
    if instance.is_inoperable:
        return f"{instance.reason or instance.status}; delete its stack there by hand, then deploy again"
    return "" if instance.is_current else instance.reason or instance.status


def _named(place: Place) -> str:
    return " ".join(place)
