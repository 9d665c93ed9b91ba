import tomllib
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.finding import Mode, Severity
from generator.backtest.frequent import Frequent
from generator.backtest.proposal import Proposal, proposals
from generator.backtest.tally import Caller, DetectionTally, Traces


def held(*callers: tuple[str, int, Severity], kind: str = "", also: str = "") -> DetectionTally:
    tally = DetectionTally(Mode.LIVE, Counter(), Frequent(100))
    for name, number, severity in callers:
        caller = Caller(name, kind, severity)
        tally.severities[severity] += number
        tally.traces[caller] = Traces({f"arn:aws:iam::111122223333:role/{name}"}, {also} - {""})
        for _ in range(number):
            tally.callers.add(caller)
    return tally


def test_a_callers_harmless_detections_are_one_exclusion() -> None:
    tallies = {"s3.a": held(("ci", 30, Severity.LOW)), "s3.b": held(("ci", 20, Severity.MEDIUM))}
    (one,) = proposals(tallies, "from 2026-11-01 to 2026-11-20")
    assert (one.detections, one.findings) == (["s3.a", "s3.b"], 50)
    (pasted,) = tomllib.loads(one.toml())["exclusions"]
    assert pasted == {
        "detections": ["s3.a", "s3.b"],
        "actors": ["arn:aws:iam::111122223333:role/ci"],
        "reason": one.reason,
    }


def test_severe_findings_are_named_and_commented_out() -> None:
    (one,) = proposals({"s3.a": held(("ci", 30, Severity.LOW), ("ci", 3, Severity.HIGH))}, "")
    assert tomllib.loads(one.toml()) == {}
    assert one.toml().startswith("# Held back: 3 HIGH or CRITICAL findings")


@pytest.mark.parametrize("detection", ["iam.login_profile_created", "cloudtrail.logging_stopped.attempted"])
def test_what_intruders_do_to_stay_and_what_was_refused_is_held_back(detection: str) -> None:
    quiet, grave = proposals({"s3.a": held(("ci", 20, Severity.LOW)), detection: held(("ci", 30, Severity.MEDIUM))}, "")
    assert (quiet.detections, quiet.cautions) == (["s3.a"], [])
    assert tomllib.loads(grave.toml()) == {}
    assert detection in grave.toml().splitlines()[0]


def test_what_would_come_to_light_of_a_family_is_excluded_with_its_head() -> None:
    (one,) = proposals({"vpc.a": held(("ci", 30, Severity.MEDIUM), also="vpc.b")}, "")
    assert (one.detections, one.findings) == (["vpc.a", "vpc.b"], 30)


def test_what_would_come_to_light_is_looked_at_too() -> None:
    tallies = {
        "vpc.a": held(("ci", 30, Severity.MEDIUM), also="vpc.b"),
        "vpc.b": held(("ci", 1, Severity.HIGH), ("other", 1, Severity.CRITICAL)),
    }
    (one,) = proposals(tallies, "")
    assert one.severe == 1
    assert one.cautions


def test_a_user_and_a_role_of_one_name_are_two_callers() -> None:
    tallies = {
        "s3.a": held(("ci", 30, Severity.LOW)),
        "s3.b": held(("ci", 30, Severity.LOW), kind="iam-user"),
    }
    assert sorted(one.detections for one in proposals(tallies, "")) == [["s3.a"], ["s3.b"]]


def test_a_caller_without_an_arn_is_named_with_its_kind() -> None:
    tally = held(("backup.amazonaws.com", 30, Severity.LOW), kind="aws-service")
    tally.traces.clear()
    (one,) = proposals({"s3.a": tally}, "")
    (pasted,) = tomllib.loads(one.toml())["exclusions"]
    assert (pasted["actors"], pasted["actor_kinds"]) == (["backup.amazonaws.com"], ["aws-service"])


def test_a_role_of_many_accounts_is_named_once_and_users_of_a_few_each() -> None:
    few, many = Traces(), Traces()
    for account in range(3):
        few.add(f"arn:aws:iam::{account:012}:user/ci", ())
    for account in range(200):
        many.add(f"arn:aws:iam::{account:012}:role/ci", ())
    assert len(few.principals) == 3
    assert many.principals == {"arn:aws:iam::*:role/ci"}


def test_root_and_names_that_would_mean_others_too_are_never_proposed() -> None:
    assert proposals({"root.activity": held(("root", 99, Severity.LOW), kind="root")}, "") == []
    assert proposals({"s3.a": held(("ci-*", 99, Severity.LOW))}, "") == []


def test_what_is_rare_is_not_proposed_and_neither_is_the_rest_of_the_noise() -> None:
    loud, less = ("loud", 90, Severity.LOW), ("less", 15, Severity.LOW)
    assert [one.actor for one in proposals({"s3.a": held(loud, less)}, "")] == ["loud"]
    assert proposals({"s3.a": held(("rare", 9, Severity.LOW))}, "") == []


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_name_makes_a_table_that_toml_reads(actor: str) -> None:
    one = Proposal(actor=actor, actors=[actor], detections=["s3.a"], findings=10, severe=0, reason="x")
    assert tomllib.loads(one.toml())["exclusions"][0]["actors"] == [actor]
