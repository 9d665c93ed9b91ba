"""Brings the spokes where they should be, wave by wave; run again after a kill, it does what is left."""

import json
from collections.abc import Iterator, Sequence

from generator.rollout.goal import Goal
from generator.rollout.instance import Place, StackInstance
from generator.rollout.stack_set import StackSet
from generator.rollout.step import Event, Step
from generator.rollout.wave import Wave, only, waves
from generator.rollout.withdrawal import known_units, withdrawals

# Of more accounts than these, an update that was left is done for all: the current ones do not change.
_NAMED_ACCOUNTS = 100


def roll_out(spokes: StackSet, template: str, url: str, goal: Goal) -> Iterator[Event]:
    """Create or update the StackSet, then have spokes where the goal wants them and nowhere else.

    `url` is the template's address. A failed operation or spoke is a step. A wave of canaries that fails is the last.
    What is asked for no more goes first: units may lie in one another.
    """
    yield from _made(spokes, url)
    for one in withdrawals(spokes.describe() or {}, spokes.instances(), goal):
        yield from _ended(spokes.withdraw(one.what, one.targets, one.regions), Step(one.what, "removed"))
    for wave in waves(goal):
        yield from _brought(spokes, wave, template, url, goal)
        outcome = list(coverage(spokes.instances(), wave, goal))
        yield from outcome
        if wave.is_canary and any(one.is_failure for one in outcome):
            mend = "the canaries failed; mend what their reasons say, then deploy again"
            yield Step("other spokes", "failed", f"left as they were: {mend}")
            return


def _made(spokes: StackSet, url: str) -> Iterator[Event]:
    present = spokes.describe()
    if present is None:
        spokes.create(url)
        yield Step(f"StackSet {spokes.name}", "created")
        return
    yield from spokes.settled()
    if not is_automatic(present):
        yield from _ended(spokes.deploy_by_itself(), Step("automatic deployment", "switched on"))


def is_automatic(present: dict[str, object]) -> bool:
    """Whether accounts that join the StackSet's units get their spokes by themselves."""
    automatic = present.get("AutoDeployment")
    return isinstance(automatic, dict) and bool(automatic.get("Enabled"))


def _brought(spokes: StackSet, wave: Wave, template: str, url: str, goal: Goal) -> Iterator[Event]:
    """Update what the wave has and make what it lacks: canaries are made first, of the template that is known good."""
    parts = (_updated(spokes, wave, template, url, goal), _covered(spokes, wave, goal))
    for part in reversed(parts) if wave.is_canary else parts:
        yield from part


def _updated(spokes: StackSet, wave: Wave, template: str, url: str, goal: Goal) -> Iterator[Event]:
    present, found = spokes.describe() or {}, spokes.instances()
    of_wave = [one for one in found if one.account in wave.accounts and one.place in goal.places]
    if wave.is_canary and not of_wave:
        # None could be made; the coverage says so.
        return
    stale = [one for one in of_wave if not (one.is_current or one.is_inoperable)]
    what, units = f"update of {wave.name}", known_units(present, goal)
    if not is_same(str(present["TemplateBody"]), template):
        targets = only(units, frozenset(one.account for one in of_wave)) if wave.is_canary else None
        steps = spokes.update(what, url, wave.updating, targets, goal.scope.regions)
        yield from _ended(steps, Step(wave.name, "updated"))
    elif stale:
        left = frozenset(one.account for one in stale)
        targets = only(units, left) if len(left) <= _NAMED_ACCOUNTS else None
        steps = spokes.update(what, "", wave.updating, targets, sorted({one.region for one in stale}))
        yield from _ended(steps, Step(wave.name, "updated", f"{len(stale)} that were left"))


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
    for place in places:
        if reason := _trouble(found.get(place)):
            yield Step(f"spoke {_named(place)}", "failed", reason)
    current = sum(place in found and found[place].is_current for place in places)
    yield Step(wave.name, "current", f"{current} of {len(places)}")


def _trouble(instance: StackInstance | None) -> str:
    if instance is None:
        return "there is none"
    if instance.is_inoperable:
        return f"{instance.reason or instance.status}; delete its stack there by hand, then deploy again"
    return "" if instance.is_current else instance.reason or instance.status


def _named(place: Place) -> str:
    return " ".join(place)
