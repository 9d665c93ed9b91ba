"""Takes over what an earlier installation's uninstall kept: the hub's tables and their key."""

import json
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, WaiterError

from generator.config import Config
from generator.rollout.stacks import ABSENT, WAIT, delete_stack, failure_reason, settled_status, would_change
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
    kept = _kept(config, session.client("dynamodb")) if status in ABSENT else {}
    if not kept:
        return None
    if status:
        # What a failed or abandoned creation left holds nothing, and takes no import.
        delete_stack(cloudformation, name)
    _import(cloudformation, name, json.loads(hub_template), kept)
    return Step(f"stack {name}", "created", f"around what was kept: {', '.join(sorted(kept))}")


def _kept(config: Config, dynamodb: "DynamoDBClient") -> dict[str, dict[str, str]]:
    """Return the identifiers of the tables that are there and of their key, by logical id."""
    tables = {"FindingsTable": config.names.findings_table, "StateTable": config.names.state_table}
    found = {title: customer_key(dynamodb, name) for title, name in tables.items()}
    keys = {title: key for title, key in found.items() if key is not None}
    if not keys:
        return {}
    if len({*keys.values()}) != 1 or not all(keys.values()):
        names = " and ".join(tables[title] for title in sorted(keys))
        raise RolloutError(
            f"{names}: no tables of one earlier installation, for they have not one customer key; export and delete "
            "them, or choose another aws.prefix in muster.toml"
        )
    (key,) = {*keys.values()}
    return {
        "DataKey": {"KeyId": str(key).rpartition("/")[2]},
        **{title: {"TableName": tables[title]} for title in keys},
    }


def customer_key(dynamodb: "DynamoDBClient", table: str) -> str | None:
    """Return the ARN of a table's customer key, empty without one, None where there is no such table."""
    try:
        described = dynamodb.describe_table(TableName=table)["Table"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            return None
        raise
    return described.get("SSEDescription", {}).get("KMSMasterKeyArn", "")


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
    if not would_change(cloudformation, name, change_set):
        raise RolloutError(f"stack {name}: CloudFormation sees nothing to take over of {', '.join(sorted(kept))}")
    cloudformation.execute_change_set(StackName=name, ChangeSetName=change_set)
    try:
        cloudformation.get_waiter("stack_import_complete").wait(StackName=name, WaiterConfig=WAIT)
    except WaiterError as error:
        reason = failure_reason(cloudformation, name)
        raise RolloutError(f"stack {name}: what was kept could not be taken over: {reason}") from error
