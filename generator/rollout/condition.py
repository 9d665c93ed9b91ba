"""How each spoke is: Organizations, stack instances and heartbeats side by side."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

import boto3
from pydantic import BaseModel

from generator.config import Config
from generator.rollout.instance import StackInstance
from generator.rollout.stack_set import StackSet
from generator.rollout.stacks import stack_status
from generator.rollout.step import RolloutError
from hub.store.accounts import ACTIVE, Account, AccountStore
from hub.store.spokes import Spoke, SpokeStore

CURRENT, EXCLUDED = "current", "excluded"
_COMPLETE = ("CREATE_COMPLETE", "UPDATE_COMPLETE")
Place = tuple[str, str]


class SpokeStatus(BaseModel):
    """How a spoke is: current, outdated, unwell, silent, never joined or excluded; `detail` says why."""

    account: str
    region: str
    state: str
    detail: str = ""

    @property
    def is_well(self) -> bool:
        """Whether nobody needs to look."""
        return self.state in {CURRENT, EXCLUDED}


def statuses(config: Config, session: boto3.Session, now: datetime) -> list[SpokeStatus]:
    """Return the state of every account and Region that has a spoke or should; `RolloutError` without a hub.

    The accounts are those that the hub's inventory knows, the management account left out: StackSets never reach it.
    """
    if stack_status(session.client("cloudformation"), config.names.hub_stack) is None:
        raise RolloutError(f"there is no stack {config.names.hub_stack}; roll out with `muster deploy`")
    dynamodb, table = session.client("dynamodb"), config.names.state_table
    heard = {(one.heartbeat.account, one.heartbeat.region): one for one in SpokeStore(dynamodb, table).all()}
    instances = _instances(config, session)
    return compared(config, instances, heard, AccountStore(dynamodb, table).all(), now)


def compared(
    config: Config,
    instances: Iterable[StackInstance],
    heard: Mapping[Place, Spoke],
    accounts: Iterable[Account],
    now: datetime,
) -> list[SpokeStatus]:
    """Return the states by account and Region; `heard` are the last heartbeats."""
    found = {(one.account, one.region): _status(one, heard.get((one.account, one.region)), now) for one in instances}
    for account in accounts:
        if account.status == ACTIVE and not account.is_management:
            for one in _absent(config, account):
                found.setdefault((one.account, one.region), one)
    return [found[place] for place in sorted(found)]


def _instances(config: Config, session: boto3.Session) -> list[StackInstance]:
    spokes = StackSet(session.client("cloudformation"), config.names.spoke_stack_set)
    found = spokes.instances() if spokes.describe() else []
    hub = config.aws.hub_account
    if hub in {one.account for one in found}:
        return found
    name = config.names.spoke_stack_set
    stacks = {region: stack_status(session.client("cloudformation", region), name) for region in config.regions}
    own = (StackInstance(hub, region, _instance_status(status)) for region, status in stacks.items() if status)
    return [*found, *own]


def _instance_status(stack: str) -> str:
    return "CURRENT" if stack in _COMPLETE else stack


def _status(instance: StackInstance, spoke: Spoke | None, now: datetime) -> SpokeStatus:
    place = {"account": instance.account, "region": instance.region}
    if not instance.is_current:
        return SpokeStatus(**place, state="outdated", detail=instance.reason or instance.status)
    if spoke is None:
        return SpokeStatus(**place, state="silent", detail="no heartbeat has arrived")
    if spoke.is_silent(now):
        return SpokeStatus(**place, state="silent", detail=f"last heartbeat {spoke.seen_at}")
    wrong = "; ".join(f"{check}: {text}" for check, text in sorted(spoke.heartbeat.checks.items()) if text)
    return SpokeStatus(**place, state="unwell" if wrong else CURRENT, detail=_printable(wrong))


def _absent(config: Config, account: Account) -> Iterator[SpokeStatus]:
    state, detail = "never joined", "no stack instance; is the account new? Deploy again"
    if account.id in config.organization.excluded_accounts:
        state, detail = EXCLUDED, "by organization.excluded_accounts"
    elif account.id != config.aws.hub_account and not _is_targeted(config, account):
        state, detail = EXCLUDED, "in none of organization.ous"
    for region in config.regions:
        yield SpokeStatus(account=account.id, region=region, state=state, detail=detail)


def _is_targeted(config: Config, account: Account) -> bool:
    return not account.ou_ids or bool({*account.ou_ids} & {*config.organization.targets})


def _printable(text: str) -> str:
    """Return what a spoke said without what would steer a terminal."""
    return "".join(character for character in text if character.isprintable())
