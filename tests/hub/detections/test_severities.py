"""How severe a finding is where the event decides, and whether people are told."""

import json
from pathlib import Path

import pytest

from contract.finding import Finding, Mode, Severity
from hub.detections.catalogue import DETECTIONS
from hub.detections.engine import Engine
from hub.detections.settings import DetectionSettings

EVENTS = Path(__file__).parents[2] / "events"
OBSERVED_AT = "2026-11-20T12:00:00.000000Z"
SCIM = "sso.directory_membership_changed/fires-provisioned"


def found(event: str, settings: DetectionSettings | None = None) -> Finding:
    """Return the finding of the detection that a golden event belongs to."""
    engine = Engine(DETECTIONS, settings or DetectionSettings())
    findings = engine.judge(json.loads((EVENTS / f"{event}.json").read_bytes()), OBSERVED_AT).findings
    return next(one for one in findings if one.detection == event.partition("/")[0])


@pytest.mark.parametrize(
    ("event", "severity"),
    [
        ("lambda.code_signing_removed/fires-muster-stopped", Severity.CRITICAL),
        ("sqs.queue_purged/fires-muster-queue", Severity.CRITICAL),
        ("cloudformation.framework_stack_deleted/fires-named-by-arn", Severity.CRITICAL),
        ("events.rule_tampered/fires-of-muster", Severity.CRITICAL),
        ("events.rule_tampered/fires-of-muster-by-a-service", Severity.CRITICAL),
        ("events.rule_tampered/fires-of-muster-by-a-stack", Severity.HIGH),
        ("organizations.scp_weakened/fires-attached", Severity.MEDIUM),
        ("organizations.scp_weakened/fires-type-disabled", Severity.HIGH),
        ("cloudformation.framework_stack_changed/fires-spoke-by-a-change-set", Severity.CRITICAL),
        ("cloudformation.framework_stack_changed/fires-another-template", Severity.CRITICAL),
        ("cloudformation.framework_stack_changed/fires-parameters-overridden", Severity.CRITICAL),
        ("cloudformation.framework_stack_changed/fires-rolled-out", Severity.MEDIUM),
        ("cloudformation.framework_stack_changed/fires-hub-deployed", Severity.MEDIUM),
        ("events.rule_tampered/fires-of-a-like-name", Severity.MEDIUM),
        ("guardduty.features_reduced/fires-audit-logs-off", Severity.HIGH),
        ("guardduty.features_reduced/fires-agent-not-installed", Severity.MEDIUM),
        ("guardduty.features_reduced/fires-machines-left-out-of-the-scan", Severity.MEDIUM),
        ("ecs.task_definition_suspicious/fires-privileged", Severity.HIGH),
        ("ecs.task_definition_suspicious/fires-on-the-host", Severity.MEDIUM),
        ("network_firewall.weakened/fires-log-emptied", Severity.HIGH),
        ("network_firewall.weakened/fires-another-policy", Severity.MEDIUM),
        ("organizations.delegated_admin_changed/fires-other-service", Severity.MEDIUM),
        ("sagemaker.notebook_exposed/fires-link", Severity.MEDIUM),
        ("sagemaker.notebook_exposed/fires-studio", Severity.LOW),
        ("bedrock.logging_or_guardrail_removed/fires-guardrail-changed", Severity.LOW),
        ("support.case_by_unusual/fires-limit", Severity.MEDIUM),
        (SCIM, Severity.INFORMATIONAL),
    ],
)
def test_the_event_decides_how_severe_it_is(event: str, severity: Severity) -> None:
    assert found(event).severity is severity


@pytest.mark.parametrize("event", [SCIM, "support.case_by_unusual/fires-question"])
def test_what_is_merely_informational_this_time_is_only_stored(event: str) -> None:
    assert found(event).mode is Mode.MONITOR


def test_what_a_setting_makes_severe_is_told() -> None:
    loud = DetectionSettings(severities={"sso.directory_membership_changed": Severity.HIGH})
    assert found(SCIM, loud).mode is Mode.LIVE
    assert found(SCIM, loud).severity is Severity.HIGH


def test_what_only_an_investigation_needs_is_only_stored() -> None:
    minor = [one for one in DETECTIONS if one.severity in {Severity.INFORMATIONAL, Severity.LOW}]
    stored = {one.id for one in minor if one.mode is Mode.MONITOR}
    assert stored == {one.id for one in DETECTIONS if "Response: only in an investigation" in one.doc}


def test_informational_detections_are_only_stored() -> None:
    told = {one.id for one in DETECTIONS if one.severity is Severity.INFORMATIONAL and one.mode is Mode.LIVE}
    assert told == {"support.case_by_unusual"}, "its findings say for themselves which are told"
