"""Takes Muster out of the organization again: the spokes first, then the hub; every step may be run again."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import boto3
from pydantic import BaseModel

from generator.config import Config, Trail
from generator.delegation.grants import PRINCIPALS
from generator.rollout.hosting import has_hosting, remove_hosting
from generator.rollout.lone import lone_spokes
from generator.rollout.session import Sessions
from generator.rollout.stack_set import StackSet
from generator.rollout.stacks import ABSENT, delete_stack, stack_status, template_of
from generator.rollout.step import Event, RolloutError, Step
from generator.rollout.takeover import customer_key
from generator.rollout.trail import organization_trail, remove_trail
from generator.rollout.wave import only, units_of
from generator.rollout.web import has_web_stack, kept_web_logs, remove_web
from generator.settings.web import CDN_REGION

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client


class Removal(BaseModel):
    """One thing that an uninstall removes or keeps, in its order, and why."""

    what: str
    action: str
    why: str = ""


def removals(config: Config, sessions: Sessions) -> list[Removal]:
    """Return what an uninstall would remove, in its order, then what it would keep."""
    return [*_going(config, sessions), *kept(config, sessions.hub)]


def uninstall(
    config: Config, sessions: Sessions, abandoned: Sequence[str] = (), poll_seconds: float = 2.0
) -> Iterator[Event]:
    """Remove the spokes, then the hub, then the artefacts; yield each step as it is done.

    A spoke that will not go stops it before the hub: without one, nobody would hear of that spoke any more. The stacks
    of `abandoned` accounts are left where they are. Raises `RolloutError` where it cannot go on.
    """
    session = sessions.hub
    cloudformation = session.client("cloudformation")
    spokes = StackSet(cloudformation, config.names.spoke_stack_set, poll_seconds)
    regions = _all_regions(config, spokes)
    yield from _without_spokes(spokes, abandoned, regions)
    for one in lone_spokes(config, sessions, with_hub=True):
        step = delete_stack(one.cloudformation, config.names.spoke_stack_set)
        if step.state != "absent":
            yield Step(f"{step.what} {one.where}", step.state)
    # Before its bucket loses the policy under which it writes.
    yield from remove_trail(config, session)
    yield from remove_web(config, session)
    yield from remove_hosting(config, session)
    yield delete_stack(cloudformation, config.names.hub_stack)
    for region in regions:
        yield from remove_artefacts(config, session, region)
    for left in kept(config, session):
        yield Step(left.what, "kept", left.why)


def _all_regions(config: Config, spokes: StackSet) -> list[str]:
    """Return the settings' Regions and those that still have spokes."""
    found = {one.region for one in spokes.instances()} if spokes.describe() else set()
    return [*config.regions, *sorted(found - {*config.regions})]


def kept(config: Config, session: boto3.Session) -> Iterator[Removal]:
    """Yield what stays after an uninstall, because it is data, with how to delete it."""
    if not _deletes_tables(config, session.client("cloudformation")):
        yield from _kept_tables(config, session.client("dynamodb"))
    yield from _kept_archive(config, session)
    for name in kept_web_logs(config, session):
        yield Removal(what=f"bucket {name}", action="keep", why="who opened the dashboard; it may be deleted by hand")
    yield from _kept_copies(config, session)
    if config.spoke.trail is not Trail.NONE:
        title = "organizationtraillogs" if config.spoke.trail is Trail.ORGANIZATION else "traillogs"
        where = "the hub account" if config.spoke.trail is Trail.ORGANIZATION else "each account"
        why = "the logs of a trail are evidence; the bucket may be deleted there by hand"
        yield Removal(what=f"bucket …-{title}-… of {where}", action="keep", why=why)
    yield from _kept_services(config)
    yield Removal(
        what="delegation", action="keep", why="the management account gave it: `muster delegate --undo` there"
    )


def _kept_services(config: Config) -> Iterator[Removal]:
    why = "others rely on it, and it goes on costing; switch it off in its console, as docs/enabling.md says"
    for name in config.enable.services:
        yield Removal(what=f"{PRINCIPALS[name][1]} of the organization", action="keep", why=why)


def _deletes_tables(config: Config, cloudformation: "CloudFormationClient") -> bool:
    """Whether the hub's stack, as it was deployed, takes its tables along; without a stack, what is there was kept."""
    if stack_status(cloudformation, config.names.hub_stack) in ABSENT:
        return False
    template = template_of(cloudformation, config.names.hub_stack)
    return bool(template["Resources"]["FindingsTable"].get("DeletionPolicy") == "Delete")


def _kept_tables(config: Config, dynamodb: "DynamoDBClient") -> Iterator[Removal]:
    why = "it is data; a later deploy takes it over. To lose it for good: switch its deletion protection off"
    keys = set()
    for table in (config.names.findings_table, config.names.state_table):
        key = customer_key(dynamodb, table)
        if key is not None:
            keys.add(key)
            yield Removal(what=f"table {table}", action="keep", why=f"{why} and delete it")
    for key in sorted(keys):
        yield Removal(what=f"key {key}", action="keep", why="the tables are encrypted with it")


def _kept_archive(config: Config, session: boto3.Session) -> Iterator[Removal]:
    prefix = f"{config.names.hub_stack}-archive"
    buckets = session.client("s3").list_buckets()["Buckets"]
    for name in sorted(one["Name"] for one in buckets if one["Name"].startswith(prefix)):
        why = "archived findings, and who read them; `muster archive query --folder` asks copies of its files"
        yield Removal(what=f"bucket {name}", action="keep", why=why)


