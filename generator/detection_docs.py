"""The page about the detections, by service: what each means, what to do, and how to tune it."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from contract.catalogue import DetectionText
from contract.finding import Severity
from generator.markdown import row
from generator.shown import duration
from hub.detections.detection import Detection
from hub.detections.exclusions import USUAL_EXCLUSIONS, Exclusion

Pairs = Sequence[tuple[Detection, DetectionText]]
_INTRODUCTION = """\
# Detections

Generated from `hub/detections` and `hub/own_findings.py` by `make docs`; edit the texts there. `live` detections
are told to people, `monitor` ones are only stored. Findings of one family about the same event and resource become
one, the most severe; the others are named in it. A detection that looks at refused calls too gives
`<id>.attempted` for them, at most MEDIUM. CIS numbers are those of CIS AWS Foundations Benchmark.

[How to tune](#how-to-tune) · [Overview](#overview) · [What other AWS services find](#what-other-aws-services-find) ·
[Look-ups](#look-ups) · [Muster's own findings](#musters-own-findings)
"""
_TUNING = """\
## How to tune

Tune with data: `muster backtest` reads what CloudTrail recorded (a directory or `s3://bucket/prefix`), says how often
each detection would have fired, for whom, and proposes exclusions; `muster explain` says of single events why each
detection fires or not (`--detection <id>` asks one only). Both take `--config muster.toml`, so that a change is tried
before it is rolled out, and `--org accounts.json`, so that they know which accounts are yours.

In `muster.toml` ([all settings](configuration.md)):

```toml
[detections."iam.policy_changed"]   # one detection, everywhere
mode = "live"                       # live: told to people; monitor: only stored; off: neither
severity = "MEDIUM"                 # in place of its own

[detections."api.unauthorized_burst"]
count = 50                          # where "Counts" stands: how many within its time make a finding, then none as long

[[exclusions]]                      # who or what is normal: of each list one entry must fit, * is any text
detections = ["iam.policy_changed", "vpc.*"]
actors = ["arn:aws:iam::*:role/terraform"]   # a bare name is also anybody else's who is called so
accounts = ["111122223333"]
reason = "the pipeline changes policies all day"
until = "2027-06-01"
```

Prefer the narrow means: an exclusion for a caller before `monitor`, `monitor` before `off`. What is `off` from the
start has the spokes forward much more once `mode = "live"` switches it on: of `*:*` every change that its callers make.

Left out from the start (`usual_exclusions = false` takes these back in; a few detections also pass over what a service
does by itself, and say so):

"""


def detection_page(pairs: Pairs) -> str:
    """Return the part of the page that is about detections: introduction, tuning, overview, then each service's."""
    services = [(name, list(held)) for name, held in groupby(sorted(pairs, key=_by_service), key=_service)]
    return "\n".join(
        [
            _INTRODUCTION,
            _TUNING + "\n".join(f"- {_excluded(one)}" for one in USUAL_EXCLUSIONS) + "\n",
            *_overview(services),
            *(line for name, held in services for line in _service_section(name, held)),
        ]
    )


def own_section(text: DetectionText) -> str:
    """Return the section of a finding of Muster's own."""
    facts = f"- Severity: {text.severity}, {text.mode}"
    return f"### {text.id}\n\n*{_untold(text.title)}.* {text.what}\n\n{facts}\n\n{_advice(text)}\n"


def _service(pair: tuple[Detection, DetectionText]) -> str:
    return pair[0].id.partition(".")[0]


def _by_service(pair: tuple[Detection, DetectionText]) -> tuple[str, int, str]:
    return _service(pair), -pair[1].severity.rank, pair[0].id


def _excluded(one: Exclusion) -> str:
    fitting = {"actor_kinds": one.actor_kinds, "invoked_by": one.invoked_by, "source_ips": one.source_ips}
    asked = {**fitting, "api_calls": one.api_calls, "detections": one.detections}
    return f"{one.reason}: " + "; ".join(f"{name} {_listed(values)}" for name, values in asked.items() if values)


def _overview(services: Iterable[tuple[str, Pairs]]) -> Iterator[str]:
    severities = [*reversed(Severity)]
    yield "## Overview\n"
    yield row(["service", "detections", *severities])
    yield row("---" for _ in range(2 + len(severities)))
    for name, held in services:
        counts = Counter(text.severity for _, text in held)
        yield row([f"[{name}](#{name})", str(len(held)), *(str(counts[one] or "") for one in severities)])
    yield ""


def _service_section(name: str, held: Pairs) -> Iterator[str]:
    yield f"## {name}\n"
    yield row(["id", "what", "severity", "mode", "refused calls"])
    yield row("---" for _ in range(5))
    for one, text in held:
        link = f"[`{one.id}`](#{re.sub(r'[^a-z0-9_]', '', one.id)})"
        yield row([link, _first_sentence(text.what), one.severity, one.mode, _judged(one)])
    yield ""
    yield from (_section(one, text) for one, text in held)


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=[.!?]) (?=[A-Z])", text)[0]


def _judged(one: Detection) -> str:
    return "only" if one.failures else "too" if one.attempts else ""


def _section(one: Detection, text: DetectionText) -> str:
    facts = "\n".join(f"- {name}: {value}" for name, value in _facts(one, text) if value)
    return f"### {one.id}\n\n*{_untold(text.title)}.* {text.what}\n\n{facts}\n\n{_advice(text)}\n"


def _untold(title: str) -> str:
    """Return a title with an ellipsis for what the event fills in."""
    return re.sub(r"\{[^}]*\}", "…", title)


def _advice(text: DetectionText) -> str:
    return f"**False positives:** {text.false_positives}\n\n**Response:** {text.response}"


def _facts(one: Detection, text: DetectionText) -> Iterator[tuple[str, str]]:
    yield "Severity", f"{one.severity}, {one.mode}"
    yield "API calls", _listed(call.replace(".amazonaws.com", "") for call in one.api_calls)
    yield "Refused calls", _refused(one)
    yield "Counts", _counted(one)
    yield "Look-up", f"[{one.lookup}](#look-ups)" if one.lookup else ""
    yield "Family", f"`{one.family}`: one finding of each event and resource" if one.family != one.id else ""
    yield "ATT&CK", _technique(one.attack) if one.attack else ""
    yield "CIS", _numbered(text.cis)


def _technique(number: str) -> str:
    return f"[{number}](https://attack.mitre.org/techniques/{number.replace('.', '/')}/)"


def _refused(one: Detection) -> str:
    if one.failures:
        return "only these"
    return f"give `{one.id}.attempted`" if one.attempts else ""


def _counted(one: Detection) -> str:
    if not one.window:
        return ""
    if one.window.count == 1:
        return f"the first within {duration(one.window.seconds)}"
    return f"{one.window.count} within {duration(one.window.seconds)} are one finding"


def _numbered(numbers: Mapping[str, str]) -> str:
    """Return a control's numbers, each with the versions that have it there: `4.3 (1.4, 3.0), 5.3 (6.0)`."""
    versions: dict[str, list[str]] = {}
    for version, number in numbers.items():
        versions.setdefault(number, []).append(version)
    return ", ".join(f"{number} ({', '.join(held)})" for number, held in versions.items())


def _listed(texts: Iterable[str]) -> str:
    return ", ".join(f"`{one}`" for one in texts)
