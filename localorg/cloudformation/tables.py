"""DynamoDB tables through the service's own calls: its checks, encryption, expiry, backups and deletion protection."""

from collections.abc import Callable
from typing import Any

from ministack.services import dynamodb

from localorg.cloudformation.answers import checked

Properties = dict[str, Any]
Made = tuple[str, dict[str, str]]

# Properties that CreateTable takes as they are.
PLAIN = (
    "AttributeDefinitions",
    "BillingMode",
    "DeletionProtectionEnabled",
    "GlobalSecondaryIndexes",
    "KeySchema",
    "LocalSecondaryIndexes",
    "ProvisionedThroughput",
    "TableClass",
    "Tags",
)


def handler(own: dict[str, Any], name_of: Callable[..., str]) -> dict[str, Any]:
    """The type's handler; `own` is MiniStack's, whose update is kept, and `name_of` gives generated names."""

    def create(logical_id: str, properties: Properties, stack: str) -> Made:
        name = properties.get("TableName") or name_of(stack, logical_id, max_len=255)
        request = {key: properties[key] for key in PLAIN if key in properties}
        described = checked(dynamodb._create_table({"TableName": name, **request, **_streamed(properties)}))
        _finish(name, properties)
        return name, _attributes(described["TableDescription"])

    def update(physical_id: str, old: Properties, new: Properties, stack: str, logical_id: str | None = None) -> Made:
        before, after = ({**properties, **_streamed(properties)} for properties in (old, new))
        made: Made = own["update"](physical_id, before, after, stack, logical_id)
        _finish(made[0], new)
        return made

    return {**own, "create": create, "update": update, "delete": delete}


def _streamed(properties: Properties) -> Properties:
    """Stream and encryption settings, which CloudFormation spells differently from the API."""
    stream = properties.get("StreamSpecification")
    encryption = properties.get("SSESpecification")
    translated: Properties = {}
    if stream:
        translated["StreamSpecification"] = {**stream, "StreamEnabled": True}
    if encryption:
        others = {key: value for key, value in encryption.items() if key != "SSEEnabled"}
        translated["SSESpecification"] = {**others, "Enabled": str(encryption.get("SSEEnabled")).lower() == "true"}
    return translated


def _finish(name: str, properties: Properties) -> None:
    expiry = properties.get("TimeToLiveSpecification")
    if expiry:
        wanted = {**expiry, "Enabled": str(expiry.get("Enabled", True)).lower() == "true"}
        if dynamodb._ttl_settings.get(name, {}).get("AttributeName") != wanted.get("AttributeName"):
            checked(dynamodb._update_ttl({"TableName": name, "TimeToLiveSpecification": wanted}))
    backups = properties.get("PointInTimeRecoverySpecification")
    if backups:
        checked(dynamodb._update_continuous_backups({"TableName": name, "PointInTimeRecoverySpecification": backups}))


def _attributes(described: dict[str, Any]) -> dict[str, str]:
    stream = described.get("LatestStreamArn")
    return {"Arn": described["TableArn"], **({"StreamArn": stream} if stream else {})}


def delete(physical_id: str, _properties: Properties) -> None:
    """Delete the table unless it is protected; one that is gone already is no error."""
    if physical_id in dynamodb._tables:
        checked(dynamodb._delete_table({"TableName": physical_id}))
