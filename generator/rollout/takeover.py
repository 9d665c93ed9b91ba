"""Takes over what an earlier installation's uninstall kept: the hub's tables and their key."""

import json
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from generator.config import Config
from generator.rollout.stacks import ABSENT, delete_stack, settled_status, would_change
from generator.rollout.step import RolloutError, Step

if TYPE_CHECKING:
    import boto3
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_dynamodb import DynamoDBClient


def take_over(config: Config, hub_template: str, session: "boto3.Session") -> Step | None:
    """Import the kept tables and their key into a new hub stack; None where there is a hub, or nothing was kept.

    They were kept because their names are fixed: a stack that wanted to make them again would fail. An import may
    bring nothing but what it imports, so that the rest of the hub follows as an update.
    """
    cloudformation, name = session.client("cloudformation"), config.names.hub_stack
    status = settled_status(cloudformation, name)
    kept = _kept(config, json.loads(hub_template), session.client("dynamodb")) if status in ABSENT else {}
    if not kept:
        return None
    if status:
        # What a failed or abandoned creation left holds nothing, and takes no import.
        delete_stack(cloudformation, name)
    _import(cloudformation, name, json.loads(hub_template), kept)
    return Step(f"stack {name}", "created", f"around what was kept: {', '.join(sorted(kept))}")


def _kept(config: Config, template: Mapping[str, Any], dynamodb: "DynamoDBClient") -> dict[str, dict[str, str]]:
    """Return the identifiers of what is there, by logical id: both tables and the key, or nothing."""
    tables = {"FindingsTable": config.names.findings_table, "StateTable": config.names.state_table}
    keys = {title: _key_of(dynamodb, name) for title, name in tables.items()}
    present = {title: key for title, key in keys.items() if key is not None}
    if not present:
        return {}
    if len(present) < len(tables) or len({*present.values()}) != 1:
        names = " and ".join(tables[title] for title in sorted(present))
        raise RolloutError(
            f"{names} was kept by an earlier installation, without the other table or with another key; export and "
            "delete it, or choose another aws.prefix in muster.toml"
        )
    (key,) = {*present.values()}
    identifiers = {title: {"TableName": tables[title]} for title in present}
    return {"DataKey": {"KeyId": str(key)}, **identifiers} if "DataKey" in template["Resources"] else identifiers


def _key_of(dynamodb: "DynamoDBClient", table: str) -> str | None:
    """Return the id of a table's customer key, empty without one, None where there is no such table."""
    try:
        described = dynamodb.describe_table(TableName=table)["Table"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            return None
        raise
    return described.get("SSEDescription", {}).get("KMSMasterKeyArn", "").rpartition("/")[2]


def _import(
    cloudformation: "CloudFormationClient", name: str, template: Mapping[str, Any], kept: Mapping[str, dict[str, str]]
) -> None:
    resources = {title: template["Resources"][title] for title in kept}
    change_set = f"muster-{uuid.uuid4()}"
    cloudformation.create_change_set(
        StackName=name,
        ChangeSetName=change_set,
        ChangeSetType="IMPORT",
        TemplateBody=json.dumps({"Description": template["Description"], "Resources": resources}),
        ResourcesToImport=[
            {
                "ResourceType": resources[title]["Type"],
                "LogicalResourceId": title,
                "ResourceIdentifier": identifier,
            }
            for title, identifier in kept.items()
        ],
    )
    would_change(cloudformation, name, change_set)
    cloudformation.execute_change_set(StackName=name, ChangeSetName=change_set)
    status = settled_status(cloudformation, name)
    if status != "IMPORT_COMPLETE":
        raise RolloutError(f"stack {name}: the kept tables could not be taken over: it is {status}")
