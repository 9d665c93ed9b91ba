"""Exclusions that would take away most of the noise: for a person to judge, then to paste into `muster.toml`."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

import msgspec
from pydantic import BaseModel

from contract.catalogue import ATTEMPTED
from contract.finding import Severity
from generator.backtest.tally import DetectionTally, Traces
from generator.settings.exclusions import UNSAID
from hub.detections.catalogue import DETECTIONS

# Fewer findings than this are no noise.
_LEAST = 10
# What is proposed adds up to this share of all findings.
_SHARE = 0.8
_MOST = 30
_SEVERE = (Severity.HIGH, Severity.CRITICAL)
# In an exclusion they stand for any text; a name that holds one cannot be written down.
_WILD = frozenset("*?")
# Techniques that are about accounts, credentials and guards: the noise of these is a place to hide.
_LASTING = ("T1098", "T1136", "T1550", "T1552", "T1555", "T1556", "T1562")
_GRAVE = {one.id for one in DETECTIONS if one.severity.rank >= Severity.MEDIUM.rank and one.attack.startswith(_LASTING)}


class Proposal(BaseModel):
    """An exclusion for one caller: what it would have taken away; `severe` of them are HIGH or CRITICAL.

    `actors` are ARNs; a caller without any is named, and told by `actor_kinds`. `cautions` say why it is held back.
    """

    actor: str
    actors: list[str]
    actor_kinds: list[str] = []
    detections: list[str]
    findings: int
    severe: int
    cautions: list[str] = []
    reason: str

    def toml(self) -> str:
        """Return the table; one that is held back is commented out and says why."""
        lists = {"detections": self.detections, "actors": self.actors, "actor_kinds": self.actor_kinds}
        lines = [
            "[[exclusions]]",
            *(f"{name} = [{', '.join(map(_quoted, values))}]" for name, values in lists.items() if values),
            f"reason = {_quoted(self.reason)}",
        ]
        if not self.cautions:
            return "\n".join(lines)
        warning = f"# Held back: {'; '.join(self.cautions)}. Look at them before you take the # away."
        return "\n".join([warning, *(f"# {line}" for line in lines)])


class _Who(msgspec.Struct, frozen=True, order=True):
    """A caller by name and kind, with the ARNs that the name stands for."""

    name: str
    kind: str
    principals: tuple[str, ...]


class _Noise(msgspec.Struct, frozen=True):
    """What a caller does to a detection; `also` would come to light without it, being of its family."""

    detection: str
    who: _Who
    findings: int
    also: tuple[str, ...] = ()


def proposals(detections: Mapping[str, DetectionTally], period: str) -> list[Proposal]:
    """Return exclusions of the noisiest pairs of detection and caller, the noisiest caller first; never of root's."""
    total = sum(held.severities.total() for held in detections.values())
    noisy = [one for identifier, held in detections.items() for one in _noise(identifier, held)]
    chosen = _most_of(sorted(noisy, key=lambda one: (-one.findings, one.detection, one.who)), total)
    made = [_proposal(group, detections, period) for group in _grouped(chosen, detections)]
    return sorted(made, key=lambda one: (bool(one.cautions), -one.findings, one.actor))


def _noise(identifier: str, held: DetectionTally) -> Iterator[_Noise]:
    counts: Counter[tuple[str, str]] = Counter()
    traces: dict[tuple[str, str], list[Traces]] = {}
    for caller, count in held.callers.ranked():
        if caller.is_root or _WILD & set(caller.name):
            continue
        counts[caller.name, caller.kind] += count.least
        traces.setdefault((caller.name, caller.kind), []).append(held.traces.get(caller, Traces()))
    for (name, kind), number in counts.items():
        if number >= _LEAST:
            seen = traces[name, kind]
            principals = tuple(sorted({each for one in seen for each in one.principals}))
            also = tuple(sorted({each for one in seen for each in one.also}))
            yield _Noise(identifier, _Who(name, kind, principals), number, also)


def _most_of(noisy: Iterable[_Noise], total: int) -> list[_Noise]:
    chosen: list[_Noise] = []
    covered = 0
    for one in noisy:
        if len(chosen) == _MOST or covered >= _SHARE * total:
            break
        chosen.append(one)
        covered += one.findings
    return chosen


def _grouped(chosen: Iterable[_Noise], detections: Mapping[str, DetectionTally]) -> Iterator[list[_Noise]]:
    """Yield what one exclusion may hold: a caller's harmless findings apart from those that are held back."""

    def place(one: _Noise) -> tuple[_Who, bool]:
        return one.who, bool(_cautions([one], detections))

    # Sorted by itself, the order of the noise is kept within a group.
    for _, group in groupby(sorted(chosen, key=place), place):
        yield list(group)


def _proposal(group: Sequence[_Noise], detections: Mapping[str, DetectionTally], period: str) -> Proposal:
    who, findings = group[0].who, sum(one.findings for one in group)
    return Proposal(
        actor=who.name,
        actors=list(who.principals) or [who.name],
        actor_kinds=[who.kind] if who.kind and not who.principals else [],
        detections=_members(group),
        findings=findings,
        severe=_severe(group, detections),
        cautions=_cautions(group, detections),
        reason=f"{findings} findings {period} (muster backtest); {UNSAID}",
    )


def _members(group: Iterable[_Noise]) -> list[str]:
    return list(dict.fromkeys(name for one in group for name in (one.detection, *one.also)))


def _severe(group: Sequence[_Noise], detections: Mapping[str, DetectionTally]) -> int:
    """Return how many findings of the caller's are HIGH or CRITICAL, of all that the exclusion would hold."""
    who = group[0].who
    return sum(
        count.least
        for name in _members(group)
        if name in detections
        for caller, count in detections[name].callers.ranked()
        if (caller.name, caller.kind) == (who.name, who.kind) and caller.severity in _SEVERE
    )


def _cautions(group: Sequence[_Noise], detections: Mapping[str, DetectionTally]) -> list[str]:
    """Return why an exclusion needs a look first, in words; empty when nothing of it is out of the ordinary."""
    members = _members(group)
    refused = [one for one in members if one.endswith(ATTEMPTED)]
    grave = [one for one in members if one in _GRAVE]
    said = {
        f"{(severe := _severe(group, detections))} HIGH or CRITICAL findings": severe,
        f"somebody tried what they may not ({', '.join(refused)})": refused,
        f"about accounts, credentials or guards, as intruders are ({', '.join(grave)})": grave,
    }
    return [text for text, is_so in said.items() if is_so]


def _quoted(text: str) -> str:
    """Return a basic string of TOML; JSON's is one, but for what stands outside of the basic plane."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
