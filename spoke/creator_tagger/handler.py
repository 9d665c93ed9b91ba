"""The creator tagger's function: one create event in, its resources tagged, what came of it handed to the hub."""

import os
from functools import cache
from typing import Any

import msgspec
from aws_lambda_powertools import Logger, single_metric
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from contract.clock import iso, now
from contract.cloudtrail import CloudTrailEvent
from contract.names import METRICS_NAMESPACE, TAGGING_RESULT, VERSION, Names
from contract.settings import read_settings
from contract.spoke_events import LONGEST_TEXT, MOST_ARNS, TaggingFailure, TaggingResult
from spoke.clients import client
from spoke.creator_tagger.followed import followed_plan, is_followed
from spoke.creator_tagger.parents import inherited
from spoke.creator_tagger.plan import TaggingPlan, plan
from spoke.creator_tagger.tag import Outcome, tag
from spoke.creator_tagger.tags import TagSettings
from spoke.reports import ReportRefusedError, bus_region, entry_of, park, publish
from spoke.settings import CreatorTaggerSettings

logger = Logger(service="creator-tagger")


class TryLaterError(Exception):
    """Some resources are not visible yet, or the service is busy: the invocation must be tried again."""


@cache
def _settings() -> tuple[CreatorTaggerSettings, TagSettings]:
    read = read_settings(CreatorTaggerSettings, os.environ)
    tags = TagSettings(
        created_by_key=read.created_by_key,
        created_at_key=read.created_at_key,
        created_via_key=read.created_via_key,
        created_by_role_key=read.created_by_role_key,
        fixed=msgspec.json.decode(read.fixed_tags, type=dict[str, str]),
        hash_emails=read.hash_emails,
    )
    return read, tags


@logger.inject_lambda_context(clear_state=True)
def tag_handler(event: dict[str, Any], context: LambdaContext) -> Any:  # noqa: ARG001 - Lambda's signature
    """Tag what an EventBridge event says was created and return the result, which Lambda hands to the hub.

    Nothing is returned when there was nothing to do. Raises what Lambda's asynchronous retry may mend.
    """
    planned = _planned(event)
    logger.append_keys(api_call=planned.api_call, event_id=planned.event_id)
    if planned.reason and not planned.untagged:
        logger.info("nothing to tag", reason=planned.reason)
        return None
    outcome = tag(planned, client) if planned.arns else Outcome(failed=planned.untagged)
    _note(planned, outcome)
    if outcome.later:
        _tell_hub(planned, outcome)
        raise TryLaterError("; ".join(f"{one.arn}: {one.reason}" for one in outcome.later))
    return msgspec.to_builtins(_result(planned, outcome)) if outcome.tagged or outcome.failed else None


def _planned(event: dict[str, Any]) -> TaggingPlan:
    settings, tags = _settings()
    if is_followed(event):
        return followed_plan(event, tags, client)
    record = CloudTrailEvent(event)
    return inherited(record, plan(record, tags, Names(settings.prefix)), tags, client)


def _note(planned: TaggingPlan, outcome: Outcome) -> None:
    failed = {one.arn: one.reason for one in outcome.failed}
    logger.info("tagging ended", tagged=outcome.tagged, kept=outcome.kept, failed=failed)
    if failed and not planned.untagged:
        _count("TaggingFailed", len(failed), ApiCall=planned.api_call)


def _result(planned: TaggingPlan, outcome: Outcome) -> TaggingResult:
    is_tagged = planned.at is not None and bool(outcome.tagged)
    return TaggingResult(
        account=planned.account,
        region=planned.home,
        version=VERSION,
        api_call=planned.api_call,
        event_id=planned.event_id,
        created_by=planned.created_by,
        tagged=outcome.tagged[:MOST_ARNS],
        failed=tuple(TaggingFailure(one.arn, one.reason[:LONGEST_TEXT]) for one in outcome.failed[:MOST_ARNS]),
        created_at=iso(planned.at) if planned.at else "",
        lag_seconds=max(0.0, round((now() - planned.at).total_seconds(), 1)) if is_tagged and planned.at else None,
    )


def _tell_hub(planned: TaggingPlan, outcome: Outcome) -> None:
    """Report what is certain before the rest is tried again: an invocation that fails hands nothing over."""
    if not outcome.tagged and not outcome.failed:
        return
    settings, _ = _settings()
    bus = settings.hub_bus_arn
    entry = entry_of(TAGGING_RESULT, _result(planned, outcome), bus)
    try:
        publish(entry, client("events", bus_region(bus)))
    except ReportRefusedError as error:
        # The tags are written: the report waits, and the invocation fails only if it cannot even wait.
        logger.warning("report refused", reason=str(error))
        _count("ReportRefused", 1, Report=TAGGING_RESULT)
        park(entry, settings.dead_letter_queue_url, client("sqs", planned.home))


def _count(name: str, value: int, **dimensions: str) -> None:
    # Only failures: a custom metric costs $0.30 a month in every account and Region, and the hub counts the reports.
    with single_metric(name, MetricUnit.Count, value, namespace=METRICS_NAMESPACE) as metric:
        for dimension, of in dimensions.items():
            metric.add_dimension(name=dimension, value=of)
