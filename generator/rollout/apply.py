"""Brings what was generated into the organization; every step may be run again."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import boto3
from botocore.config import Config as ClientConfig

from generator.config import Config, Trail
from generator.enabling.parts import done
from generator.enabling.services import clients_of, parts
from generator.functions import INVENTORY
from generator.generate import Manifest
from generator.rollout.artefacts import template_key, template_url, upload
from generator.rollout.goal import goal_of, read_accounts
from generator.rollout.hosting import deploy_hosting, origin_parameters, remove_hosting
from generator.rollout.lone import LoneSpoke, lone_spokes
from generator.rollout.removal import remove_artefacts
from generator.rollout.session import Sessions
from generator.rollout.spokes import roll_out
from generator.rollout.stack_set import StackSet
from generator.rollout.stacks import delete_stack, deploy_stack
from generator.rollout.step import Event, Step
from generator.rollout.takeover import take_over
from generator.rollout.trail import deploy_trail, remove_trail
from generator.rollout.web import deploy_web, remove_web

INLINE_BYTES = 51_200
_AT_A_TIME = 8

PartT = TypeVar("PartT")


def deploy(
    config: Config, manifest: Manifest, folder: Path, sessions: Sessions, poll_seconds: float = 2.0
) -> Iterator[Event]:
    """Roll out what lies in `folder`: artefacts in each Region, the hub, the spokes; yield each step as it is done.

    Raises `RolloutError` where it cannot go on; a spoke that fails is a step and stops nobody else. Killed anywhere and
    run again, it does what is left.
    """
    session = sessions.hub
    cloudformation = session.client("cloudformation")
    spokes = StackSet(cloudformation, config.names.spoke_stack_set, poll_seconds)
    # Before anything is made: without delegation it would be in vain.
    spokes.describe()
    accounts = read_accounts(config, session.client("organizations"))
    goal = goal_of(config, accounts)
    yield from _artefacts(config, manifest, folder, session)
    if taken := take_over(config, _body(folder, "hub"), session):
        yield taken
    if config.spoke.trail is not Trail.ORGANIZATION:
        # Before its bucket loses the policy under which it writes.
        yield from remove_trail(config, session)
    yield deploy_stack(cloudformation, config.names.hub_stack, template_argument(config, folder, "hub"))
    yield from deploy_trail(config, session)
    yield from _web(config, folder, session)
    covered = [one for one in accounts if one.id in goal.covered]
    yield from done(parts(config, clients_of(session), covered))
    yield _refreshed_inventory(config, session)
    # While the spokes there still tell of the Region.
    for region in _gone_regions(config, spokes):
        yield from remove_artefacts(config, session, region)
    is_covered = config.aws.hub_account in goal.covered
    yield from _superseded(config, session) if is_covered else ()
    url = template_argument(config, folder, "spoke", inline_bytes=0)["TemplateURL"]
    yield from roll_out(spokes, _body(folder, "spoke"), url, goal)
    # The hub's rules see only its own bus: it needs a spoke even outside the targets.
    yield from _lone_spokes(config, folder, sessions, with_hub=not is_covered)


def _web(config: Config, folder: Path, session: boto3.Session) -> Iterator[Step]:
    """Deploy the dashboard and then CloudFront before it; what is switched off goes the other way round."""
    if config.web.hosting:
        yield from deploy_hosting(config, {"TemplateBody": _body(folder, "dashboard")}, session)
    if config.web.cdn:
        origin = origin_parameters(config, session)
        yield from deploy_web(config, {"TemplateBody": _body(folder, "web"), **origin}, session)
    else:
        yield from remove_web(config, session)
    if not config.web.hosting:
        yield from remove_hosting(config, session)


def _artefacts(config: Config, manifest: Manifest, folder: Path, session: boto3.Session) -> Iterator[Step]:
    # Clients may be used in threads, sessions may not (boto3 guide, "Multithreading").
    stacks = {region: session.client("cloudformation", region) for region in config.regions}
    buckets = {region: session.client("s3", region) for region in config.regions}

    def work(region: str) -> list[Step]:
        stack = {"TemplateBody": _body(folder, "artefacts")}
        step = deploy_stack(stacks[region], config.names.artefacts_stack, stack)
        files = [(one.key, folder / one.path) for one in manifest.functions.values() if region in one.regions]
        files += [(one.key, folder / one.path) for one in manifest.scripts.values()]
        if region == config.aws.home_region:
            files += [(template_key(name, _body(folder, name)), _path(folder, name)) for name in ("hub", "spoke")]
        count = upload(buckets[region], config.names.artefact_bucket(config.aws.hub_account, region), files)
        uploaded = Step(f"packages in {region}", "uploaded", f"{count} of {len(files)} new")
        return [Step(f"{step.what} in {region}", step.state), uploaded]

    yield from _side_by_side(work, config.regions)


def _lone_spokes(config: Config, folder: Path, sessions: Sessions, *, with_hub: bool) -> Iterator[Step]:
    template = template_argument(config, folder, "spoke")

    def work(one: LoneSpoke) -> list[Step]:
        step = deploy_stack(one.cloudformation, config.names.spoke_stack_set, template)
        return [Step(f"{step.what} {one.where}", step.state)]

    yield from _side_by_side(work, lone_spokes(config, sessions, with_hub=with_hub))


def _side_by_side(work: Callable[[PartT], list[Step]], parts: Sequence[PartT]) -> Iterator[Step]:
    """Do the work for several parts at a time; the first error ends it when those under way have ended."""
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        for steps in pool.map(work, parts):
            yield from steps


def _refreshed_inventory(config: Config, session: boto3.Session) -> Step:
    """Let the hub read the organization; the spokes do not wait for what fails of it."""
    name = INVENTORY.full_name(config.names)
    # A large organization takes minutes to read; a second call would only read it twice.
    patient = ClientConfig(read_timeout=INVENTORY.timeout + 10, retries={"total_max_attempts": 1})
    answer = session.client("lambda", config=patient).invoke(FunctionName=name, Payload=b"{}")
    if answer.get("FunctionError"):
        return Step("inventory of accounts", "failed", f"function {name}: {answer['Payload'].read().decode()}")
    return Step("inventory of accounts", "refreshed")


def _gone_regions(config: Config, spokes: StackSet) -> list[str]:
    found = {one.region for one in spokes.instances()} if spokes.describe() else set()
    return sorted(found - {*config.regions})


def _superseded(config: Config, session: boto3.Session) -> Iterator[Step]:
    """Remove the hub account's own spokes where the StackSet brings them now: the names of their roles are the same."""
    for one in lone_spokes(config, Sessions(session), with_hub=True):
        step = delete_stack(one.cloudformation, config.names.spoke_stack_set)
        if step.state != "absent":
            yield Step(f"{step.what} {one.where}", step.state)


def template_argument(config: Config, folder: Path, name: str, inline_bytes: int = INLINE_BYTES) -> dict[str, str]:
    """Return how CloudFormation is given a template: itself, or above 51,200 bytes its address in the home Region."""
    body = _body(folder, name)
    if len(body.encode()) <= inline_bytes:
        return {"TemplateBody": body}
    region = config.aws.home_region
    bucket = config.names.artefact_bucket(config.aws.hub_account, region)
    return {"TemplateURL": template_url(bucket, template_key(name, body), region)}


def _path(folder: Path, name: str) -> Path:
    return folder / f"{name}.template.json"


def _body(folder: Path, name: str) -> str:
    return _path(folder, name).read_text(encoding="utf-8")
