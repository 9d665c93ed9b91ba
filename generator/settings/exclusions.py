"""`[[exclusions]]`."""

from collections.abc import Iterator
from fnmatch import fnmatchcase

from pydantic import Field

from contract.catalogue import ATTEMPTED
from generator.settings.ids import IDS, why_unknown
from generator.settings.kinds import AccountId, Day, Glob
from generator.settings.section import Broken, Section

_FITTING = ("actors", "actor_kinds", "invoked_by", "source_ips", "api_calls", "resources", "accounts", "ous", "tags")


class Exclusion(Section):
    """What is normal here and raises nothing; of each list that is given one entry must fit, * stands for any text."""

    reason: str = Field(
        min_length=3,
        description="why this is normal, for whoever asks later",
        examples=["the pipeline changes policies all day"],
    )
    detections: tuple[Glob, ...] = Field(
        default=(),
        description="ids of detections; without any, all of them",
        examples=[["iam.policy_changed", "vpc.*"]],
    )
    actors: tuple[Glob, ...] = Field(
        default=(), description="names, roles or ARNs of callers", examples=[["deploy", "arn:aws:iam::*:role/ci-*"]]
    )
    actor_kinds: tuple[Glob, ...] = Field(
        default=(), description="kinds of callers, as findings show them", examples=[["service-linked-role"]]
    )
    invoked_by: tuple[Glob, ...] = Field(
        default=(), description="services that call for somebody", examples=[["cloudformation.amazonaws.com"]]
    )
    source_ips: tuple[Glob, ...] = Field(
        default=(), description="addresses, or names of services, that calls come from", examples=[["192.0.2.*"]]
    )
    api_calls: tuple[Glob, ...] = Field(
        default=(), description="API calls as source:name", examples=[["s3.amazonaws.com:HeadBucket"]]
    )
    resources: tuple[Glob, ...] = Field(
        default=(), description="ARNs of resources", examples=[["arn:aws:s3:::website-*"]]
    )
    accounts: tuple[AccountId, ...] = Field(default=(), description="ids of accounts", examples=[["444455556666"]])
    ous: tuple[Glob, ...] = Field(
        default=(),
        description="organizational units by id or by path, with all below them",
        examples=[["ou-exam-12345678", "Root/Sandbox"]],
    )
    tags: tuple[Glob, ...] = Field(
        default=(), description="tags of the account as key=value", examples=[["Environment=sandbox"]]
    )
    until: Day = Field(default="", description="first day on which it holds no more, UTC", examples=["2027-06-01"])

    def broken_rules(self) -> Iterator[Broken]:
        """Yield an exclusion of everything, and ids that no detection has."""
        if not (self.detections or any(getattr(self, name) for name in _FITTING)):
            yield (), f"this leaves out every finding; give detections or one of {', '.join(_FITTING)}"
        for place, wanted in enumerate(self.detections):
            if not any(fnmatchcase(name, wanted) for one in IDS for name in (one, f"{one}{ATTEMPTED}")):
                yield ("detections", place), f"{wanted} {why_unknown(wanted)}"
        for place, tag in enumerate(self.tags):
            if "=" not in tag:
                yield ("tags", place), f"{tag} is no tag; write it as key=value"
