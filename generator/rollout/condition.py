"""How each spoke is: Organizations, stack instances and heartbeats side by side."""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

import msgspec
from pydantic import BaseModel

from generator.config import Config
from generator.rollout.goal import read_accounts
from generator.rollout.instance import Place, StackInstance
from generator.rollout.lone import lone_spokes
from generator.rollout.session import Sessions
from generator.rollout.stack_set import StackSet
from generator.rollout.stacks import ABSENT, stack_status
from generator.rollout.step import RolloutError
from hub.coverage import Scope, why_uncovered
from hub.store.accounts import ACTIVE, Account
from hub.store.spokes import Spoke, SpokeStore

CURRENT, EXCLUDED = "current", "excluded"
_COMPLETE = ("CREATE_COMPLETE", "UPDATE_COMPLETE")
_FAILED = {"FAILED", "FAILED_IMPORT", "INOPERABLE"}


class SpokeStatus(BaseModel):
    """How a spoke is: current, outdated, failed, unwell, silent, never joined or excluded; `detail` says why.

    `version`, `config_hash` and `settings_hash` (of `[[overrides]]`; empty: the defaults) are what its last heartbeat
    reported.
    """

    account: str
    region: str
    state: str
    detail: str = ""
    name: str = ""
    version: str = ""
    config_hash: str = ""
    settings_hash: str = ""

    @property
    def is_well(self) -> bool:
        """Whether nobody needs to look."""
        return self.state in {CURRENT, EXCLUDED}


class Release(msgspec.Struct, frozen=True):
    """What the rolled-out template makes a spoke report: Muster's version and the hash of its configuration."""

    version: str
    config_hash: str


def release_of(template: str) -> Release:
    """Return what a spoke's template makes it report."""
    introduction = json.loads(template)["Resources"]["Introduction"]["Properties"]
    return Release(introduction["Version"], introduction["ConfigHash"])


def statuses(config: Config, sessions: Sessions, now: datetime) -> list[SpokeStatus]:
    """Return the state of every account and Region that has a spoke or should; `RolloutError` without a hub.

    The accounts are the organization's own: the hub's inventory may be an hour old.
    """
    home = sessions.hub.client("cloudformation")
    if stack_status(home, config.names.hub_stack) in ABSENT:
        raise RolloutError(f"there is no stack {config.names.hub_stack}; roll out with `muster deploy`")
    spokes = StackSet(home, config.names.spoke_stack_set)
    present = spokes.describe()
    found = spokes.instances() if present else []
    dynamodb, table = sessions.hub.client("dynamodb"), config.names.state_table
    heard = {(one.heartbeat.account, one.heartbeat.region): one for one in SpokeStore(dynamodb, table).all()}
    return compared(
        config.scope,
        [*found, *_lone(config, sessions, found)],
        heard,
        read_accounts(config, sessions.hub.client("organizations")),
        release_of(present["TemplateBody"]) if present else None,
        now,
    )


def _lone(config: Config, sessions: Sessions, found: Iterable[StackInstance]) -> Iterator[StackInstance]:
    is_reached = config.aws.hub_account in {one.account for one in found}
    for one in lone_spokes(config, sessions, with_hub=not is_reached):
        if status := stack_status(one.cloudformation, config.names.spoke_stack_set):
            yield StackInstance(*one.place, "CURRENT" if status in _COMPLETE else status)


def compared(  # noqa: PLR0913, PLR0917 - the sources that are held against each other
    scope: Scope,
    instances: Iterable[StackInstance],
    heard: Mapping[Place, Spoke],
    accounts: Iterable[Account],
    release: Release | None,
    now: datetime,
) -> list[SpokeStatus]:
    """Return the states by account and Region; `heard` are the last heartbeats, `release` what they should report."""
    known = {one.id: one for one in accounts}
    found = {one.place: _status(one, heard.get(one.place), release, now) for one in instances}
    for account in known.values():
        for one in _absent(scope, account):
            found.setdefault((one.account, one.region), one)
    return [_named(found[place], known, heard.get(place)) for place in sorted(found)]


def _named(one: SpokeStatus, known: Mapping[str, Account], spoke: Spoke | None) -> SpokeStatus:
    account = known.get(one.account)
    names = ("version", "config_hash", "settings_hash")
    reported = {one: getattr(spoke.heartbeat, one) for one in names} if spoke else {}
    if account and account.status != ACTIVE:
        reported |= {"state": EXCLUDED, "detail": f"the account is {account.status}"}
    return one.model_copy(update={"name": account.name if account else "", **reported})


def _status(instance: StackInstance, spoke: Spoke | None, release: Release | None, now: datetime) -> SpokeStatus:
    place = {"account": instance.account, "region": instance.region}
    if not instance.is_current:
        state = "failed" if instance.outcome in _FAILED else "outdated"
        reason = instance.reason or ("not updated yet; deploy again" if state == "outdated" else instance.status)
        return SpokeStatus(**place, state=state, detail=_printable(reason))
    if spoke is None:
        return SpokeStatus(**place, state="silent", detail="no heartbeat has arrived")
    if spoke.is_silent(now):
        return SpokeStatus(**place, state="silent", detail=f"last heartbeat {spoke.seen_at}")
    if skew := _skew(spoke, release):
        return SpokeStatus(**place, state="outdated", detail=_printable(skew))
    wrong = spoke.heartbeat.complaint
    return SpokeStatus(**place, state="unwell" if wrong else CURRENT, detail=_printable(wrong))


def _skew(spoke: Spoke, release: Release | None) -> str:
    """Return how what a spoke reports differs from what was rolled out: its stack is current, what runs is not."""
    if release is None:
        return ""
    beat = spoke.heartbeat
    pairs = (("version", beat.version, release.version), ("configuration", beat.config_hash, release.config_hash))
    return "; ".join(f"reports {name} {has}, rolled out is {should}" for name, has, should in pairs if has != should)


def _absent(scope: Scope, account: Account) -> Iterator[SpokeStatus]:
    reason = why_uncovered(scope, account)
    if account.status != ACTIVE:
        return
    state, detail = (
        (EXCLUDED, reason) if reason else ("never joined", "no stack instance; is the account new? Deploy again")
    )
    for region in scope.regions:
        yield SpokeStatus(account=account.id, region=region, state=state, detail=detail)


def _printable(text: str) -> str:
    """Return what a spoke said without what would steer a terminal."""
    return "".join(character for character in text if character.isprintable())
