"""What watches over the hub itself: alarms, dashboard, saved questions, parameters, copies of the tables."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from contract.names import CROWDED
from generator.config import Config
from generator.functions import FUNCTIONS, HUB_FUNCTIONS
from generator.hub_stack import hub_stack
from generator.snapshots import sample

ROOT = Path(__file__).parents[2]
AWS_METRICS = {
    "AWS/Lambda": {"Errors", "IteratorAge"},
    "AWS/SQS": {"ApproximateAgeOfOldestMessage", "ApproximateNumberOfMessagesVisible"},
    "AWS/DynamoDB": {"ReadThrottleEvents", "WriteThrottleEvents"},
}


def resources(**sections: Any) -> dict[str, Any]:
    config = Config.model_validate({**sample().model_dump(), **sections})
    found: dict[str, Any] = hub_stack(config, {one.name: "key" for one in FUNCTIONS}).to_dict()["Resources"]
    return found


def properties(title: str, **sections: Any) -> dict[str, Any]:
    found: dict[str, Any] = resources(**sections)[title]["Properties"]
    return found


def own_metrics() -> set[tuple[str, str]]:
    """Return the functions' names and the metrics that stand in their modules."""
    found = set()
    for function in HUB_FUNCTIONS:
        path = ROOT / function.module.replace(".", "/")
        folder = path.parent if path.parent.name != "hub" else None
        files = list(folder.glob("*.py")) if folder else [path.with_suffix(".py")]
        text = "\n".join(one.read_text(encoding="utf-8") for one in files)
        names = re.findall(r'name="(\w+)"', text) + [_constant(one) for one in re.findall(r"name=([A-Z_]+)", text)]
        found |= {(function.name, name) for name in [*names, *re.findall(r"\(Kind\.\w+, ([A-Z_]+),", text)]}
        found |= {(function.name, _constant(one)) for one in re.findall(r"Kind\.\w+, ([A-Z_]+),", text)}
    return found


def _constant(name: str) -> str:
    import contract.names  # noqa: PLC0415 - read by name

    return str(getattr(contract.names, name, name))


def test_every_metric_of_the_dashboard_is_measured_by_somebody() -> None:
    body = json.loads(properties("Overview")["DashboardBody"]["Fn::Sub"])
    measured = own_metrics()
    for widget in body["widgets"]:
        assert widget["properties"]["metrics"], widget["properties"]["title"]
        # What is worked out of others names no metric of its own.
        named = [one for one in widget["properties"]["metrics"] if len(one) > 1]
        for namespace, name, dimension, value, *_ in named:
            if namespace == "Muster":
                assert dimension == "service"
                assert (value, name) in measured, f"{value} never measures {name}"
            else:
                assert name in AWS_METRICS[namespace]


def test_widgets_lie_side_by_side_and_never_over_each_other() -> None:
    widgets = json.loads(properties("Overview")["DashboardBody"]["Fn::Sub"])["widgets"]
    places = {(one["x"], one["y"]) for one in widgets}
    assert len(places) == len(widgets)
    assert {one["x"] for one in widgets} == {0, 12}


@pytest.mark.parametrize(
    ("sections", "title"),
    [({"archive": {"enabled": False}}, "Archive"), ({"feeds": {"security_hub": "off"}}, "Sync with Security Hub")],
)
def test_what_is_off_has_no_widget(sections: dict[str, Any], title: str) -> None:
    assert title in properties("Overview")["DashboardBody"]["Fn::Sub"]
    body = json.loads(properties("Overview", **sections)["DashboardBody"]["Fn::Sub"])
    assert not [one for one in body["widgets"] if one["properties"]["title"].startswith(title)]


@pytest.mark.parametrize(
    ("title", "above", "seconds", "topic"),
    [
        ("CriticalFindings", 5, 300, "CriticalAlerts"),
        ("NotificationsFailed", 5, 900, "CriticalAlerts"),
        ("RollupDrift", 0, 3_600, "Alerts"),
        ("ArchiveLagDays", 1, 3_600, "CriticalAlerts"),
        ("SyncAgeHours", 13, 21_600, "Alerts"),
        ("SyncWholeAgeDays", 15, 21_600, "Alerts"),
        ("SyncRefused", 0, 3_600, "Alerts"),
    ],
)
def test_an_alarm_on_our_own_metrics_has_its_threshold(title: str, above: int, seconds: int, topic: str) -> None:
    one = properties(title)
    assert (one["Threshold"], one["Period"], one["AlarmActions"]) == (above, seconds, [{"Ref": topic}])
    assert (one["Namespace"], one["MetricName"]) == ("Muster", title)
    (dimension,) = one["Dimensions"]
    assert (dimension["Value"], title) in own_metrics()


