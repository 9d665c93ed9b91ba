"""Trails by CloudTrail's own calls, each naming the trail as CloudFormation does: by its name."""

from typing import Any

from ministack.services import cloudtrail

from localorg.cloudformation.answers import checked

Properties = dict[str, Any]
Made = tuple[str, dict[str, str]]

PLAIN = (
    *("EnableLogFileValidation", "IncludeGlobalServiceEvents", "IsMultiRegionTrail", "IsOrganizationTrail"),
    *("S3BucketName", "S3KeyPrefix", "SnsTopicName", "CloudWatchLogsLogGroupArn", "CloudWatchLogsRoleArn"),
)
SELECTORS = ("EventSelectors", "AdvancedEventSelectors")


def _call(operation: str, body: Properties) -> dict[str, Any]:
    return checked(cloudtrail._DISPATCH[operation](body))


def create(logical_id: str, properties: Properties, stack: str) -> Made:
    """Make a trail and let it log."""
    name = properties.get("TrailName") or f"{stack}-{logical_id}"
    made = _call("CreateTrail", {"Name": name, **_body(properties)})
    _finish(name, properties)
    return name, {"Arn": made["TrailARN"]}


def update(physical_id: str, _old: Properties, new: Properties, _stack: str) -> Made:
    """Change a trail."""
    made = _call("UpdateTrail", {"Name": physical_id, **_body(new)})
    _finish(physical_id, new)
    return physical_id, {"Arn": made["TrailARN"]}


def delete(physical_id: str, _properties: Properties) -> None:
    """Delete a trail; one that is gone already is no error."""
    cloudtrail._DISPATCH["DeleteTrail"]({"Name": physical_id})


def _body(properties: Properties) -> Properties:
    given = {key: properties[key] for key in PLAIN if key in properties}
    return given | ({"KmsKeyId": properties["KMSKeyId"]} if "KMSKeyId" in properties else {})


def _finish(name: str, properties: Properties) -> None:
    selectors = {key: properties[key] for key in SELECTORS if properties.get(key)}
    if selectors:
        _call("PutEventSelectors", {"TrailName": name, **selectors})
    _call("StartLogging" if properties["IsLogging"] else "StopLogging", {"Name": name})


HANDLER = {"create": create, "update": update, "delete": delete}
