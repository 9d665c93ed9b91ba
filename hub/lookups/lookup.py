"""What a look-up is: a question about a finding, reads in its account, and an answer."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from contract.finding import Confidence, Mode, Severity

# By a service's name, its client in the account and Region of the question.
Clients = Callable[[str], Any]


class NotYetError(RuntimeError):
    """What is looked up is still becoming; the question comes again."""


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What the look-ups' queue holds.

    `facts` are texts of the event, by the look-up's names for them. `besides` are detections that found something in
    the same event of which the look-up says nothing. With `mode`, the finding is told to people only now.
    """

    finding: str
    lookup: str
    account: str
    region: str
    resource: str
    facts: dict[str, list[str]] = {}
    besides: tuple[str, ...] = ()
    mode: Mode | None = None

    @property
    def name(self) -> str:
        """The last part of the resource's ARN."""
        return self.resource.replace("/", ":").rpartition(":")[2]

    def fact(self, name: str) -> str:
        """Return the first text of a fact; empty when the event does not say it."""
        return next(iter(self.facts.get(name, ())), "")


class Answer(msgspec.Struct, frozen=True):
    """What was seen, in words, and what it makes of the finding; no severity: it stays.

    With `owners`, the severity is meant only where one of these accounts is a stranger.
    """

    said: str
    confidence: Confidence
    severity: Severity | None = None
    owners: tuple[str, ...] = ()


class Lookup(msgspec.Struct, frozen=True, kw_only=True):
    """A look-up: `actions` are IAM's names of `answer`'s reads, `facts` the paths in the event that it needs.

    `doc` says when it closes the finding or changes its severity.
    """

    answer: Callable[[Question, Clients], Answer]
    doc: str
    actions: tuple[str, ...]
    facts: Mapping[str, str] = {}


def confirmed(said: str, severity: Severity | None = None) -> Answer:
    """Return that it is so."""
    return Answer(said, Confidence.CONFIRMED, severity)


def refuted(said: str) -> Answer:
    """Return that nothing is open."""
    return Answer(said, Confidence.REFUTED)


def undecided(said: str) -> Answer:
    """Return that the reads do not decide either."""
    return Answer(said, Confidence.UNCONFIRMED)
