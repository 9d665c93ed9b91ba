"""What a channel sends: everything that people and programs are told, whatever form the channel gives it.

No text here is safe to be markup: each channel escapes what it writes. Texts are one line each and of bounded length.
"""

from enum import StrEnum

import msgspec

from contract.finding import Finding, Severity


class Kind(StrEnum):
    """What a notification is about."""

    ALERT = "alert"
    SUMMARY = "summary"
    DIGEST = "digest"
    TEST = "test"


class Link(msgspec.Struct, frozen=True):
    """Where a reader goes on. `is_action`: it leads to a decision (acknowledge, suppress)."""

    label: str
    address: str
    is_action: bool = False


class Row(msgspec.Struct, frozen=True):
    """A finding as one line of a list; `place` names account and Region, `address` may be empty."""

    severity: Severity
    title: str
    place: str = ""
    when: str = ""
    address: str = ""


class Table(msgspec.Struct, frozen=True):
    """Numbers or names under a heading; each row has as many cells as `columns`. `note` says what lacks."""

    heading: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


class Picture(msgspec.Struct, frozen=True):
    """A picture within the message; `name` is its Content-ID, `text` what it shows, for those who do not see it."""

    name: str
    text: str
    png: bytes


class Notification(msgspec.Struct, frozen=True, kw_only=True):
    """A message. `id` is the same whenever the same is sent again; those of one `thread` belong together.

    `title` says it in one line, `subject` in one line for a list of messages, `reason` why it comes now, `place` where.
    `rows` are the other findings that it tells of, `more` how many there are beside those. `findings` are for programs:
    the one that it is about first; of many, the first ones. `reasons` say why each of them comes now, `count` how many
    the message tells of; `is_escalation`: nobody has acknowledged it. `severity` is None where there is none, as for a
    digest.
    """

    id: str
    kind: Kind
    subject: str
    title: str
    thread: str = ""
    severity: Severity | None = None
    reason: str = ""
    place: str = ""
    facts: dict[str, str] = {}
    sections: dict[str, str] = {}
    rows: tuple[Row, ...] = ()
    more: int = 0
    tables: tuple[Table, ...] = ()
    pictures: tuple[Picture, ...] = ()
    links: tuple[Link, ...] = ()
    footer: str = ""
    findings: tuple[Finding, ...] = ()
    reasons: tuple[str, ...] = ()
    is_escalation: bool = False
    count: int = 0
