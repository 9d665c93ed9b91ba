"""Where Lambda sends what came of an invocation: an API call with the function's own role, so that IAM counts."""

import json
import os
from collections.abc import Callable
from typing import Any

import boto3
from botocore.exceptions import ClientError
from ministack.core.lambda_runtime import execution_credentials
from ministack.services import cloudwatch, lambda_svc

Send = Callable[[Any, str, str, dict[str, Any]], Any]


def send(config: dict[str, Any], target: str, message: Any, attributes: dict[str, Any] | None = None) -> None:
    """Send `message` as JSON to the target's ARN; a refused one becomes the metric DestinationDeliveryFailures."""
    _, _, service, region, *_ = target.split(":")
    try:
        SENDERS[service](_client(config, service, region), target, json.dumps(message), attributes or {})
    except (ClientError, KeyError) as error:
        lambda_svc.logger.warning("%s: not delivered to %s: %s", config["FunctionName"], target, error)
        dimensions = {"FunctionName": config["FunctionName"]}
        cloudwatch.record_metric("AWS/Lambda", "DestinationDeliveryFailures", 1, "Count", dimensions)


def _client(config: dict[str, Any], service: Any, region: str) -> Any:
    keys = execution_credentials(config)
    return boto3.session.Session(  # one each: sessions are not thread-safe
        aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
        aws_session_token=keys["AWS_SESSION_TOKEN"],
        region_name=region,
    ).client(service)


def _to_queue(client: Any, target: str, message: str, attributes: dict[str, Any]) -> None:
    account, name = target.split(":")[4:]
    url = f"{os.environ['AWS_ENDPOINT_URL']}/{account}/{name}"
    client.send_message(QueueUrl=url, MessageBody=message, MessageAttributes=attributes)


def _to_topic(client: Any, target: str, message: str, attributes: dict[str, Any]) -> None:
    client.publish(TopicArn=target, Message=message, MessageAttributes=attributes)


def _to_function(client: Any, target: str, message: str, _attributes: dict[str, Any]) -> None:
    client.invoke(FunctionName=target, InvocationType="Event", Payload=message)


def _to_bus(client: Any, target: str, message: str, _attributes: dict[str, Any]) -> None:
    context = json.loads(message)["requestContext"]
    outcome = "Success" if context["condition"] == "Success" else "Failure"
    kind = f"Lambda Function Invocation Result - {outcome}"
    entry = {"Source": "lambda", "DetailType": kind, "Detail": message, "EventBusName": target}
    client.put_events(Entries=[{**entry, "Resources": [target, context["functionArn"]]}])


SENDERS: dict[str, Send] = {"sqs": _to_queue, "sns": _to_topic, "lambda": _to_function, "events": _to_bus}
