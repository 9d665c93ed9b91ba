"""The events that spokes publish on the hub's bus. `schema` moves when a reader of the old form would be wrong."""

from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from contract.agents import AgentState, Reason, Via
from contract.clock import check_iso
from contract.names import partition_of

SCHEMA = 1

# How often spokes beat.
INTERVAL_SECONDS = 3_600

# What the hub takes of a report, so that no account of the organization can fill its table: senders cut to it.
LONGEST_TEXT = 1_000
LONGEST_OUTPUT = 2_000
MOST_ARNS = 200
MOST_EXAMPLES = 20
MOST_DATES = 60
_MOST_CHECKS = 50

Name = Annotated[str, Meta(max_length=256)]
Words = Annotated[str, Meta(max_length=LONGEST_TEXT)]
Arn = Annotated[str, Meta(max_length=2_048)]


class SpokeEvent(msgspec.Struct, frozen=True, kw_only=True):
    """What every report of a spoke says: whose it is and in which form."""

    account: Annotated[str, Meta(pattern=r"^[0-9]{12}\Z")]
    region: Annotated[str, Meta(pattern=r"^[a-z]{2}(-[a-z]+)+-[1-9]\Z", max_length=32)]
    version: Name
    schema: int = SCHEMA


class Heartbeat(SpokeEvent, frozen=True, kw_only=True):
    """A spoke is alive. `checks` names each self-check and what is wrong with it (empty text: well).

    `settings_hash` is the digest of the account's settings that it read; empty: it has none, or is older than they are.
    """

    config_hash: Name
    interval_seconds: Annotated[int, Meta(ge=60, le=86_400)]
    checks: Annotated[dict[Name, Words], Meta(max_length=_MOST_CHECKS)] = {}
    settings_hash: Name = ""

    @property
    def complaint(self) -> str:
        """What is wrong with it, check by check; empty when it is well."""
        return "; ".join(f"{check}: {said}" for check, said in sorted(self.checks.items()) if said)


class TaggingFailure(msgspec.Struct, frozen=True):
    """A resource that stayed untagged, and why."""

    arn: Arn
    reason: Words


class TaggingResult(SpokeEvent, frozen=True, kw_only=True):
    """What the creator tagger made of one create event; of more than `MOST_ARNS` resources, the first.

    `created_at` is when the call was made, `lag_seconds` how long after it the tags were there.
    """

    api_call: Name
    event_id: Annotated[str, Meta(min_length=1, max_length=128)]
    created_by: Name
    tagged: Annotated[tuple[Arn, ...], Meta(max_length=MOST_ARNS)] = ()
    failed: Annotated[tuple[TaggingFailure, ...], Meta(max_length=MOST_ARNS)] = ()
    created_at: Annotated[str, Meta(max_length=32)] = ""
    lag_seconds: Annotated[float, Meta(ge=0)] | None = None

    def __post_init__(self) -> None:
        """Refuse what does not sort as a time."""
        check_iso(self.created_at)


class AgentStatus(SpokeEvent, frozen=True, kw_only=True):
    """What is known of the security agent on an instance; a later one takes an earlier one's place.

    `since` is when the instance was started, `details` says in words what the reason does not, `output` holds the last
    lines that the script printed. `version` is Muster's, `agent_version` the agent's. `is_unchanged`: what was asked
    for failed, and the agent is as it was before, so that a known state stays.
    """

    instance: Annotated[str, Meta(pattern=r"^m?i-[0-9a-f]{8,17}\Z")]
    state: AgentState
    reason: Reason
    via: Via
    at: Annotated[str, Meta(min_length=1, max_length=32)]
    since: Annotated[str, Meta(max_length=32)] = ""
    instance_name: Name = ""
    platform: Name = ""
    agent: Name = ""
    agent_version: Name = ""
    command: Name = ""
    exit_code: int | None = None
    is_unchanged: bool = False
    details: Words = ""
    output: Annotated[str, Meta(max_length=LONGEST_OUTPUT)] = ""

    def __post_init__(self) -> None:
        """Refuse what does not sort as a time."""
        check_iso(self.at, self.since)

    @property
    def resource(self) -> str:
        """The instance's ARN."""
        return f"arn:{partition_of(self.region)}:ec2:{self.region}:{self.account}:instance/{self.instance}"


class Job(StrEnum):
    """What a spoke does about images and snapshots: write until when they are kept, delete what is past its date."""

    TAGGING = "tagging"
    EXPIRY = "expiry"


Id = Annotated[str, Meta(max_length=64)]
Day = Annotated[str, Meta(max_length=10)]
Number = Annotated[int, Meta(ge=0)]
Amount = Annotated[float, Meta(ge=0)]


class BackupFailure(msgspec.Struct, frozen=True):
    """An image or snapshot with which something could not be done, and why."""

    id: Id
    reason: Words


class DueBackup(msgspec.Struct, frozen=True):
    """An image or snapshot past its date; `kept` says why it is not deleted, empty: nothing speaks against it."""

    id: Id
    delete_on: Day
    gib: Amount = 0
    kept: Name = ""


class RetentionReport(SpokeEvent, frozen=True, kw_only=True):
    """What a run of a job made of a spoke's images and snapshots. `error`: it came to no end, and why.

    `interval_seconds` is how long it may be until the next. `images` and `snapshots` were looked at, `delete_on` counts
    what is kept until a day (of many days, the first), `skipped` and `kept` count by reason. `due` are past their date:
    `due_gib` at most, at `due_cost` dollars a month; of the examples, only some. Of a run that is not whole, the time
    was up: it looked at a part, and the next goes on.
    """

    job: Job
    run: Annotated[str, Meta(max_length=64)]
    interval_seconds: Annotated[int, Meta(ge=60, le=31_622_400)]
    started_at: Annotated[str, Meta(max_length=32)] = ""
    seconds: Amount = 0
    peak_memory_mb: Number = 0
    error: Words = ""
    mode: Name = ""
    retention: Name = ""
    images: Number = 0
    snapshots: Number = 0
    amis_tagged: Number = 0
    snapshots_tagged: Number = 0
    unreadable: Number = 0
    failed: Number = 0
    failures: Annotated[tuple[BackupFailure, ...], Meta(max_length=MOST_EXAMPLES)] = ()
    delete_on: Annotated[dict[Day, Number], Meta(max_length=MOST_DATES)] = {}
    skipped: Annotated[dict[Name, Number], Meta(max_length=MOST_EXAMPLES)] = {}
    due: Number = 0
    due_gib: Amount = 0
    due_cost: Amount = 0
    examples: Annotated[tuple[DueBackup, ...], Meta(max_length=MOST_EXAMPLES)] = ()
    kept: Annotated[dict[Name, Number], Meta(max_length=MOST_EXAMPLES)] = {}
    marked: Number = 0
    unmarked: Number = 0
    deleted: Number = 0
    deleted_gib: Amount = 0
    deleted_cost: Amount = 0
    is_whole: bool = True

    def __post_init__(self) -> None:
        """Refuse what does not sort as a time."""
        check_iso(self.started_at)
