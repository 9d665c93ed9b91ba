"""`[[exclusions]]`."""

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from typing import Annotated

from pydantic import Field

from contract.catalogue import ATTEMPTED
from generator.settings.ids import IDS, why_unknown
from generator.settings.kinds import (
    AccountId,
    ActorKind,
    ApiCallGlob,
    Day,
    Form,
    Glob,
    ResourceGlob,
    SourceGlob,
)
from generator.settings.section import Broken, Section

# What stands for a reason in exclusions that `muster backtest` proposes.
UNSAID = "say here why they are fine"
_EVERYWHERE = ("0.0.0.0/0", "::/0")
_FITTING = ("actors", "actor_kinds", "invoked_by", "source_ips", "api_calls", "resources", "accounts", "ous", "tags")


class Exclusion(Section):
    """What is normal here and raises nothing; of each list that is given one entry must fit, * stands for any text."""

    reason: Annotated[str, Form("a few words")] = Field(
        description="why this is normal, for whoever asks later",
        examples=["the pipeline changes policies all day"],
    )
    detections: tuple[Glob, ...] = Field(
        default=(),
        description="ids of detections, `<id>.attempted` for refused calls alone; without any, all of them",
        examples=[["iam.policy_changed", "vpc.*"]],
    )
    actors: tuple[Glob, ...] = Field(
        default=(),
        description="names, or ARNs, of callers; a role's, as IAM has it, stands for its sessions",
        examples=[["deploy", "arn:aws:iam::*:role/ci-*"]],
    )
    actor_kinds: tuple[ActorKind, ...] = Field(
        default=(), description="kinds of callers, as findings show them", examples=[["service-linked-role"]]
    )
    invoked_by: tuple[Glob, ...] = Field(
        default=(), description="services that call for somebody", examples=[["cloudformation.amazonaws.com"]]
    )
    source_ips: tuple[SourceGlob, ...] = Field(
        default=(),
        description="where calls come from",
        examples=[["192.0.2.0/24", "cloudformation.amazonaws.com"]],
    )
    api_calls: tuple[ApiCallGlob, ...] = Field(
        default=(), description="API calls, as docs/detections.md lists them", examples=[["s3:HeadBucket"]]
    )
    resources: tuple[ResourceGlob, ...] = Field(
        default=(), description="resources of findings", examples=[["arn:aws:s3:::website-*"]]
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
    until: Day = Field(
        default="", description="first day on which it holds no more, by the events' time, UTC", examples=["2027-06-01"]
    )

    def broken_rules(self) -> Iterator[Broken]:
        """Yield a reason that is none, an exclusion of everything, and ids that no detection has."""
        if len(self.reason) < 3 or UNSAID in self.reason:
            yield ("reason",), "says nothing yet; write why this is normal, for whoever asks later"
        yield from self._too_wide()
        for place, wanted in enumerate(self.detections):
            if not any(fnmatchcase(name, wanted) for one in IDS for name in (one, f"{one}{ATTEMPTED}")):
                yield ("detections", place), f"{wanted} {why_unknown(wanted)}"
        for place, tag in enumerate(self.tags):
            if "=" not in tag:
                yield ("tags", place), f"{tag} is no tag; write it as key=value"

    def _too_wide(self) -> Iterator[Broken]:
        if not all(_is_anything(getattr(self, name)) for name in _FITTING):
            return
        if not self.detections or any(all(fnmatchcase(one, wanted) for one in IDS) for wanted in self.detections):
            yield (), f"this leaves out every finding; give detections or one of {', '.join(_FITTING)}"
            return
        for place, wanted in enumerate(self.detections):
            if wanted in IDS and not self.until:
                mend = f'write [detections."{wanted}"] mode = "off", which is not forwarded either'
                yield ("detections", place), f"this leaves out all that {wanted} finds; {mend}, or say whose"


def _is_anything(globs: Sequence[str]) -> bool:
    """Whether a list, of which one entry is enough, asks for nothing."""
    return not globs or any(one in _EVERYWHERE or not set(one) - set("*?") for one in globs)
