"""From Security Hub's events to findings: the ingester."""

from troposphere import AWSObject, GetAtt

from contract.names import RESOURCE_INDEX
from generator import iam
from generator.functions import INGESTER
from generator.ingest_rule import ingest_pattern
from generator.parts.function import Site, function
from generator.parts.queues import work_queue
from generator.parts.sources import from_queue, to_queue

# BatchGetItem reads a hundred findings in one call.
_BATCH = 100
_BATCH_SECONDS = 5


def ingester(site: Site) -> list[AWSObject]:
    """Return the ingester with its queue. Security Hub tells its administrator's default bus of all members' findings.

    The rule asks for no severity: a control that passes is informational then, and would stay open.
    """
    config = site.config
    rule = to_queue(
        INGESTER, config.names.queue("ingester"), "default", ingest_pattern([config.feeds.security_hub_format])
    )
    statements = [
        iam.consume_queue(GetAtt("IngesterQueue", "Arn")),
        iam.use_items(GetAtt("FindingsTable", "Arn"), "BatchGetItem", "GetItem", "PutItem"),
        iam.query_index("FindingsTable", RESOURCE_INDEX),
        iam.use_key(GetAtt("DataKey", "Arn"), "dynamodb"),
    ]
    return [
        *work_queue(INGESTER, config, {"events": [GetAtt(rule, "Arn")]}),
        rule,
        *function(INGESTER, site, statements, config.findings.log_retention_days),
        from_queue(INGESTER, batch=_BATCH, wait=_BATCH_SECONDS),
    ]
