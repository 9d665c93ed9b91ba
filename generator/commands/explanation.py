"""What becomes of an event, in lines for a person; each with the style that a terminal gives it."""

from collections import Counter
from collections.abc import Iterator, Sequence

from contract.finding import Severity
from generator.explain import ExplainedFinding, Explanation
from generator.shown import clipped, listed, printable
from generator.trace import ORGANIZATION
from generator.unforwarded import IN_SECURITY_HUB
from generator.why import NO, YES, Reason
from hub.detections.detection import Detection
from hub.detections.native.feed import Feed

# Of what a detection looked at, the last decided, more often than not; what is there says more than what is not.
_MOST_READ = 8
_MOST_ABSENT = 2
_MOST_ANSWERS = 2
_LONGEST_ANSWER = 200
_STYLES = {"CRITICAL": "bold red", "HIGH": "red", "MEDIUM": "yellow", "LOW": "cyan", "INFORMATIONAL": "blue"}
_QUIET = "dim"
Line = tuple[str, str]


class Summary:
    """What became of many events."""

    def __init__(self, asked: Detection | Feed | None = None) -> None:
        """Begin with none; of one detection only, its events are told."""
        self._asked = asked
        self._is_organization_missed = False
        self._kinds = asked.detail_types if isinstance(asked, Feed) else ()
        self._counts: Counter[str] = Counter()
        self._severities: Counter[str] = Counter()

    def add(self, one: Explanation) -> bool:
        """Count an event; whether it is worth telling."""
        self._counts["events"] += 1
        self._counts["forwarded"] += one.forwarded
        self._counts["tagged"] += len(one.creates)
        self._counts["unreadable"] += one.error is not None
        there = [finding for finding in one.findings if not isinstance(finding, ExplainedFinding)]
        self._counts["in Security Hub"] += len(there)
        self._counts["open there"] += sum(bool(finding["actionable"]) for finding in there)
        self._severities.update(finding.severity for finding in one.findings if isinstance(finding, ExplainedFinding))
        self._is_organization_missed |= any(said.answer == YES and ORGANIZATION in said.absent for said in one.reasons)
        is_asked = bool(one.reasons or one.error or one.kind in self._kinds)
        self._counts["passed over"] += not is_asked
        return is_asked or not self._asked

    def lines(self) -> Iterator[str]:
        """Yield the lines at the end."""
        counts, severities = self._counts, self._severities
        if counts["events"] != 1:
            counted = ", ".join(f"{severities[one]} {one}" for one in reversed(Severity) if severities[one])
            findings = f"findings {severities.total()}" + (f" ({counted})" if counted else "")
            tagged = f"resources tagged {counts['tagged']}, unreadable {counts['unreadable']}"
            yield f"{counts['events']} events: forwarded {counts['forwarded']}, {findings}, {tagged}"
        if counts["in Security Hub"]:
            yield f"findings in Security Hub {counts['in Security Hub']}, of which {counts['open there']} open"
        if self._is_organization_missed:
            yield "without --org, every account but the event's own is a stranger"
        if self._asked and counts["passed over"]:
            looks_at = self._kinds or getattr(self._asked, "api_calls", ())
            yield f"{counts['passed over']} other events: {self._asked.id} looks at {listed(looks_at)}"


def in_short(one: Explanation) -> Iterator[Line]:
    """Yield the one line of an event that nothing comes of."""
    return _printable(_short(one))


def in_full(one: Explanation, *, is_whole: bool = False) -> Iterator[Line]:
    """Yield the lines of an event; `is_whole`: with all that the detections looked at."""
    return _printable(_full(one, is_whole=is_whole))


def _printable(lines: Iterator[Line]) -> Iterator[Line]:
    return ((printable(line), style) for line, style in lines)


def _short(one: Explanation) -> Iterator[Line]:
    why = f"not forwarded, {one.unforwarded_because}" if one.unforwarded_because else _nothing(one)
    answers = [clipped(answer, _LONGEST_ANSWER) for answer in _answers(one.reasons)[:_MOST_ANSWERS]]
    yield "; ".join([f"{_headline(one)}: {why}", *answers]), _QUIET


