"""What an installation costs: what stands by itself, counted in the templates, and what a month's work adds."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import msgspec

from generator.config import Config
from generator.functions import BACKUP_TAGGER, DETECTOR, FUNCTIONS, HEARTBEAT, INGESTER, REPORTS, Function
from generator.hub_stack import hub_stack

# AWS's list prices in us-east-1, in US dollars; free tiers are not counted.
EVENT_TO_ANOTHER_ACCOUNT = 1.00e-6
QUEUE_REQUEST = 0.40e-6
# Of arm64, which functions run on unless spoke.architecture says otherwise; x86_64 costs a quarter more.
INVOCATION, GIGABYTE_SECOND = 0.20e-6, 1.33334e-5
WRITE_UNIT, READ_UNIT = 0.625e-6, 0.125e-6
LOG_BYTE = 0.50e-9

HOURS = 730
_WIDE = 5  # pollers of a queue's mapping, each asking for 20 seconds at a time (Lambda guide, "Scaling and processing")
_POLLS = _WIDE * 3 * 60 * HOURS
_OWN_METRICS = 66
# Seconds that the packaged functions take when warm; a heartbeat calls six services.
_HEARTBEAT_SECONDS, _BATCH_SECONDS, _BATCH = 1.5, 0.1, 10
# A daily run begins cold: EC2's client takes most of it (docs/retention.md).
_RETENTION_SECONDS, _REPORT_UNITS = 3.0, 2
_DAYS = 365 / 12
RETENTION = ("runs over images and snapshots", "their reports")
LOGGED = 1_000  # bytes of a run: Lambda's own lines and the metrics


class Cost(msgspec.Struct, frozen=True):
    """So many of a thing, each at a price in dollars a month."""

    what: str
    number: float
    price: float
    why: str = ""

    @property
    def total(self) -> float:
        """Dollars a month."""
        return self.number * self.price


class Load(msgspec.Struct, frozen=True):
    """What an account does in a month; the defaults are a busy one's, in two Regions."""

    regions: int = 2
    events: int = 3_000
    live_findings: int = 500
    refreshes: int = 15_000
    new_findings: int = 50


class Units(msgspec.Struct, frozen=True):
    """DynamoDB's units for a finding: a new one's, and those of one that is heard of again."""

    new_writes: float = 5
    again_reads: float = 0.5


def hub_costs(config: Config) -> list[Cost]:
    """Return what the hub costs by being there, before any event."""
    return standing_costs(
        [*hub_stack(config, {what.name: f"{what.name}.zip" for what in FUNCTIONS}).to_dict()["Resources"].values()]
    )


def standing_costs(resources: Collection[Mapping[str, Any]]) -> list[Cost]:
    """Return what the resources of the hub's stack cost by being there."""
    kinds = Counter(one["Type"] for one in resources)
    rules = sum(len(one["Properties"]["Rules"]) for one in resources if one["Type"] == "AWS::WAFv2::WebACL")
    queues = sum(_reads_queue(one) for one in resources)
    standing = [
        Cost("CloudWatch alarms", kinds["AWS::CloudWatch::Alarm"], 0.10),
        Cost("custom metrics", _OWN_METRICS, 0.30, "at most; those of parts that are off do not come to be"),
        Cost("firewall of the API", kinds["AWS::WAFv2::WebACL"], 5.00, "`api.enabled = false` goes without"),
        Cost("its rules", rules, 1.00),
        Cost("customer key", kinds["AWS::KMS::Key"], 1.00),
        Cost("keys of links", kinds["AWS::SecretsManager::Secret"], 0.40, "`web.action_links = false` goes without"),
        Cost("CloudWatch dashboard", kinds["AWS::CloudWatch::Dashboard"], 3.00, "an account's first three are free"),
        Cost(
            "addresses of a VPC's endpoints",
            _addresses(resources),
            0.01 * HOURS,
            "`network.enabled = false` goes without",
        ),
        Cost("Contributor Insights rule", kinds["AWS::CloudWatch::InsightRule"], 0.50),
        Cost("queues that functions poll", queues, _POLLS * QUEUE_REQUEST, "an account's first million polls is free"),
    ]
    return [one for one in standing if one.number]


def _addresses(resources: Iterable[Mapping[str, Any]]) -> int:
    """Return how many network interfaces the endpoints have: one in each zone."""
    return sum(
        len(one["Properties"].get("SubnetIds", ())) for one in resources if one["Type"] == "AWS::EC2::VPCEndpoint"
    )


def _reads_queue(resource: Mapping[str, Any]) -> bool:
    is_mapping = resource["Type"] == "AWS::Lambda::EventSourceMapping"
    return is_mapping and "StartingPosition" not in resource["Properties"]


def account_costs(load: Load = Load(), units: Units = Units()) -> list[Cost]:  # noqa: B008 - they are frozen
    """Return what one account's month adds: its heartbeats, its events and its findings."""
    beats = load.regions * HOURS
    in_hub = message_price(DETECTOR)
    runs = load.regions * _DAYS
    return [
        Cost(
            "heartbeats", beats, run_price(HEARTBEAT, _HEARTBEAT_SECONDS) + EVENT_TO_ANOTHER_ACCOUNT, "hourly, a Region"
        ),
        Cost("their reports in the hub", beats, message_price(REPORTS) + WRITE_UNIT),
        Cost(
            RETENTION[0],
            runs,
            run_price(BACKUP_TAGGER, _RETENTION_SECONDS) + EVENT_TO_ANOTHER_ACCOUNT,
            "daily, a Region; reads of EC2 are free",
        ),
        Cost(RETENTION[1], runs, message_price(REPORTS) + _REPORT_UNITS * WRITE_UNIT),
        Cost("forwarded events", load.events, EVENT_TO_ANOTHER_ACCOUNT + in_hub + READ_UNIT),
        Cost("findings heard of again", load.refreshes, message_price(INGESTER) + units.again_reads * READ_UNIT),
        Cost("new findings", load.new_findings, units.new_writes * WRITE_UNIT + 2 * in_hub, "counted and told as well"),
        Cost("logs", LOGGED * (beats + runs + (beats + load.events + load.refreshes) / _BATCH), LOG_BYTE, "bytes"),
    ]


def message_price(what: Function) -> float:
    """Return dollars for one message: sent, and its share of a batch's receipt, deletion and run."""
    return QUEUE_REQUEST * (1 + 2 / _BATCH) + run_price(what, _BATCH_SECONDS) / _BATCH


def run_price(what: Function, seconds: float) -> float:
    """Return dollars for one run of so many seconds."""
    return INVOCATION + what.memory / 1024 * seconds * GIGABYTE_SECOND


def total(costs: list[Cost]) -> float:
    """Return dollars a month."""
    return sum(one.total for one in costs)
