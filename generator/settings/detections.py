"""`[detections]` and `[detections."<id>"]`."""

from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import ConfigDict, Field, model_validator

from contract.catalogue import ATTEMPTED
from contract.finding import Mode, Severity
from generator.settings.ids import IDS, why_unknown
from generator.settings.kinds import AccountId, BucketPattern, Cidr, Count, Days, Port, RegionName, Switch
from generator.settings.section import Broken, Section, refuse
from hub.detections.catalogue import DETECTIONS
from hub.detections.settings import DEFAULTS

_COUNTING = {one.id for one in DETECTIONS if one.window}


class DetectionSetting(Section):
    """What is different about one detection; docs/detections.md lists their ids."""

    mode: Mode | None = Field(
        default=None,
        description="what becomes of its findings: live tells people, monitor only stores them, off drops them",
        examples=["monitor"],
    )
    severity: Severity | None = Field(
        default=None, description="severity in place of the detection's own", examples=["LOW"]
    )
    count: Count | None = Field(
        default=None,
        description="how many of the same within its time make a finding, for a detection that counts",
        examples=[20],
    )


class Detections(Section):
    """What is normal here; every other key is a detection's id."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, DetectionSetting] = Field(init=False)

    allowed_ports: tuple[Port, ...] = Field(default=(80, 443), description="ports that may face the world")
    allowed_cidrs: tuple[Cidr, ...] = Field(
        default=(), description="networks that are no strangers", examples=[["192.0.2.0/24"]]
    )
    trusted_accounts: tuple[AccountId, ...] = Field(
        default=(),
        description="accounts outside the organization that are no strangers, such as vendors'",
        examples=[["444455556666"]],
    )
    allowed_regions: tuple[RegionName, ...] = Field(
        default=(),
        description="Regions where things may be started; empty: all of them. Only Regions with spokes are seen",
        examples=[["eu-central-1", "us-east-1"]],
    )
    log_buckets: tuple[BucketPattern, ...] = Field(
        default=DEFAULTS.log_buckets, description="buckets that hold logs, which must not be deleted early"
    )
    minimum_log_bucket_days: Days = Field(
        default=DEFAULTS.minimum_log_bucket_days,
        description="days for which buckets of logs, and event data stores, keep them at least",
    )
    minimum_log_group_days: Days = Field(
        default=DEFAULTS.minimum_log_group_days, description="days for which log groups keep their logs at least"
    )
    usual_exclusions: Switch = Field(
        default=True,
        description="leave out what AWS's services do by themselves every day; docs/detections.md lists it",
    )
    read_only_calls: Switch = Field(
        default=True,
        description="forward the read-only calls that detections name, such as reading a secret: about $1 per million",
    )
    refused_calls: Switch = Field(
        default=True,
        description="forward refused changes of every kind, to count them; a refused call that a detection names comes "
        "either way, as an attempt",
    )

    def broken_rules(self) -> Iterator[Broken]:
        """Yield counts of detections that do not count."""
        for name, one in self.by_id.items():
            if one.count and name not in _COUNTING:
                yield (name, "count"), "this detection does not count; docs/detections.md says which do"

    @model_validator(mode="before")
    @classmethod
    def _names_detections(cls, given: Any) -> Any:
        known = {*cls.model_fields, *IDS}
        keys = given if isinstance(given, dict) else {}
        refuse(cls, [((key,), _unknown(key, cls.model_fields)) for key in keys if key not in known])
        return given

    @property
    def by_id(self) -> dict[str, DetectionSetting]:
        """Detection id → its exceptions."""
        return dict(self.__pydantic_extra__ or {})


def _unknown(key: str, settings: Iterable[str]) -> str:
    if key.removesuffix(ATTEMPTED) in IDS:
        whole = key.removesuffix(ATTEMPTED)
        return f"has no table of its own: {whole} holds for refused attempts too; leave them out with [[exclusions]]"
    if any(one.startswith(f"{key}.") for one in IDS):
        return f'is half of a detection\'s id; write the whole id in quotes: [detections."{key}.…"]'
    return why_unknown(key, also=settings)