def _kept_copies(config: Config, session: boto3.Session) -> Iterator[Removal]:
    prefix = f"{config.aws.prefix}-tables-"
    pages = session.client("backup").get_paginator("list_backup_vaults").paginate()
    names = sorted(one["BackupVaultName"] for page in pages for one in page["BackupVaultList"])
    for name in (one for one in names if one.startswith(prefix)):
        yield Removal(what=f"backup vault {name}", action="keep", why="copies of the tables, until they are old enough")


def _going(config: Config, sessions: Sessions) -> Iterator[Removal]:
    names, session = config.names, sessions.hub
    home = session.client("cloudformation")
    spokes = StackSet(home, names.spoke_stack_set)
    if spokes.describe():
        found = spokes.instances()
        accounts = len({one.account for one in found})
        why = f"{len(found)} spokes in {accounts} accounts"
        yield Removal(what=f"StackSet {spokes.name}", action="remove", why=why)
    for one in lone_spokes(config, sessions, with_hub=True):
        if stack_status(one.cloudformation, names.spoke_stack_set):
            yield Removal(what=f"stack {names.spoke_stack_set} {one.where}", action="remove", why="a spoke")
    if trail := organization_trail(config, session.client("cloudtrail")):
        why = f"its logs stay in bucket {trail['S3BucketName']}"
        yield Removal(what=f"trail {names.organization_trail}", action="remove", why=why)
    if has_web_stack(config, session):
        why = "CloudFront before the dashboard; its domain names lead nowhere then"
        yield Removal(what=f"stack {names.web_stack} in {CDN_REGION}", action="remove", why=why)
    if has_hosting(config, session):
        why = "the hosted dashboard; its image stays where it is"
        yield Removal(what=f"stack {names.dashboard_stack}", action="remove", why=why)
    if stack_status(home, names.hub_stack):
        yield Removal(what=f"stack {names.hub_stack}", action="remove", why="the hub, with its event archive")
    for region in _all_regions(config, spokes):
        if stack_status(session.client("cloudformation", region), names.artefacts_stack):
            why = "templates and packages, which can be generated again"
            yield Removal(what=f"stack {names.artefacts_stack} in {region}", action="remove", why=why)


def _without_spokes(spokes: StackSet, abandoned: Sequence[str], regions: Sequence[str]) -> Iterator[Event]:
    present = spokes.describe()
    if present is None:
        yield Step(f"StackSet {spokes.name}", "absent")
        return
    yield from spokes.settled()
    yield from _forgotten(spokes, abandoned)
    found, units = spokes.instances(), list(present.get("OrganizationalUnitIds", ()))
    if found or units:
        targets = {"OrganizationalUnitIds": units or units_of(found)}
        yield from spokes.withdraw("spokes", targets, regions)
    left = spokes.instances()
    for one in left:
        yield Step(f"spoke {one.account} {one.region}", "failed", one.reason or one.status)
    if left:
        accounts = " ".join(f"--abandon {account}" for account in sorted({one.account for one in left}))
        raise RolloutError(
            f"{len(left)} spokes would not go; mend what their reasons say and uninstall again, or leave them behind "
            f"with {accounts}"
        )
    spokes.delete()
    yield Step("spokes", "removed", str(len(found)))
    yield Step(f"StackSet {spokes.name}", "removed")


def _forgotten(spokes: StackSet, accounts: Sequence[str]) -> Iterator[Event]:
    instances = spokes.instances()
    unknown = {*accounts} - {one.account for one in instances}
    if unknown:
        raise RolloutError(f"--abandon {min(unknown)}: the account has no spoke of StackSet {spokes.name}")
    found = [one for one in instances if one.account in accounts]
    if found:
        targets = only(units_of(found), frozenset(accounts))
        yield from spokes.withdraw("abandoned spokes", targets, sorted({one.region for one in found}), retain=True)
    left = {one.place for one in spokes.instances()}
    for one in found:
        if one.place not in left:
            yield Step(f"spoke {one.account} {one.region}", "abandoned", "its stack stays; delete it there by hand")


def remove_artefacts(config: Config, session: boto3.Session, region: str) -> Iterator[Step]:
    """Remove a Region's artefact bucket with all that is in it: it can be generated again."""
    cloudformation = session.client("cloudformation", region)
    if stack_status(cloudformation, config.names.artefacts_stack):
        bucket = config.names.artefact_bucket(config.aws.hub_account, region)
        count = emptied(session.client("s3", region), bucket)
        yield Step(f"bucket {bucket}", "emptied", f"{count} objects and versions")
    step = delete_stack(cloudformation, config.names.artefacts_stack)
    yield Step(f"{step.what} in {region}", step.state)


def emptied(s3: "S3Client", bucket: str) -> int:
    """Delete every version of every object of a bucket; return how many there were, none without the bucket."""
    count = 0
    try:
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            held = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
            doomed = [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in held]
            if doomed:
                answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": doomed, "Quiet": True})  # type: ignore[typeddict-item]
                if refused := answer.get("Errors"):
                    raise RolloutError(f"bucket {bucket}: {refused[0].get('Key')}: {refused[0].get('Message')}")
            count += len(doomed)
    except s3.exceptions.NoSuchBucket:
        return count
    return count
