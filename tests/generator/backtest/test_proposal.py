import tomllib
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from contract.finding import Mode, Severity
from generator.backtest.frequent import Frequent
from generator.backtest.proposal import Proposal, proposals
from generator.backtest.tally import Caller, DetectionTally


def held(*callers: tuple[str, int, Severity], is_root: bool = False) -> DetectionTally:
    counts: Frequent[Caller] = Frequent(100)
    severities: Counter[Severity] = Counter()
    for name, number, severity in callers:
        severities[severity] += number
        for _ in range(number):
            counts.add(Caller(name, is_root, severity))
    return DetectionTally(Mode.LIVE, severities, counts)


def test_a_callers_harmless_detections_are_one_exclusion() -> None:
    tallies = {"s3.a": held(("ci", 30, Severity.LOW)), "s3.b": held(("ci", 20, Severity.MEDIUM))}
    (one,) = proposals(tallies, "from 2026-11-01 to 2026-11-20")
    assert (one.detections, one.findings) == (["s3.a", "s3.b"], 50)
    (pasted,) = tomllib.loads(one.toml())["exclusions"]
    assert pasted == {"detections": ["s3.a", "s3.b"], "actors": ["ci"], "reason": one.reason}


def test_severe_findings_are_named_and_commented_out() -> None:
    (one,) = proposals({"s3.a": held(("ci", 30, Severity.LOW), ("ci", 3, Severity.HIGH))}, "")
    assert tomllib.loads(one.toml()) == {}
    assert one.toml().startswith("# Hides 3 HIGH or CRITICAL findings")


def test_root_and_names_that_would_mean_others_too_are_never_proposed() -> None:
    assert proposals({"root.activity": held(("root", 99, Severity.LOW), is_root=True)}, "") == []
    assert proposals({"s3.a": held(("ci-*", 99, Severity.LOW))}, "") == []


def test_what_is_rare_is_not_proposed_and_neither_is_the_rest_of_the_noise() -> None:
    loud, less = ("loud", 90, Severity.LOW), ("less", 15, Severity.LOW)
    assert [one.actor for one in proposals({"s3.a": held(loud, less)}, "")] == ["loud"]
    assert proposals({"s3.a": held(("rare", 9, Severity.LOW))}, "") == []


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_name_makes_a_table_that_toml_reads(actor: str) -> None:
    one = Proposal(actor=actor, detections=["s3.a"], findings=10, severe=0, reason="x")
    assert tomllib.loads(one.toml())["exclusions"][0]["actors"] == [actor]
