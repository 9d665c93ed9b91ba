"""What counts the open findings anew every night."""

from troposphere import AWSObject, GetAtt
from troposphere.events import Rule

from contract.names import ACCOUNT_INDEX, CONTROL_INDEX, SEVERITY_INDEX
from generator import iam
from generator.functions import RECOUNT
from generator.parts.function import Site, function
from generator.parts.queues import dead_letters, retried
from generator.parts.sources import from_rule

# Twice: what differs both times is mended, what differs once was on its way.
_AT_NIGHT = "cron(0,30 2 * * ? *)"


def recount(site: Site) -> list[AWSObject]:
    """Return the recount, at 02:00 and 02:30 UTC."""
    config = site.config
    rule = Rule("RecountSchedule", Name=RECOUNT.full_name(config.names), ScheduleExpression=_AT_NIGHT)
    statements = [
        *(iam.query_index("FindingsTable", index) for index in (ACCOUNT_INDEX, CONTROL_INDEX, SEVERITY_INDEX)),
        iam.use_items(GetAtt("StateTable", "Arn"), "GetItem", "PutItem", "Query", "UpdateItem"),
        iam.use_key(GetAtt("DataKey", "Arn"), "dynamodb"),
        iam.send_messages(GetAtt("RecountDeadLetters", "Arn")),
    ]
    failed = config.names.dead_letter_queue("recount")
    return [
        *dead_letters("RecountDeadLetters", failed, {"events": [GetAtt(rule, "Arn")]}),
        *function(RECOUNT, site, statements, config.findings.log_retention_days),
        retried(RECOUNT, "RecountDeadLetters"),
        *from_rule(RECOUNT, rule),
    ]
