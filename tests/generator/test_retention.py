"""The parts of a spoke that keep images and snapshots: their roles, the schedule, the Recycle Bin, the alarms."""

import json
from typing import Any

import pytest

from generator.config import Config
from generator.snapshots import rendered
from hub.store.retention import KEPT
from tests.generator.variants import variant

BACKUPS = [{"Fn::Sub": f"arn:${{AWS::Partition}}:ec2:${{AWS::Region}}::{kind}/*"} for kind in ("image", "snapshot")]


def spoke(**backup: Any) -> dict[str, Any]:
    resources: dict[str, Any] = rendered(variant(backup=backup))["spoke"]["Resources"]
    return resources


def statements(resources: dict[str, Any], role: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = resources[role]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
    return found


def writing(resources: dict[str, Any], role: str) -> list[dict[str, Any]]:
    """Return what a role may do to images and snapshots, and what it is kept from."""
    reads = ("ec2:Describe", "autoscaling:Describe")
    return [
        one
        for one in statements(resources, role)
        if one["Action"][0].startswith("ec2:") and not one["Action"][0].startswith(reads)
    ]


def test_the_tagger_writes_a_date_once_and_no_tag_over_another() -> None:
    allowed, *denied = writing(spoke(tags=["CostCenter=IT"]), "BackupTaggerRole")
    assert (allowed["Action"], allowed["Resource"]) == (["ec2:CreateTags"], BACKUPS)
    assert allowed["Condition"] == {
        "Null": {"aws:ResourceTag/DeleteOn": "true", "aws:TagKeys": "false"},
        "ForAllValues:StringEquals": {"aws:TagKeys": ["DeleteOn", "Retention", "CostCenter"]},
    }
    assert [(one["Effect"], one["Condition"]["Null"]) for one in denied] == [
        ("Deny", {"aws:ResourceTag/Retention": "false"}),
        ("Deny", {"aws:ResourceTag/CostCenter": "false"}),
    ]


def test_the_expiry_deletes_only_what_bears_its_mark_and_no_hold() -> None:
    *_, delete = writing(spoke(expiry="delete"), "ExpiryRole")
    assert delete["Action"] == ["ec2:DeleteSnapshot", "ec2:DeregisterImage"]
    assert delete["Condition"] == {
        "Null": {
            "aws:ResourceTag/ExpiresAfter": "false",
            "aws:ResourceTag/DeleteOn": "false",
            "aws:ResourceTag/LegalHold": "true",
        },
        "StringNotEqualsIgnoreCase": {"aws:ResourceTag/Retention": "forever"},
    }


def test_a_dry_run_may_write_nothing_and_needs_no_recycle_bin() -> None:
    resources = spoke(expiry="report")
    assert writing(resources, "ExpiryRole") == []
    assert not [one for one in resources.values() if one["Type"] == "AWS::Rbin::Rule"]


def test_the_recycle_bin_keeps_what_was_marked_and_nothing_else() -> None:
    rules = [one["Properties"] for one in spoke(expiry="delete").values() if one["Type"] == "AWS::Rbin::Rule"]
    assert {one["ResourceType"] for one in rules} == {"EC2_IMAGE", "EBS_SNAPSHOT"}
    for one in rules:
        assert one["ResourceTags"] == [{"ResourceTagKey": "Expiring", "ResourceTagValue": "true"}]
        assert one["RetentionPeriod"] == {"RetentionPeriodUnit": "DAYS", "RetentionPeriodValue": 14}


def test_without_expiry_nothing_could_delete() -> None:
    resources = spoke()
    assert "Expiry" not in resources
    assert "ec2:DeleteSnapshot" not in json.dumps(resources)


def test_without_the_tagger_there_is_neither_and_nobody_waits_for_a_run() -> None:
    config = variant(backup={"enabled": False, "expiry": "delete"})
    templates = rendered(config)
    assert not [one for one in templates["spoke"]["Resources"] if "Backup" in one or "Expiry" in one]
    inventory = templates["hub"]["Resources"]["Inventory"]["Properties"]["Environment"]["Variables"]
    assert inventory["RETENTION_JOBS"] == ""
    assert not [one for one in templates["hub"]["Resources"] if one.startswith("Retention")]


@pytest.mark.parametrize(
    ("schedule", "seconds", "periods"),
    [("rate(1 day)", "86400", 25), ("cron(0 2 * * ? *)", "86400", 25), ("cron(0 0 ? * SUN *)", "604800", 168)],
)
def test_hub_and_spoke_know_when_a_run_is_missing(schedule: str, seconds: str, periods: int) -> None:
    templates = rendered(variant(backup={"schedule": schedule}, spoke={"alarms": True}))
    inventory = templates["hub"]["Resources"]["Inventory"]["Properties"]["Environment"]["Variables"]
    assert (inventory["RETENTION_JOBS"], inventory["RETENTION_INTERVAL_SECONDS"]) == ("tagging", seconds)
    resources = templates["spoke"]["Resources"]
    assert resources["BackupTaggerSchedule"]["Properties"]["ScheduleExpression"] == schedule
    missing = resources["BackupTaggerMissing"]["Properties"]
    assert (missing["EvaluationPeriods"], missing["TreatMissingData"]) == (periods, "breaching")


def test_the_hub_holds_the_alarms_on_runs(config: Config) -> None:
    resources = rendered(config)["hub"]["Resources"]
    held = {title: one["Properties"] for title, one in resources.items() if title.startswith("Retention")}
    assert held.keys() == {"RetentionErrors", "RetentionOverdue", "RetentionSeconds", "RetentionErrorRate"}
    assert all(one["AlarmActions"] for one in held.values())
    assert held["RetentionSeconds"]["Threshold"] == config.backup.longest_seconds
    rate = held["RetentionErrorRate"]
    assert (rate["Threshold"], rate["Metrics"][-1]["ReturnData"]) == (5, True)
    dashboard = json.loads(resources["Overview"]["Properties"]["DashboardBody"]["Fn::Sub"])
    titles = [one["properties"]["title"] for one in dashboard["widgets"] if "etention" in one["properties"]["title"]]
    assert len(titles) == 4


def test_a_report_outlives_every_usual_schedule(config: Config) -> None:
    assert config.backup.interval < KEPT
