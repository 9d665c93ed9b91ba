"""`[[suppressions]]`."""

import re
from collections.abc import Iterator
from datetime import date
from fnmatch import fnmatchcase
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from contract.catalogue import ATTEMPTED
from generator.settings.ids import IDS, why_unknown
from generator.settings.kinds import AccountId, Form, Glob, RegionName, UnitId
from generator.settings.section import Broken, Section

NEVER = "never"
# What our own detections are called; controls (`EC2.19`) and other products' findings are called otherwise.
_OURS = re.compile(r"[a-z][a-z0-9_]*\.[a-z0-9_.*?]+")
_COVERING = ("detections", "accounts", "ous", "regions", "resources", "actors")


def _end(text: str) -> str:
    try:
        return text if text == NEVER else date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise ValueError(f"{text} is no day; write it as 2027-06-01, or {NEVER}") from error


End = Annotated[
    str,
    BeforeValidator(lambda given: given.isoformat() if isinstance(given, date) else given),
    AfterValidator(_end),
    Form("a day such as 2027-06-01, or never"),
]
SuppressionId = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{1,62}$"),
    Form("2 to 63 lower-case letters, digits and hyphens"),
]


class Suppression(Section):
    """What is found, but accepted: stored, shown as accepted, and told to nobody; of each list one entry must fit."""

    id: SuppressionId = Field(description="its name, under which findings show it", examples=["public-website"])
    reason: Annotated[str, StringConstraints(min_length=3, max_length=400), Form("a few words")] = Field(
        description="why this is accepted", examples=["the website's bucket is public on purpose"]
    )
    owner: Annotated[str, StringConstraints(min_length=2, max_length=100), Form("a person or team")] = Field(
        description="who accepts it, and is asked when it ends", examples=["web-team@example.com"]
    )
    until: End = Field(
        description="first day on which it holds no more, UTC; its findings open again then", examples=["2027-06-01"]
    )
    detections: tuple[Glob, ...] = Field(
        default=(), description="detections, or controls of Security Hub", examples=[["S3.8", "iam.policy_*"]]
    )
    accounts: tuple[AccountId, ...] = Field(default=(), description="ids of accounts", examples=[["444455556666"]])
    ous: tuple[UnitId, ...] = Field(
        default=(), description="organizational units, with all below them", examples=[["ou-exam-12345678"]]
    )
    regions: tuple[RegionName, ...] = Field(default=(), description="where it is accepted", examples=[["eu-central-1"]])
    resources: tuple[Glob, ...] = Field(
        default=(), description="resources, as findings name them", examples=[["arn:aws:s3:::website-*"]]
    )
    actors: tuple[Glob, ...] = Field(default=(), description="callers, by name or ARN", examples=[["deploy"]])

    def broken_rules(self) -> Iterator[Broken]:
        """Yield a suppression of everything, and ids that no detection has."""
        if all(not set("".join(getattr(self, name))) - set("*?") for name in _COVERING):
            yield (), f"this accepts every finding; give one of {', '.join(_COVERING)}"
        for place, wanted in enumerate(self.detections):
            is_ours = _OURS.fullmatch(wanted)
            if is_ours and not any(fnmatchcase(name, wanted) for one in IDS for name in (one, f"{one}{ATTEMPTED}")):
                yield ("detections", place), f"{wanted} {why_unknown(wanted)}"

    def written(self) -> dict[str, Any]:
        """Return it as the hub stores it (`hub.store.suppressions.Suppression`)."""
        until = "" if self.until == NEVER else f"{self.until}T00:00:00.000000Z"
        return {**self.model_dump(mode="json"), "until": until}
