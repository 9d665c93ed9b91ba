"""Brings what was generated into the organization; every step may be run again."""

from collections.abc import Iterator
from pathlib import Path

import boto3
from botocore.config import Config as ClientConfig

from generator.config import Config, Trail
from generator.functions import INVENTORY
from generator.generate import Manifest
from generator.rollout.artefacts import template_key, template_url, upload
from generator.rollout.stack_set import StackSet
from generator.rollout.stacks import deploy_stack
from generator.rollout.step import RolloutError, Step
from generator.rollout.trail import deploy_trail, remove_trail

INLINE_BYTES = 51_200


def deploy(
    config: Config, manifest: Manifest, folder: Path, session: boto3.Session, poll_seconds: float = 2.0
) -> Iterator[Step]:
    """Roll out what lies in `folder`: artefacts in each Region, the hub, the spokes; yield each step as it is done.

    `session` is of the hub account in the home Region. Raises `RolloutError` where it cannot go on; a spoke that fails
    is a step and stops nobody else.
    """
    _check_account(config, session)
    for region in config.regions:
        yield from _artefacts(config, manifest, folder, session, region)
    if config.spoke.trail is not Trail.ORGANIZATION:
        # Before its bucket loses the policy under which it writes.
        yield from remove_trail(config, session)
    yield deploy_stack(
        session.client("cloudformation"), config.names.hub_stack, template_argument(config, folder, "hub")
    )
    yield from deploy_trail(config, session)
    _refresh_inventory(config, session)
    yield Step("inventory of accounts", "refreshed")
    yield from _spokes(config, folder, session, poll_seconds)


def _check_account(config: Config, session: boto3.Session) -> None:
    account = session.client("sts").get_caller_identity()["Account"]
    if account != config.aws.hub_account:
        raise RolloutError(
            f"the credentials are of account {account}, aws.hub_account is {config.aws.hub_account}; "
            "set aws.profile in muster.toml, or AWS_PROFILE"
        )


def _artefacts(config: Config, manifest: Manifest, folder: Path, session: boto3.Session, region: str) -> Iterator[Step]:
    stack = {"TemplateBody": _body(folder, "artefacts")}
    step = deploy_stack(session.client("cloudformation", region), config.names.artefacts_stack, stack)
    yield Step(f"{step.what} in {region}", step.state)
    files = [(one.key, folder / one.path) for one in manifest.functions.values() if region in one.regions]
    if region == config.aws.home_region:
        files += [(template_key(name, _body(folder, name)), _path(folder, name)) for name in ("hub", "spoke")]
    bucket = config.names.artefact_bucket(config.aws.hub_account, region)
    count = upload(session.client("s3", region), bucket, files)
    yield Step(f"packages in {region}", "uploaded", f"{count} of {len(files)} were new")


def _refresh_inventory(config: Config, session: boto3.Session) -> None:
    name = INVENTORY.full_name(config.names)
    # A large organization takes minutes to read; a second call would only read it twice.
    patient = ClientConfig(read_timeout=INVENTORY.timeout + 10, retries={"total_max_attempts": 1})
    answer = session.client("lambda", config=patient).invoke(FunctionName=name, Payload=b"{}")
    if answer.get("FunctionError"):
        raise RolloutError(f"function {name} failed: {answer['Payload'].read().decode()}; see its log group")


def _spokes(config: Config, folder: Path, session: boto3.Session, poll_seconds: float) -> Iterator[Step]:
    spokes = StackSet(session.client("cloudformation"), config.names.spoke_stack_set, poll_seconds)
    url = template_argument(config, folder, "spoke", inline_bytes=0)["TemplateURL"]
    yield from spokes.deploy(_body(folder, "spoke"), url, config.organization, config.regions)
    if config.aws.hub_account not in {one.account for one in spokes.instances()}:
        # The hub's rules see only its own bus: it needs a spoke even outside the targets.
        for region in config.regions:
            argument = template_argument(config, folder, "spoke")
            yield deploy_stack(session.client("cloudformation", region), config.names.spoke_stack_set, argument)


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
