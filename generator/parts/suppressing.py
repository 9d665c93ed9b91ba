"""What follows people's decisions about findings, and keeps suppressions."""

from troposphere import AWSObject, GetAtt
from troposphere.events import Rule

from contract.names import ACCOUNT_INDEX, CONTROL_INDEX, SEVERITY_INDEX
from generator import iam
from generator.functions import SUPPRESSIONS, WORKFLOW
from generator.parts.function import Site, function
from generator.parts.queues import dead_letters, retried, work_queue
from generator.parts.sources import from_queue, from_rule
from generator.settings.feeds import SecurityHubFormat

# BatchUpdateFindings takes a hundred findings.
_BATCH = 100
_BATCH_SECONDS = 5


def workflow(site: Site) -> list[AWSObject]:
    """Return what follows the turns of findings: history, suppressions, and Security Hub, which hears of decisions."""
    config = site.config
    is_in_ocsf = config.feeds.security_hub_format is SecurityHubFormat.OCSF
    statements = [
        iam.consume_queue(GetAtt("WorkflowQueue", "Arn")),
        iam.use_items(GetAtt("FindingsTable", "Arn"), "BatchGetItem", "GetItem", "PutItem"),
        iam.use_items(GetAtt("StateTable", "Arn"), "PutItem", "Query"),
        iam.use_key(GetAtt("DataKey", "Arn"), "dynamodb"),
        *([iam.update_findings(in_ocsf=is_in_ocsf)] if config.feeds.reads_security_hub else []),
    ]
    return [
        *work_queue(WORKFLOW, config, {}),
        *function(WORKFLOW, site, statements, config.findings.log_retention_days),
        from_queue(WORKFLOW, batch=_BATCH, concurrency=2, wait=_BATCH_SECONDS),
    ]


def suppressions(site: Site) -> list[AWSObject]:
    """Return what brings suppressions and findings together, four times an hour."""
    config = site.config
    name = SUPPRESSIONS.full_name(config.names)
    rule = Rule("SuppressionsSchedule", Name=name, ScheduleExpression="rate(15 minutes)")
    statements = [
        iam.use_items(GetAtt("FindingsTable", "Arn"), "BatchGetItem", "GetItem", "PutItem"),
        *(iam.query_index("FindingsTable", index) for index in (ACCOUNT_INDEX, CONTROL_INDEX, SEVERITY_INDEX)),
        iam.use_items(GetAtt("StateTable", "Arn"), "DeleteItem", "PutItem", "Query"),
        iam.use_key(GetAtt("DataKey", "Arn"), "dynamodb"),
        iam.send_messages(GetAtt("SuppressionsDeadLetters", "Arn")),
    ]
    failed = config.names.dead_letter_queue("suppressions")
    return [
        *dead_letters("SuppressionsDeadLetters", failed, {"events": [GetAtt(rule, "Arn")]}),
        *function(SUPPRESSIONS, site, statements, config.findings.log_retention_days),
        retried(SUPPRESSIONS, "SuppressionsDeadLetters"),
        *from_rule(SUPPRESSIONS, rule),
    ]
