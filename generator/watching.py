"""What an organization watches: the detections as its settings have them, and the alert rules that follow from them."""

from typing import Any

import msgspec

from generator.config import Config
from generator.native_rules import dropped_feeds, forwarded_feeds, native_rules
from generator.pattern import Asked, Rule, accepted, alert_rules
from hub.detections.catalogue import DETECTIONS
from hub.detections.engine import switched_on
from hub.detections.native.catalogue import FEEDS
from hub.detections.settings import DetectionSettings


def detection_settings(config: Config) -> dict[str, Any]:
    """Return what the detector reads of `muster.toml`, as JSON takes it."""
    said, exceptions = config.detections, config.detections.by_id
    return {
        "allowed_ports": said.allowed_ports,
        "allowed_cidrs": said.allowed_cidrs,
        "allowed_regions": said.allowed_regions,
        "counts": {name: one.count for name, one in exceptions.items() if one.count},
        "exclusions": [one.model_dump(mode="json", exclude_unset=True) for one in config.exclusions],
        "has_usual_exclusions": said.usual_exclusions,
        "log_buckets": said.log_buckets,
        "minimum_log_bucket_days": said.minimum_log_bucket_days,
        "minimum_log_group_days": said.minimum_log_group_days,
        "modes": {name: one.mode for name, one in exceptions.items() if one.mode} | dropped_feeds(config),
        "organization_id": config.organization.id,
        "prefix": config.aws.prefix,
        "severities": {name: one.severity for name, one in exceptions.items() if one.severity},
        "trusted_accounts": said.trusted_accounts,
    }


def configured_rules(config: Config) -> list[Rule]:
    """Return the alert rules of a spoke: what is off, or not asked for, is not forwarded and costs nothing."""
    settings = msgspec.convert(detection_settings(config), DetectionSettings)
    asked = Asked(reads=config.detections.read_only_calls, refusals=config.detections.refused_calls)
    alerting = alert_rules(switched_on(DETECTIONS, settings), asked, among=DETECTIONS)
    return accepted([*alerting, *native_rules(forwarded_feeds(config))])


def usual_rules() -> list[Rule]:
    """Return the alert rules of a spoke without settings of anybody's own."""
    alerting = alert_rules(switched_on(DETECTIONS, DetectionSettings()), among=DETECTIONS)
    return accepted([*alerting, *native_rules(FEEDS)])
