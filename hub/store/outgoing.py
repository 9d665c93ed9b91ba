"""What waits to be told, and what the hub remembers of a target: plain data."""

from enum import StrEnum

import msgspec

from contract.finding import Severity


class Transition(StrEnum):
    """Why people hear of a finding."""

    OPENED = "opened"
    REOPENED = "reopened"
    WORSENED = "worsened"
    ESCALATED = "escalated"


class Pending(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that a target is to hear of, once. Times are `contract.clock.iso` text.

    A finding's transition, or a digest (`digest` is its payload). `message` is the id of the message that it went
    into, and `kind` that message's, from the moment before that is sent; `attempts` counts how often that failed. It
    waits until `not_before`.
    """

    key: str
    at: str
    finding: str = ""
    detection: str = ""
    account: str = ""
    severity: Severity = Severity.INFORMATIONAL
    transition: Transition = Transition.OPENED
    route: str = ""
    digest: dict[str, object] = {}
    not_before: str = ""
    message: str = ""
    kind: str = ""
    attempts: int = 0

    @property
    def subject(self) -> str:
        """What it is about: a detection in an account."""
        return f"{self.detection}#{self.account}"

    @property
    def group(self) -> str:
        """What is merged: a detection's findings in an account; what escalates waits for no window of the others."""
        return f"{self.transition}#{self.subject}" if self.transition is Transition.ESCALATED else self.subject


class Window(msgspec.Struct, frozen=True):
    """Until when a group's findings are merged, and the worst severity that was told when it opened."""

    until: str
    rank: int


class Post(msgspec.Struct, frozen=True):
    """That a message was taken up for sending, and when."""

    id: str
    at: str


class TargetState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is remembered of a target: open windows by group, the messages of the last hour, its health.

    `overflow_since`: since when more waits than the cap lets through. `failing_since`: it has failed since then, why
    in `failure`. `wake_at`: a wake-up is on its way that comes then.
    """

    windows: dict[str, Window] = {}
    posts: tuple[Post, ...] = ()
    overflow_since: str = ""
    wake_at: str = ""
    failing_since: str = ""
    failure: str = ""
    last_sent_at: str = ""
