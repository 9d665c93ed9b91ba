"""Exclusions that would take away most of the noise: for a person to judge, then to paste into `muster.toml`."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

import msgspec
from pydantic import BaseModel

from contract.finding import Severity
from generator.backtest.tally import DetectionTally

# Fewer findings than this are no noise.
_LEAST = 10
# What is proposed adds up to this share of all findings.
_SHARE = 0.8
_MOST = 30
_SEVERE = (Severity.HIGH, Severity.CRITICAL)
# In an exclusion they stand for any text; a name that holds one cannot be written down.
_WILD = frozenset("*?")


class Proposal(BaseModel):
    """An exclusion for one caller: what it would have taken away; `severe` of them are HIGH or CRITICAL."""

    actor: str
    detections: list[str]
    findings: int
    severe: int
    reason: str

    def toml(self) -> str:
        """Return the table; one that would hide severe findings is commented out and says so."""
        lines = [
            "[[exclusions]]",
            f"detections = [{', '.join(_quoted(one) for one in self.detections)}]",
            f"actors = [{_quoted(self.actor)}]",
            f"reason = {_quoted(self.reason)}",
        ]
        if not self.severe:
            return "\n".join(lines)
        warning = f"# Hides {self.severe} HIGH or CRITICAL findings: look at them before you take the # away."
        return "\n".join([warning, *(f"# {line}" for line in lines)])


class _Noise(msgspec.Struct, frozen=True):
    detection: str
    actor: str
    findings: int
    severe: int


def proposals(detections: Mapping[str, DetectionTally], period: str) -> list[Proposal]:
    """Return exclusions of the noisiest pairs of detection and caller, the noisiest caller first; never of root's."""
    total = sum(held.severities.total() for held in detections.values())
    noisy = [one for identifier, held in detections.items() for one in _noise(identifier, held)]
    chosen = _most_of(sorted(noisy, key=lambda one: (-one.findings, one.detection, one.actor)), total)
    made = [_proposal(actor, group, period) for actor, group in _grouped(chosen)]
    return sorted(made, key=lambda one: (one.severe > 0, -one.findings, one.actor))


def _noise(identifier: str, held: DetectionTally) -> Iterator[_Noise]:
    counts: Counter[str] = Counter()
    severe: Counter[str] = Counter()
    root = {caller.name for caller, _ in held.callers.ranked() if caller.is_root}
    for caller, count in held.callers.ranked():
        counts[caller.name] += count.least
        severe[caller.name] += count.least * (caller.severity in _SEVERE)
    for name, number in counts.items():
        if number >= _LEAST and name not in root and not _WILD & set(name):
            yield _Noise(identifier, name, number, severe[name])


def _most_of(noisy: Iterable[_Noise], total: int) -> list[_Noise]:
    chosen: list[_Noise] = []
    covered = 0
    for one in noisy:
        if len(chosen) == _MOST or covered >= _SHARE * total:
            break
        chosen.append(one)
        covered += one.findings
    return chosen


def _grouped(chosen: Iterable[_Noise]) -> Iterator[tuple[str, list[_Noise]]]:
    """Yield what one exclusion may hold: a caller's harmless findings apart from the severe ones."""
    groups: dict[tuple[str, bool], list[_Noise]] = {}
    for one in chosen:
        groups.setdefault((one.actor, one.severe > 0), []).append(one)
    for (actor, _), group in groups.items():
        yield actor, group


def _proposal(actor: str, group: list[_Noise], period: str) -> Proposal:
    findings = sum(one.findings for one in group)
    return Proposal(
        actor=actor,
        detections=[one.detection for one in group],
        findings=findings,
        severe=sum(one.severe for one in group),
        reason=f"{findings} findings {period} (muster backtest); say here why they are fine",
    )


def _quoted(text: str) -> str:
    """Return a basic string of TOML; JSON's is one, but for what stands outside of the basic plane."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
