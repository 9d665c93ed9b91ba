"""The creator tagger's function: one create event in, its resources tagged, the hub told."""

import os
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, single_metric
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from contract.cloudtrail import CloudTrailEvent
from contract.names import METRICS_NAMESPACE, TAGGING_RESULT, VERSION, Names
from contract.settings import read_settings
from contract.spoke_events import LONGEST_TEXT, MOST_ARNS, TaggingFailure, TaggingResult
from spoke.clients import client
from spoke.creator_tagger.plan import TaggingPlan, plan
from spoke.creator_tagger.tag import Outcome, tag
from spoke.reports import ReportRefusedError, bus_region, entry_of, park, publish
from spoke.settings import CreatorTaggerSettings

logger = Logger(service="creator-tagger")


class TryLaterError(Exception):
    """Some resources are not visible yet, or the service is busy: the invocation must be tried again."""


@cache
def _settings() -> CreatorTaggerSettings:
    return read_settings(CreatorTaggerSettings, os.environ)


@logger.inject_lambda_context(clear_state=True)
def tag_handler(event: dict[str, Any], context: LambdaContext) -> None:  # noqa: ARG001 - Lambda's signature
    """Tag what an EventBridge event says was created; raise what Lambda's asynchronous retry may mend."""
    settings = _settings()
    record = CloudTrailEvent(event)
    planned = plan(record, settings.created_by_key, Names(settings.prefix))
    logger.append_keys(api_call=planned.api_call, event_id=planned.event_id)
    if planned.reason and not planned.disputed:
        logger.info("nothing to tag", reason=planned.reason)
        return
    outcome = tag(planned, client) if planned.arns else Outcome(failed=planned.disputed)
    _note(planned, outcome)
    if outcome.tagged or outcome.failed:
        _tell_hub(_result(record, planned, outcome), settings, record.region)
    if outcome.later:
        raise TryLaterError("; ".join(f"{one.arn}: {one.reason}" for one in outcome.later))


def _note(planned: TaggingPlan, outcome: Outcome) -> None:
    failed = {one.arn: one.reason for one in outcome.failed}
    logger.info("tagging ended", tagged=outcome.tagged, kept=outcome.kept, failed=failed)
    if failed:
        _count("TaggingFailed", len(failed), ApiCall=planned.api_call)


def _result(record: CloudTrailEvent, planned: TaggingPlan, outcome: Outcome) -> TaggingResult:
    return TaggingResult(
        account=record.account_id,
        region=record.region,
        version=VERSION,
        api_call=planned.api_call,
        event_id=planned.event_id,
        created_by=planned.created_by,
        tagged=outcome.tagged[:MOST_ARNS],
        failed=tuple(TaggingFailure(one.arn, one.reason[:LONGEST_TEXT]) for one in outcome.failed[:MOST_ARNS]),
    )


def _tell_hub(result: TaggingResult, settings: CreatorTaggerSettings, region: str) -> None:
    bus = settings.hub_bus_arn
    entry = entry_of(TAGGING_RESULT, result, bus)
    try:
        publish(entry, client("events", bus_region(bus)))
    except ReportRefusedError as error:
        # The tags are written: the report waits, and the invocation fails only if it cannot even wait.
        logger.warning("report refused", reason=str(error))
        _count("ReportRefused", 1, Report=TAGGING_RESULT)
        park(entry, settings.dead_letter_queue_url, client("sqs", region))


def _count(name: str, value: int, **dimensions: str) -> None:
    # Only failures: a custom metric costs $0.30 a month in every account and Region, and the hub counts the reports.
    with single_metric(name, MetricUnit.Count, value, namespace=METRICS_NAMESPACE) as metric:
        for dimension, of in dimensions.items():
            metric.add_dimension(name=dimension, value=of)