def _full(one: Explanation, *, is_whole: bool) -> Iterator[Line]:
    if one.error:
        yield f"{_where(one)}: error: {one.error}", "red"
        return
    yield _headline(one), "bold"
    yield _forwarding(one)
    for finding in one.findings:
        yield from _finding(finding, one.reasons, is_whole=is_whole)
    if not one.findings:
        yield f"   {_nothing(one)}", _QUIET
    for answer in _answers(_unraised(one), is_whole=is_whole):
        yield f"   {answer}", _QUIET
    yield from _tagging(one)


def _where(one: Explanation) -> str:
    return f"{one.file}{one.place}" if one.file else str(one.index)


def _headline(one: Explanation) -> str:
    if not one.api_call:
        return f"{_where(one)}: {one.kind}{f' about {one.actor}' if one.actor else ''} ({one.event_id})"
    return f"{_where(one)}: {one.api_call} by {one.actor or 'nobody named'} ({one.event_id})"


def _nothing(one: Explanation) -> str:
    """Return that there is no finding; a rule takes a few calls more than those that detections name."""
    is_unnamed = one.forwarded and one.api_call and not one.reasons
    return f"no finding: no detection names {one.api_call}" if is_unnamed else "no finding"


def _forwarding(one: Explanation) -> Line:
    if one.forwarded and one.kind in IN_SECURITY_HUB:
        return f"   stored by the hub: rule {one.rule}", ""
    if one.forwarded:
        return f"   forwarded by rule {one.rule}", ""
    return f"   not forwarded: {one.unforwarded_because}", "yellow" if one.findings else _QUIET


def _finding(
    finding: ExplainedFinding | dict[str, object], reasons: Sequence[Reason], *, is_whole: bool
) -> Iterator[Line]:
    if not isinstance(finding, ExplainedFinding):
        severity = str(finding["severity"])
        status = str(finding["status"]).lower()
        yield f"   in Security Hub, {status}: {severity} {finding['title']} ({finding['id']})", _STYLES[severity]
        return
    also = f", also {', '.join(finding.also)}" if finding.also else ""
    yield f"   {finding.severity} {finding.title} ({finding.detection}{also})", _STYLES[finding.severity]
    for resource in finding.resources:
        yield f"      {resource}", ""
    if finding.is_looked_up:
        yield "      unconfirmed: the hub reads in the account whether it is so, and confirms or closes it", ""
    if finding.untold_because:
        yield f"      {finding.untold_because}", "yellow"
    for said in reasons:
        if said.answer == YES and said.detection in _deeds(finding):
            name = f"{said.detection}: " if finding.also else ""
            yield f"      because {name}{_because(said, is_whole=is_whole)}", ""


def _answers(reasons: Sequence[Reason], *, is_whole: bool = False) -> list[str]:
    """Return what the detections said, those of one reason together; those who read the event's fields come first."""
    groups: dict[tuple[str, str], list[str]] = {}
    for said in sorted(reasons, key=lambda one: (one.answer == NO, not one.is_read)):
        groups.setdefault((said.answer, _because(said, is_whole=is_whole)), []).append(said.detection)
    return [f"{answer}: {listed(names)}: {because}" for (answer, because), names in groups.items()]


def _unraised(one: Explanation) -> list[Reason]:
    """Return what the detections said that raised nothing; one that counts did raise what it counted."""
    raised = {deed for finding in one.findings if isinstance(finding, ExplainedFinding) for deed in _deeds(finding)}
    return [said for said in one.reasons if said.detection not in raised]


def _deeds(finding: ExplainedFinding) -> set[str]:
    return {name.removesuffix(".attempted") for name in (finding.detection, *finding.also)}


def _tagging(one: Explanation) -> Iterator[Line]:
    for created in one.creates:
        tags = ", ".join(f"{key}={value}" for key, value in created.tags.items())
        yield f"   tag {created.arn}: {tags}", "green"
    if not one.creates and one.untagged_because:
        yield f"   no tag: {one.untagged_because}", _QUIET


def _because(said: Reason, *, is_whole: bool) -> str:
    left = 0 if is_whole else max(0, len(said.because) - _MOST_READ)
    before = [f"after {left} more"] if left else []
    return "; ".join([*before, *said.because[left:], *_missed(said.absent, is_whole=is_whole)])


def _missed(absent: Sequence[str], *, is_whole: bool) -> Iterator[str]:
    named = absent if is_whole else absent[-_MOST_ABSENT:]
    more = f" and {len(absent) - len(named)} more" if len(absent) > len(named) else ""
    if named:
        yield f"{', '.join(named)}{more} {'are' if len(absent) > 1 else 'is'} absent"