@pytest.mark.parametrize("table", ["FindingsTable", "StateTable"])
@pytest.mark.parametrize("kind", ["Read", "Write"])
def test_what_a_table_refuses_is_told(table: str, kind: str) -> None:
    one = properties(f"{table}{kind}sThrottled")
    assert (one["MetricName"], one["Threshold"], one["Period"]) == (f"{kind}ThrottleEvents", 10, 300)
    assert one["AlarmActions"] == [{"Ref": "Alerts"}]


def test_a_flood_of_one_accounts_events_is_counted_where_the_detector_logs_it() -> None:
    rule, alarm = properties("EventsByAccount"), properties("EventsOfOneAccount")
    body = json.loads(rule["RuleBody"])
    assert body["LogGroupNames"] == [properties("DetectorLogs")["LogGroupName"]]
    assert body["Contribution"]["Filters"] == [{"Match": "$.message", "In": [CROWDED]}]
    assert f"'{rule['RuleName']}', 'MaxContributorValue'" in alarm["Metrics"][0]["Expression"]
    assert (alarm["Threshold"], alarm["AlarmActions"]) == (50_000, [{"Ref": "Alerts"}])


def test_who_touches_findings_is_logged_where_that_is_asked_for() -> None:
    assert "DataTrail" not in resources()
    found = resources(findings={"data_events": True})
    trail = found["DataTrail"]["Properties"]
    asked = {field["Field"]: field for one in trail["AdvancedEventSelectors"] for field in one["FieldSelectors"]}
    assert asked["eventCategory"] == {"Field": "eventCategory", "Equals": ["Data"]}
    kinds = [one["FieldSelectors"][1]["Equals"] for one in trail["AdvancedEventSelectors"]]
    assert kinds == [["AWS::DynamoDB::Table"], ["AWS::S3::Object"]]
    policy = found["DataTrailLogsPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert {"TrailLooks", "TrailWrites"} <= {one.get("Sid") for one in policy}


def test_every_alarm_tells_somebody() -> None:
    alarms = {name: one for name, one in resources().items() if one["Type"] == "AWS::CloudWatch::Alarm"}
    assert len(alarms) > 40
    for name, one in alarms.items():
        assert one["Properties"]["AlarmActions"] in ([{"Ref": "Alerts"}], [{"Ref": "CriticalAlerts"}]), name


def test_saved_questions_ask_logs_that_are_there() -> None:
    found = resources()
    questions = {
        one["Properties"]["Name"]: one["Properties"]
        for one in found.values()
        if one["Type"] == "AWS::Logs::QueryDefinition"
    }
    assert {"muster/Error Analysis", "muster/Security Findings Analysis"} <= questions.keys()
    for one in questions.values():
        assert one["LogGroupNames"]
        assert all(found[group["Ref"]]["Type"] == "AWS::Logs::LogGroup" for group in one["LogGroupNames"])
    findings = questions["muster/Security Findings Analysis"]["LogGroupNames"]
    assert findings == [{"Ref": "DetectorLogs"}, {"Ref": "IngesterLogs"}]


def test_the_tables_are_copied_every_day_and_kept_for_35() -> None:
    (rule,) = properties("TableBackupPlan")["BackupPlan"]["BackupPlanRule"]
    assert rule["ScheduleExpression"] == "cron(0 5 * * ? *)"
    assert rule["Lifecycle"] == {"DeleteAfterDays": 35}
    assert "CopyActions" not in rule
    chosen = properties("TableBackupSelection")["BackupSelection"]
    assert [one["Fn::GetAtt"][0] for one in chosen["Resources"]] == ["FindingsTable", "StateTable"]
    assert properties("TableVault")["EncryptionKeyArn"] == {"Fn::GetAtt": ["DataKey", "Arn"]}


def test_copies_go_to_another_region_where_that_is_asked_for() -> None:
    (rule,) = properties("TableBackupPlan", table_backup={"copy_region": "eu-west-1", "keep_days": 90})["BackupPlan"][
        "BackupPlanRule"
    ]
    (copy,) = rule["CopyActions"]
    assert copy["DestinationBackupVaultArn"] == {
        "Fn::Sub": "arn:${AWS::Partition}:backup:eu-west-1:${AWS::AccountId}:backup-vault:Default"
    }
    assert copy["Lifecycle"] == rule["Lifecycle"] == {"DeleteAfterDays": 90}


def test_without_copies_nothing_of_them_is_there() -> None:
    found = resources(table_backup={"enabled": False})
    assert not [one for one in found.values() if one["Type"].startswith("AWS::Backup")]
    assert "TableBackupRole" not in found


def test_parameters_are_plain_and_below_our_own_path() -> None:
    found = [one["Properties"] for one in resources().values() if one["Type"] == "AWS::SSM::Parameter"]
    assert {one["Name"] for one in found} >= {"/muster/dynamodb-table-name", "/muster/sns-topic-arn"}
    assert {one["Type"] for one in found} == {"String"}
