"""What the hub knows about accounts and spokes: reports and the inventory."""

from troposphere import AWSObject, GetAtt, Ref, Sub
from troposphere.events import Rule

from contract.account_settings import SETTINGS_FOLDER
from contract.names import CONTROL_INDEX, LAMBDA_SOURCE, SPOKE_SOURCE
from generator import iam
from generator.functions import AGENT_COVERAGE, INVENTORY, REPORTS
from generator.parts.function import Site, function
from generator.parts.queues import dead_letters, retried, work_queue
from generator.parts.sources import from_queue, from_rule, to_queue
from generator.pattern import ACCOUNT_CHANGES


def reports(site: Site) -> list[AWSObject]:
    """Return the recorder of what spokes report: heartbeats, tags, agents, runs over images and snapshots."""
    config = site.config
    rule = to_queue(REPORTS, config.names.queue("reports"), Ref("Bus"), {"source": [LAMBDA_SOURCE, SPOKE_SOURCE]})
    statements = [iam.consume_queue(GetAtt("ReportsQueue", "Arn")), *_state("DeleteItem", "GetItem", "PutItem")]
    return [
        *work_queue(REPORTS, config, {"events": [GetAtt(rule, "Arn")]}),
        rule,
        *function(REPORTS, site, statements, config.findings.log_retention_days),
        from_queue(REPORTS, concurrency=5),
    ]


def inventory(site: Site) -> list[AWSObject]:
    """Return what follows the organization's accounts: every hour, and when the management account changes some."""
    config = site.config
    name = INVENTORY.full_name(config.names)
    hourly = Rule("InventorySchedule", Name=f"{name}-hourly", ScheduleExpression="rate(1 hour)")
    changed = Rule("InventoryRule", Name=name, EventBusName=Ref("Bus"), EventPattern=ACCOUNT_CHANGES)
    bucket = config.names.artefact_bucket(config.aws.hub_account, "*")
    buckets = f"arn:${{AWS::Partition}}:s3:::{bucket}"
    callers = [GetAtt(rule, "Arn") for rule in (hourly, changed)]
    statements = [
        *_state("BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query"),
        iam.use_items(GetAtt("FindingsTable", "Arn"), "BatchGetItem", "GetItem", "PutItem"),
        iam.query_index("FindingsTable", CONTROL_INDEX),
        iam.walk_organization(),
        iam.list_folder(Sub(buckets), SETTINGS_FOLDER),
        iam.write_objects(Sub(f"{buckets}/{SETTINGS_FOLDER}*")),
        iam.send_messages(GetAtt("InventoryDeadLetters", "Arn")),
    ]
    return [
        *dead_letters("InventoryDeadLetters", config.names.dead_letter_queue("inventory"), {"events": callers}),
        *function(INVENTORY, site, statements, config.findings.log_retention_days),
        retried(INVENTORY, "InventoryDeadLetters"),
        *from_rule(INVENTORY, hourly),
        *from_rule(INVENTORY, changed),
    ]


def agent_coverage(site: Site) -> list[AWSObject]:
    """Return what counts hourly which instances have the agent, and follows those that lack it."""
    config = site.config
    hourly = Rule(
        "AgentCoverageSchedule",
        Name=f"{AGENT_COVERAGE.full_name(config.names)}-hourly",
        ScheduleExpression="rate(1 hour)",
    )
    statements = [
        *_state("DeleteItem", "PutItem", "Query"),
        iam.use_items(GetAtt("FindingsTable", "Arn"), "BatchGetItem", "GetItem", "PutItem"),
        iam.query_index("FindingsTable", CONTROL_INDEX),
        iam.send_messages(GetAtt("AgentCoverageDeadLetters", "Arn")),
    ]
    return [
        *dead_letters(
            "AgentCoverageDeadLetters",
            config.names.dead_letter_queue("agent_coverage"),
            {"events": [GetAtt(hourly, "Arn")]},
        ),
        *function(AGENT_COVERAGE, site, statements, config.findings.log_retention_days),
        retried(AGENT_COVERAGE, "AgentCoverageDeadLetters"),
        *from_rule(AGENT_COVERAGE, hourly),
    ]


def _state(*calls: str) -> list[iam.Statement]:
    return [iam.use_items(GetAtt("StateTable", "Arn"), *calls), iam.use_key(GetAtt("DataKey", "Arn"), "dynamodb")]
