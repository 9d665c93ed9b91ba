"""B4: the alert rules of a spoke."""

from generator.pattern import alert_rules, size
from hub.detections.catalogue import DETECTIONS
from tests.bench.measure import Measure


def alert_rules_of_a_spoke() -> dict[str, Measure]:
    """How many rules forward what the catalogue wants, and the longest pattern among them."""
    rules = alert_rules(DETECTIONS)
    return {
        "B4 alert rules": Measure(len(rules), "rules", 14),
        "B4 longest pattern": Measure(max(size(rule.pattern) for rule in rules), "characters", 2048),
    }
