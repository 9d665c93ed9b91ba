"""B1's baseline: what a Lambda function on Powertools usually imports and does with its first event."""

from pathlib import Path
from typing import Any

import boto3
import yaml
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.parser import parse
from aws_lambda_powertools.utilities.parser.models import EventBridgeModel
from pydantic_settings import BaseSettings


class TypicalSettings(BaseSettings):
    """The function's environment."""

    findings_table: str
    queue_url: str


logger = Logger(service="typical")
metrics = Metrics(namespace="Typical", service="typical")
tracer = Tracer(service="typical")
processor = BatchProcessor(event_type=EventType.SQS)
settings = TypicalSettings()
dynamodb = boto3.client("dynamodb")
sqs = boto3.client("sqs")
rules = yaml.safe_load(Path(__file__).with_name("rules.yaml").read_text(encoding="utf-8"))


@tracer.capture_method
def handle_record(record: Any) -> None:
    """Try every rule on the event and store what matches."""
    event = parse(event=record.body, model=EventBridgeModel)
    call = f"{event.detail['eventSource']}:{event.detail['eventName']}"
    for rule in rules:
        if call in rule["api_calls"]:
            item = {"id": {"S": f"{rule['id']}#{event.id}"}, "title": {"S": rule["title"]}}
            dynamodb.put_item(TableName=settings.findings_table, Item=item)
            metrics.add_metric(name="Findings", unit=MetricUnit.Count, value=1)


@logger.inject_lambda_context
@tracer.capture_lambda_handler
@metrics.log_metrics
def judge_handler(event: dict[str, Any], context: Any) -> Any:
    """Judge a batch of the queue."""
    return process_partial_response(event=event, record_handler=handle_record, processor=processor, context=context)
