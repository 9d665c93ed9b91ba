"""From Security Hub to findings: by its events, and by asking for what they did not bring."""

import json

from troposphere import AWSObject, GetAtt

from contract.names import RESOURCE_INDEX, SEVERITY_INDEX
from generator import iam
from generator.functions import INGESTER, SYNC
from generator.ingest_rule import ingest_pattern
from generator.parts.function import Site, function
from generator.parts.queues import work_queue
from generator.parts.sources import from_queue, on_schedule, to_queue
from generator.settings.feeds import SecurityHubFormat

# BatchGetItem reads a hundred findings in one call.
_BATCH = 100
_BATCH_SECONDS = 5


_RUNS = {"changes": "rate(6 hours)", "everything": "rate(7 days)"}


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


def sync(site: Site) -> list[AWSObject]:
    """Return the sync with its queue: of changes every six hours, of everything that is active every week."""
    config = site.config
    name = config.names.queue("sync")
    orders = [
        on_schedule(SYNC, f"Sync{kind.title()}", f"{name}-{kind}", rate, json.dumps({"kind": kind}))
        for kind, rate in _RUNS.items()
    ]
    statements = [
        iam.consume_queue(GetAtt("SyncQueue", "Arn")),
        iam.send_messages(GetAtt("SyncQueue", "Arn")),
        iam.get_findings(in_ocsf=config.feeds.security_hub_format is SecurityHubFormat.OCSF),
        iam.use_items(GetAtt("FindingsTable", "Arn"), "BatchGetItem", "GetItem", "PutItem"),
        *(iam.query_index("FindingsTable", index) for index in (RESOURCE_INDEX, SEVERITY_INDEX)),
        iam.use_items(GetAtt("StateTable", "Arn"), "GetItem", "PutItem"),
        iam.use_key(GetAtt("DataKey", "Arn"), "dynamodb"),
    ]
    return [
        *work_queue(SYNC, config, {"events": [GetAtt(order, "Arn") for order in orders]}),
        *orders,
        *function(SYNC, site, statements, config.findings.log_retention_days),
        from_queue(SYNC, batch=1, concurrency=2),
    ]
