"""Takes Muster out of the organization again: the spokes first, then the hub; every step may be run again."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import boto3
from pydantic import BaseModel

from generator.config import Config, Trail
from generator.rollout.instance import StackInstance
from generator.rollout.lone import lone_spokes
from generator.rollout.session import Sessions
from generator.rollout.stack_set import StackSet
from generator.rollout.stacks import delete_stack, stack_status
from generator.rollout.step import Event, RolloutError, Step
from generator.rollout.trail import organization_trail, remove_trail
from generator.rollout.wave import only

if TYPE_CHECKING:
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
    yield from _without_spokes(spokes, abandoned)
    for one in lone_spokes(config, sessions, with_hub=True):
        step = delete_stack(one.cloudformation, config.names.spoke_stack_set)
        if step.state != "absent":
            yield Step(f"{step.what} {one.where}", step.state)
    # Before its bucket loses the policy under which it writes.
    yield from remove_trail(config, session)
    yield delete_stack(cloudformation, config.names.hub_stack)
    for region in config.regions:
        yield from _without_artefacts(config, session, region)
    for left in kept(config, session):
        yield Step(left.what, "kept", left.why)


def kept(config: Config, session: boto3.Session) -> Iterator[Removal]:
    """Yield what stays after an uninstall, because it is data, with how to delete it."""
    if config.findings.deletion_protection:
        yield from _kept_tables(config, session)
    if config.spoke.trail is Trail.ACCOUNTS:
        name = f"StackSet-{config.names.spoke_stack_set}-…-traillogs-…".lower()
        yield Removal(what=f"bucket {name} of each account", action="keep", why="the logs of its trail are evidence")


def _kept_tables(config: Config, session: boto3.Session) -> Iterator[Removal]:
    dynamodb = session.client("dynamodb")
    present = {name for page in dynamodb.get_paginator("list_tables").paginate() for name in page["TableNames"]}
    for table in (config.names.findings_table, config.names.state_table):
        if table in present:
            yield Removal(
                what=f"table {table}",
                action="keep",
                why="findings.deletion_protection is on; a later deploy takes it over. To lose it for good: switch its "
                "deletion protection off and delete it",
            )
    if config.names.findings_table in present:
        described = dynamodb.describe_table(TableName=config.names.findings_table)["Table"]
        key = described.get("SSEDescription", {}).get("KMSMasterKeyArn", "")
        yield Removal(what=f"key {key}", action="keep", why="the tables are encrypted with it")


def _going(config: Config, sessions: Sessions) -> Iterator[Removal]:
    names, session = config.names, sessions.hub
    home = session.client("cloudformation")
    spokes = StackSet(home, names.spoke_stack_set)
    if spokes.describe():
        found = spokes.instances()
        accounts = len({one.account for one in found})
        why = f"{len(found)} spokes in {accounts} accounts, with all that they hold"
        yield Removal(what=f"StackSet {spokes.name}", action="remove", why=why)
    for one in lone_spokes(config, sessions, with_hub=True):
        if stack_status(one.cloudformation, names.spoke_stack_set):
            yield Removal(what=f"stack {names.spoke_stack_set} {one.where}", action="remove", why="a spoke")
    if trail := organization_trail(config, session.client("cloudtrail")):
        why = f"its logs stay in bucket {trail['S3BucketName']}"
        yield Removal(what=f"trail {names.organization_trail}", action="remove", why=why)
    if stack_status(home, names.hub_stack):
        yield Removal(what=f"stack {names.hub_stack}", action="remove", why="the hub, with its event archive")
    for region in config.regions:
        if stack_status(session.client("cloudformation", region), names.artefacts_stack):
            why = "templates and packages, which can be generated again"
            yield Removal(what=f"stack {names.artefacts_stack} in {region}", action="remove", why=why)


def _without_spokes(spokes: StackSet, abandoned: Sequence[str]) -> Iterator[Event]:
    present = spokes.describe()
    if present is None:
        yield Step(f"StackSet {spokes.name}", "absent")
        return
    yield from spokes.settled()
    yield from _forgotten(spokes, present, frozenset(abandoned))
    found = spokes.instances()
    if found or present.get("OrganizationalUnitIds"):
        yield from spokes.withdraw("spokes", _everywhere(present), _regions(present, found))
    left = spokes.instances()
    for one in left:
        yield Step(f"spoke {one.account} {one.region}", "failed", one.reason or one.status)
    if left:
        accounts = ",".join(sorted({one.account for one in left}))
        raise RolloutError(
            f"{len(left)} spokes would not go; mend what their reasons say and uninstall again, or leave them behind "
            f"with --abandon {accounts}"
        )
    spokes.delete()
    yield Step("spokes", "removed", str(len(found)))
    yield Step(f"StackSet {spokes.name}", "removed")


def _forgotten(spokes: StackSet, present: dict[str, Any], accounts: frozenset[str]) -> Iterator[Event]:
    found = [one for one in spokes.instances() if one.account in accounts]
    if found:
        targets = only(list(present["OrganizationalUnitIds"]), frozenset(one.account for one in found))
        yield from spokes.withdraw("abandoned spokes", targets, _regions(present, found), retain=True)
    for one in found:
        yield Step(f"spoke {one.account} {one.region}", "abandoned", "its stack stays; delete it there by hand")


def _everywhere(present: dict[str, Any]) -> dict[str, Any]:
    return {"OrganizationalUnitIds": list(present["OrganizationalUnitIds"])}


def _regions(present: dict[str, Any], found: Sequence[StackInstance]) -> list[str]:
    return sorted({*present.get("Regions", ()), *(one.region for one in found)})


def _without_artefacts(config: Config, session: boto3.Session, region: str) -> Iterator[Step]:
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
