"""What a backtest found, for people and for scripts."""

from collections import Counter
from collections.abc import Mapping

from pydantic import BaseModel

from contract.clock import iso
from contract.finding import Mode, Severity
from generator.backtest.frequent import Count
from generator.backtest.proposal import Proposal, proposals
from generator.backtest.run import Run
from generator.backtest.tally import DetectionTally, PlaceTally

_MOST_ACTORS = 10
# aws.amazon.com/eventbridge/pricing: events sent to a bus of another account, in US East (N. Virginia).
DOLLARS_A_MILLION = 1.0


class Files(BaseModel):
    """How many files were read, skipped (no logs, other days), and damaged; `damages` names the first hundred."""

    read: int
    skipped: int
    damaged: int
    damages: dict[str, str]


class Events(BaseModel):
    """How many events were judged and forwarded, and what EventBridge takes for it.

    Repeated ones, those of another time and other items were not.
    """

    read: int
    forwarded: int
    forwarded_share: float
    forwarding_dollars: float
    repeated: int
    outside: int
    other: int


class Actor(BaseModel):
    """A noisy caller; the true number of findings lies between `at_least` and `findings`."""

    actor: str
    findings: int
    at_least: int


class DetectionCount(BaseModel):
    """The findings of a detection (`….attempted`: of refused calls)."""

    detection: str
    mode: Mode
    findings: int
    by_severity: dict[Severity, int]
    excluded: int
    actors: list[Actor]


class PlaceCount(BaseModel):
    """The events and findings of a day, or of an account."""

    events: int
    forwarded: int
    findings: int
    by_severity: dict[Severity, int]


class BacktestReport(BaseModel):
    """What `muster backtest --json` prints. Times are UTC; `toml` holds the proposed exclusions, ready to be pasted."""

    first_event: str | None
    last_event: str | None
    files: Files
    events: Events
    findings: int
    by_severity: dict[Severity, int]
    by_mode: dict[Mode, int]
    detections: list[DetectionCount]
    days: dict[str, PlaceCount]
    accounts: dict[str, PlaceCount]
    exclusions: list[Proposal]
    toml: str
    approximate: list[str]


def report_of(run: Run) -> BacktestReport:
    """Return what a run found."""
    tally, progress = run.tally, run.progress
    detections = [_detection(identifier, held) for identifier, held in tally.detections.items()]
    proposed = proposals(tally.detections, _period(run))
    modes: Counter[Mode] = Counter()
    for one in detections:
        modes[one.mode] += one.findings
    return BacktestReport(
        first_event=iso(tally.first) if tally.first else None,
        last_event=iso(tally.last) if tally.last else None,
        files=Files(
            read=progress.files,
            skipped=progress.skipped,
            damaged=progress.damaged,
            damages={one.file: one.reason for one in run.damages},
        ),
        events=Events(
            read=progress.events,
            forwarded=tally.total.forwarded,
            forwarded_share=tally.total.forwarded / progress.events if progress.events else 0.0,
            forwarding_dollars=tally.total.forwarded * DOLLARS_A_MILLION / 1_000_000,
            repeated=progress.repeated,
            outside=progress.outside,
            other=progress.other,
        ),
        findings=tally.total.severities.total(),
        by_severity=_by_severity(tally.total.severities),
        by_mode=dict(modes),
        detections=sorted(detections, key=lambda one: (-one.findings, one.detection)),
        days={day: _place(held) for day, held in sorted(tally.days.items())},
        accounts={account: _place(held) for account, held in sorted(tally.accounts.items())},
        exclusions=proposed,
        toml="\n\n".join(one.toml() for one in proposed),
        approximate=_approximate(run),
    )


def _period(run: Run) -> str:
    first, last = run.tally.first, run.tally.last
    if not (first and last):
        return ""
    return f"from {first:%Y-%m-%d} to {last:%Y-%m-%d}" if first.date() < last.date() else f"on {first:%Y-%m-%d}"


def _detection(identifier: str, held: DetectionTally) -> DetectionCount:
    return DetectionCount(
        detection=identifier,
        mode=held.mode,
        findings=held.severities.total(),
        by_severity=_by_severity(held.severities),
        excluded=held.excluded,
        actors=_actors(held),
    )


def _actors(held: DetectionTally) -> list[Actor]:
    counts: dict[str, Count] = {}
    for caller, count in held.callers.ranked():
        known = counts.setdefault(caller.name, Count(0))
        known.most += count.most
        known.error += count.error
    ranked = sorted(counts.items(), key=lambda one: (-one[1].most, one[0]))[:_MOST_ACTORS]
    return [Actor(actor=name, findings=count.most, at_least=count.least) for name, count in ranked]


def _place(held: PlaceTally) -> PlaceCount:
    return PlaceCount(
        events=held.events,
        forwarded=held.forwarded,
        findings=held.severities.total(),
        by_severity=_by_severity(held.severities),
    )


def _by_severity(counts: Mapping[Severity, int]) -> dict[Severity, int]:
    """Return the counts, the worst severity first."""
    return {one: counts[one] for one in reversed(Severity) if counts.get(one)}


def _approximate(run: Run) -> list[str]:
    """Return what of the report is not exact, and why; counts of events and findings are."""
    if not run.progress.events:
        return []
    unknown = "without --org every account but the event's own counts as a stranger, the organization's too"
    said = [
        *([] if run.knows_organization else [unknown]),
        f"an event that is read again is noticed among the last {run.repeats.most:,}; later ones count twice",
        "detections that count see events by account and Region, not by time: what spans Regions does not add up",
    ]
    shared = [identifier for identifier, held in run.tally.detections.items() if not held.callers.is_exact]
    if shared:
        said.append(f"callers of {', '.join(sorted(shared))}: too many to count each; see at_least")
    return said
