"""From the central bus to findings: the detector."""

from troposphere import AWSObject, GetAtt, Ref

from contract.cloudtrail import DETAIL_TYPES
from generator import iam
from generator.functions import DETECTOR
from generator.parts.function import Site, function
from generator.parts.queues import work_queue
from generator.parts.sources import from_queue, to_queue
from hub.detections.native.catalogue import FEEDS

_NATIVE = (kind for one in FEEDS for kind in one.detail_types)
# Only AWS's services may send as aws.*, on whichever bus: what matches is CloudTrail's, or a service's own finding.
JUDGED = {"source": [{"prefix": "aws."}], "detail-type": [*DETAIL_TYPES, *_NATIVE]}


def detector(site: Site) -> list[AWSObject]:
    """Return the detector with its queue: forwarded events in, findings out."""
    config = site.config
    rule = to_queue(DETECTOR, config.names.queue("detector"), Ref("Bus"), JUDGED)
    statements = [
        iam.consume_queue(GetAtt("DetectorQueue", "Arn")),
        iam.use_items(GetAtt("FindingsTable", "Arn"), "BatchGetItem", "GetItem", "PutItem"),
        iam.use_items(GetAtt("StateTable", "Arn"), "GetItem", "PutItem", "Query", "UpdateItem"),
        iam.use_key(GetAtt("DataKey", "Arn"), "dynamodb"),
        iam.list_accounts(),
        iam.send_messages(GetAtt("LookupsQueue", "Arn")),
    ]
    return [
        *work_queue(DETECTOR, config, {"events": [GetAtt(rule, "Arn")]}),
        rule,
        *function(DETECTOR, site, statements, config.findings.log_retention_days),
        from_queue(DETECTOR),
    ]
