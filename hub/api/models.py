"""What the API takes and gives; its OpenAPI document is made of these."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal

import msgspec
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, create_model, model_validator

from contract.finding import Finding, Severity, Status, Workflow
from hub.store.accounts import Account
from hub.store.history import Entry
from hub.store.rollups import Summary

# API Gateway takes 10,240 bytes of request line and headers; a cursor has a place in each of 80 buckets.
LONGEST_CURSOR = 6_144
Id = Annotated[str, Field(pattern=r"^[\w-]{1,64}$", description="a finding's id")]
# Security Hub refuses texts without a visible character (API reference, NonEmptyString).
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=512)]
AccountId = Annotated[str, Field(pattern=r"^\d{12}$")]
Day = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$", description="a day, such as 2026-11-20")]


class Row(BaseModel):
    """A finding as lists show it."""

    id: str
    detection: str
    title: str
    severity: Severity
    account: str
    region: str
    resource: str
    product: str
    actor: str
    status: str
    workflow: Workflow
    first_seen: str

    @classmethod
    def of(cls, finding: Finding) -> "Row":
        """Return a listed finding."""
        return cls(**{name: getattr(finding, name) for name in cls.model_fields})


class Page(BaseModel):
    """A page of a list, newest first; `cursor` asks for the next one, null: there is none."""

    findings: list[Row]
    cursor: str | None


class Change(BaseModel):
    """A change of a finding: its revision since, when, by whom (empty: its provider), field: before and after."""

    revision: int
    at: str
    by: str
    changes: dict[str, tuple[str, str]]

    @classmethod
    def of(cls, entry: Entry) -> "Change":
        """Return a remembered change."""
        return cls(revision=entry.revision, at=entry.at, by=entry.by, changes=entry.changes)


# Every field of a finding, also those that are as usual, which its own JSON leaves out.
_FIELDS: dict[str, Any] = {one.name: (one.type, ...) for one in msgspec.structs.fields(Finding)}
Everything: Any = create_model("Everything", __doc__="All that is known of a finding.", **_FIELDS)


class Whole(BaseModel):
    """A whole finding, what became of it, and whether somebody should look at it."""

    finding: Everything
    status: Status
    history: list[Change]

    @classmethod
    def of(cls, finding: Finding, history: Iterable[Entry]) -> "Whole":
        """Return a whole finding."""
        told = Everything(**msgspec.structs.asdict(finding))
        return cls(finding=told, status=finding.status, history=[Change.of(one) for one in history])


class Decided(BaseModel):
    """What is decided about a finding; what is left out stays as it is."""

    model_config = ConfigDict(extra="forbid")

    workflow: Literal["NEW", "NOTIFIED", "RESOLVED", "SUPPRESSED"] | None = None
    note: Text | None = None
    assignee: Annotated[str, StringConstraints(strip_whitespace=True, max_length=128)] | None = None
    reason: Annotated[str, Field(max_length=512, description="why it is suppressed")] = ""
    until: Annotated[
        str, Field(pattern=r"^(\d{4}-\d{2}-\d{2})?$", description="last day of a suppression, UTC; empty: for good")
    ] = ""

    @model_validator(mode="after")
    def _is_whole(self) -> "Decided":
        is_suppressing = self.workflow == "SUPPRESSED"
        if is_suppressing and not self.reason.strip():
            raise ValueError("reason: say why it is suppressed")
        if not is_suppressing and (self.reason or self.until):
            raise ValueError("reason and until are for workflow SUPPRESSED")
        if self.workflow is None and self.note is None and self.assignee is None:
            raise ValueError("give one of workflow, note, assignee")
        return self


class Overview(BaseModel):
    """The organization at a glance: open and accepted findings by severity, new ones by day and severity."""

    open: dict[str, int]
    accepted: dict[str, int]
    by_day: dict[str, dict[str, int]]

    @classmethod
    def of(cls, summary: Summary) -> "Overview":
        """Return the counters."""
        return cls(open=summary.open, accepted=summary.accepted, by_day=summary.by_day)


class Member(BaseModel):
    """An account of the organization."""

    id: str
    name: str
    ou_path: str
    ou_ids: tuple[str, ...]
    owner: str
    status: str

    @classmethod
    def of(cls, account: Account) -> "Member":
        """Return an account as the hub knows it."""
        return cls(**{name: getattr(account, name) for name in cls.model_fields})


class Members(BaseModel):
    """The organization's accounts, also those that left."""

    accounts: list[Member]


class Health(BaseModel):
    """Whether the API reaches its data."""

    status: Literal["ok"]
    version: str


class Problem(BaseModel):
    """Why a request was not answered (RFC 9457); what API Gateway refuses by itself leaves the status out."""

    type: str = "about:blank"
    title: str
    status: int | None = None
    detail: str
