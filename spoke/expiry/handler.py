"""The expiry's function: daily, by setting as a dry run that only tells what would go."""

import os
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from contract.clock import iso, now
from contract.names import VERSION
from contract.settings import read_settings
from contract.spoke_events import LONGEST_TEXT, MOST_EXAMPLES, Job, RetentionReport
from spoke.backups import today
from spoke.clients import client
from spoke.expiry.decision import Rules
from spoke.expiry.references import references
from spoke.expiry.run import Limits, Run, Tally
from spoke.retention_runs import Hub, Place, RunFailedError, failure, peak_memory_mb, place_of, tell_hub
from spoke.settings import ExpirySettings

logger = Logger(service="expiry")

# What telling the hub leaves to the rest, in seconds.
_AFTERWARDS = 10


@cache
def _settings() -> ExpirySettings:
    return read_settings(ExpirySettings, os.environ)


@logger.inject_lambda_context(clear_state=True)
def expire_handler(_event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Mark and delete what is past its date and in nobody's use; return what was done, or would be.

    `RunFailedError` carries the answer when it failed: so Lambda counts an error and calls again.
    """
    begun, where = now(), place_of(context)
    run = Run(client("ec2", where.region), lambda: references(client, where.region), _limits(context))
    try:
        tally = run.expire()
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        _report(run.tally, begun, where, context.aws_request_id, reason)
        raise RunFailedError(failure(reason)) from error
    _report(tally, begun, where, context.aws_request_id)
    return _answer(tally)


def _limits(context: LambdaContext) -> Limits:
    settings = _settings()
    rules = Rules(
        today=today(),
        wait=timedelta(days=settings.expiry_wait_days),
        launched_within=timedelta(days=settings.expiry_launched_days),
    )
    return Limits(
        rules=rules,
        is_dry=settings.expiry_mode != "delete",
        per_run=settings.expiry_per_run,
        gib_price=settings.gib_price,
        seconds_left=lambda: context.get_remaining_time_in_millis() / 1000 - _AFTERWARDS,
    )


def _answer(tally: Tally) -> dict[str, Any]:
    for one in tally.failures:
        logger.error("not done", resource=one.id, reason=one.reason)
    answer = {
        "statusCode": 200,
        "message": f"Marked {tally.marked}, deleted {tally.deleted} of {tally.due} that are past their date",
        "marked": tally.marked,
        "unmarked": tally.unmarked,
        "deleted": tally.deleted,
        "due": tally.due,
        "kept": tally.kept,
        "monthly_cost": round(tally.due_cost, 2),
        "failed": tally.failed,
    }
    logger.info("run ended", answer=answer, is_whole=tally.is_whole)
    return answer


def _report(tally: Tally, begun: datetime, where: Place, run: str, error: str = "") -> None:
    settings = _settings()
    report = RetentionReport(
        account=where.account,
        region=where.region,
        version=VERSION,
        job=Job.EXPIRY,
        run=run,
        interval_seconds=settings.backup_interval_seconds,
        started_at=iso(begun),
        seconds=round((now() - begun).total_seconds(), 1),
        peak_memory_mb=peak_memory_mb(),
        error=error[:LONGEST_TEXT],
        mode=settings.expiry_mode,
        images=tally.images,
        snapshots=tally.snapshots,
        failed=tally.failed,
        failures=tuple(tally.failures),
        due=tally.due,
        due_gib=round(tally.due_gib, 1),
        due_cost=round(tally.due_cost, 2),
        examples=tuple(tally.examples),
        kept=dict(sorted(tally.kept.items())[:MOST_EXAMPLES]),
        marked=tally.marked,
        unmarked=tally.unmarked,
        deleted=tally.deleted,
        deleted_gib=round(tally.deleted_gib, 1),
        deleted_cost=round(tally.deleted_cost, 2),
        is_whole=tally.is_whole,
    )
    tell_hub(report, Hub(settings.hub_bus_arn, settings.expiry_dead_letter_queue_url), client, logger)
