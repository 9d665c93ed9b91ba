"""Which events of other AWS services spokes forward, and what the hub makes of the rest."""

import json
from pathlib import Path
from typing import Any

import pytest

from generator.config import Config
from generator.deployment import configured_deployment
from generator.native_rules import forwarded_feeds, native_rules
from generator.pattern import LIMIT, forwarded, size
from hub.detections.native.catalogue import FEEDS

EVENTS = Path(__file__).parents[1] / "events"
GOLDEN = {path: json.loads(path.read_bytes()) for path in sorted(EVENTS.glob("native.*/*.json"))}
OBSERVED_AT = "2026-11-20T12:00:00.000000Z"


def configured(config: Config, **sections: dict[str, Any]) -> Config:
    return Config.model_validate(config.model_dump(exclude_none=True) | sections)


def test_all_feeds_are_one_rule_within_the_limit() -> None:
    (rule,) = native_rules(FEEDS)
    assert rule.name == "native"
    assert size(rule.pattern) <= LIMIT


def test_what_closes_a_finding_is_forwarded_too() -> None:
    # Of the quiet ones only these say nothing of a finding that was open.
    others = {"quiet-complied-from-the-beginning", "quiet-instance-retirement", "quiet-medium", "quiet-service-limit"}
    assert {path.stem for path, event in GOLDEN.items() if not forwarded(native_rules(FEEDS), event)} == others


def test_a_rule_of_one_filter_needs_no_or() -> None:
    (rule,) = native_rules([one for one in FEEDS if one.name == "macie"])
    assert rule.pattern == {"source": [{"prefix": "aws."}], "detail-type": ["Macie Finding"]}


def test_without_feeds_there_is_no_rule() -> None:
    assert native_rules([]) == []


def test_nothing_that_security_hub_carries_comes_twice(config: Config) -> None:
    everything = configured(config, feeds={"security_hub": "all"})
    assert [one.name for one in forwarded_feeds(everything)] == ["trusted_advisor", "cloudtrail_insight"]
    deployment = configured_deployment(everything)
    for path, event in GOLDEN.items():
        found = deployment.engine.judge(event, OBSERVED_AT).findings
        if not path.parent.name.endswith(("trusted_advisor", "cloudtrail_insight")):
            assert (forwarded(deployment.rules, event), found) == (None, ())
        elif path.stem.startswith("fires-"):
            assert (forwarded(deployment.rules, event), len(found)) == ("native", 1)


@pytest.mark.parametrize(
    "settings", [{"feeds": {"macie": False}}, {"detections": {"native.macie": {"mode": "off"}}}], ids=["feed", "mode"]
)
def test_a_feed_that_is_off_is_neither_forwarded_nor_judged(config: Config, settings: dict[str, Any]) -> None:
    deployment = configured_deployment(configured(config, **settings))
    for path, event in GOLDEN.items():
        if path.parent.name == "native.macie":
            assert forwarded(deployment.rules, event) is None
            assert deployment.engine.judge(event, OBSERVED_AT).findings == ()


def test_security_hubs_own_config_rules_are_left_to_its_controls() -> None:
    path = EVENTS / "native.config_noncompliant" / "fires-bucket-became-readable.json"
    event = GOLDEN[path]
    event = {**event, "detail": {**event["detail"], "configRuleName": "securityhub-s3-bucket-public-read-1a2b3c4d"}}
    assert forwarded(native_rules(FEEDS), event) is None
