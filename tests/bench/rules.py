"""B4: the alert rules of a spoke."""

from collections.abc import Sequence
from typing import Any

from generator.forwarding_share import unmatched
from generator.pattern import Rule, size
from generator.snapshots import rendered, sample
from generator.watching import usual_rules
from tests.bench.measure import Measure


def alert_rules_of_a_spoke() -> dict[str, Measure]:
    """How many rules forward what the catalogue wants, the longest pattern, and what they must not miss or call."""
    rules = usual_rules()
    spoke = rendered(sample())["spoke"]["Resources"]
    return {
        "B4 alert rules": Measure(len(rules), "rules", 14),
        "B4 rules of a spoke": Measure(len(_properties(spoke, "AWS::Events::Rule")), "rules", 26),
        "B4 longest pattern": Measure(max(size(rule.pattern) for rule in rules), "characters", 2048),
        "B4 golden events unmatched": Measure(len(unmatched(rules)), "events", 0),
        "B4 detection functions in a spoke": Measure(len(_detecting(spoke, rules)), "functions", 0),
    }


def _detecting(spoke: dict[str, Any], rules: Sequence[Rule]) -> set[str]:
    """Return the spoke's functions that hold the hub's code, and the alert rules that call a function."""
    names = {f"{sample().aws.prefix}-spoke-{rule.name}" for rule in rules}
    forwarding = [one for one in _properties(spoke, "AWS::Events::Rule") if one["Name"] in names]
    calling = {one["Name"] for one in forwarding if any("Fn::GetAtt" in target["Arn"] for target in one["Targets"])}
    handlers = {one["Handler"] for one in _properties(spoke, "AWS::Lambda::Function")}
    return calling | {one for one in handlers if not one.startswith("spoke.")}


def _properties(resources: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [one["Properties"] for one in resources.values() if one["Type"] == kind]
