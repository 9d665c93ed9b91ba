"""What follows from a changed finding: the counters, the queues of those who hear of it, Security Hub."""

from typing import Any

from troposphere import AWSObject, GetAtt, Sub

from generator import iam
from generator.functions import PUBLISHER, ROLLUPS, TRANSITIONS, Function
from generator.parts.function import Site, function
from generator.parts.queues import dead_letters, work_queue
from generator.parts.sources import from_queue, from_stream

_WINDOW_SECONDS = 30
# BatchImportFindings takes a hundred findings, ten times a second.
_IMPORTED = 100
_IMPORT_SECONDS = 5


def rollups(site: Site) -> list[AWSObject]:
    """Return the counters of open findings: each change of the stream counted exactly once."""
    config = site.config
    counters = iam.use_items(GetAtt("StateTable", "Arn"), "GetItem", "PutItem", "Query", "UpdateItem")
    statements = [*_stream(ROLLUPS), counters]
    return [
        *dead_letters("RollupsDeadLetters", config.names.dead_letter_queue("rollups"), {}),
        *function(ROLLUPS, site, statements, config.findings.log_retention_days),
        from_stream(ROLLUPS, window=_WINDOW_SECONDS),
    ]


def transitions(site: Site) -> list[AWSObject]:
    """Return what picks the changes that people, or Security Hub, should hear of out of the stream."""
    config = site.config
    queues = ["NotifierQueue", "WorkflowQueue"]
    queues += ["PublisherQueue"] if config.findings.publish_to_security_hub else []
    queues += ["LateArchiverQueue"] if config.archive.enabled else []
    progress = [iam.use_items(GetAtt("StateTable", "Arn"), "GetItem")] if config.archive.enabled else []
    statements = [*_stream(TRANSITIONS), *progress, *(iam.send_messages(GetAtt(queue, "Arn")) for queue in queues)]
    return [
        *dead_letters("TransitionsDeadLetters", config.names.dead_letter_queue("transitions"), {}),
        *function(TRANSITIONS, site, statements, config.findings.log_retention_days),
        from_stream(TRANSITIONS),
    ]


def publisher(site: Site) -> list[AWSObject]:
    """Return the publisher with its queue; it may import findings as the hub account's own product only."""
    config = site.config
    statements = [iam.consume_queue(GetAtt("PublisherQueue", "Arn")), iam.import_findings(own_product())]
    return [
        *work_queue(PUBLISHER, config, {}),
        *function(PUBLISHER, site, statements, config.findings.log_retention_days),
        from_queue(PUBLISHER, batch=_IMPORTED, concurrency=2, wait=_IMPORT_SECONDS),
    ]


def own_product() -> Sub:
    """Return the ARN of the hub account's own product in Security Hub (its guide, "Using custom integrations")."""
    place = "${AWS::Region}:${AWS::AccountId}:product/${AWS::AccountId}/default"
    return Sub(f"arn:${{AWS::Partition}}:securityhub:{place}")


def _stream(what: Function) -> list[dict[str, Any]]:
    return [
        iam.consume_stream(GetAtt("FindingsTable", "StreamArn")),
        iam.list_streams(),
        iam.use_key(GetAtt("DataKey", "Arn"), "dynamodb"),
        iam.send_messages(GetAtt(f"{what.title}DeadLetters", "Arn")),
    ]
