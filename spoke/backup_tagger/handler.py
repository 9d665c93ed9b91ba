"""The backup tagger's function: daily, and called by itself when there is more to do than one invocation holds."""

import os
from datetime import datetime
from functools import cache
from typing import Any

import msgspec
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from contract.clock import iso, now
from contract.names import VERSION
from contract.retention import days_of, kept_until
from contract.settings import read_settings
from contract.spoke_events import LONGEST_TEXT, MOST_DATES, MOST_EXAMPLES, Job, RetentionReport
from spoke.account_settings import read_account_settings
from spoke.backup_tagger.run import Limits, Tally, tag_all
from spoke.backup_tagger.verdict import Policy
from spoke.backups import today
from spoke.clients import client
from spoke.retention_runs import Hub, Place, RunFailedError, failure, peak_memory_mb, place_of, tell_hub
from spoke.settings import BackupTaggerSettings
from spoke.tag_writing import Outcome

logger = Logger(service="backup-tagger")

# Lambda stops a function that calls itself 16 times (its guide, "Recursive loop detection"); tomorrow's run goes on.
_MOST_STEPS = 12
# What telling the hub and calling the next invocation leave to the rest, in seconds.
_AFTERWARDS = 15


class Run(msgspec.Struct):
    """A run, as an invocation hands it on to the next: how far it is, and what it did."""

    run: str
    started_at: str
    cursor: str = ""
    step: int = 1
    seconds: float = 0
    tally: Tally = msgspec.field(default_factory=Tally)


@cache
def _settings() -> BackupTaggerSettings:
    return read_settings(BackupTaggerSettings, os.environ)


@logger.inject_lambda_context(clear_state=True)
def tag_backups_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Tag images and snapshots with how long they are kept, and return what was done.

    `RunFailedError` carries the answer when it failed: so Lambda counts an error and calls again.
    """
    begun = now()
    given = event.get("run") if isinstance(event, dict) else None
    run = msgspec.convert(given, Run) if given else Run(run=context.aws_request_id, started_at=iso(begun))
    logger.append_keys(run=run.run, step=run.step)
    where, retention = place_of(context), ""
    try:
        retention = _retention(where)
        run.tally, cursor = tag_all(
            client("ec2", where.region), _limits(retention, context), run.tally, run.cursor, _log
        )
        if cursor is not None and run.step < _MOST_STEPS:
            run.seconds += (now() - begun).total_seconds()
            return _handed_on(run, cursor, context, where)
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        _report(run, begun, retention, where, reason)
        raise RunFailedError(failure(reason)) from error
    # Called again it would only read the same once more.
    ended = "" if cursor is None else f"no end after {run.step} invocations; the next run goes on"
    _report(run, begun, retention, where, ended)
    return _answer(run.tally, retention)


def _retention(where: Place) -> str:
    """Return the retention of what has none of its own here; an account's settings that cannot be read end the run.

    For what is written once stays, and may be shorter than the account asked for.
    """
    settings = _settings()
    found = read_account_settings(client("s3", where.region), settings.artefact_bucket, where.account)
    if found.unread:
        raise RuntimeError(f"the account's settings: {found.unread}")
    retention = found.settings.retention or settings.retention
    days_of(retention)
    return retention


def _limits(retention: str, context: LambdaContext) -> Limits:
    settings = _settings()
    policy = Policy(retention, msgspec.json.decode(settings.backup_tags, type=dict[str, str]))
    return Limits(
        policy=policy,
        today=today(),
        gib_price=settings.gib_price,
        seconds_left=lambda: context.get_remaining_time_in_millis() / 1000 - _AFTERWARDS,
    )


def _log(outcome: Outcome) -> None:
    """Say what failed by id, and what succeeded by batch."""
    for one in outcome.failed:
        logger.error("not tagged", resource=one.id, reason=one.reason)
    if outcome.tagged:
        logger.info("tagged", resources=len(outcome.tagged), first=outcome.tagged[0], gone=outcome.gone)


def _handed_on(run: Run, cursor: str, context: LambdaContext, where: Place) -> dict[str, Any]:
    """Call the function again, to go on where this invocation stopped."""
    following = msgspec.structs.replace(run, cursor=cursor, step=run.step + 1)
    client("lambda", where.region).invoke(
        FunctionName=context.invoked_function_arn,
        InvocationType="Event",
        Payload=msgspec.json.encode({"run": following}),
    )
    logger.info("to be continued", snapshots=run.tally.snapshots)
    return {"statusCode": 202, "message": "To be continued", "snapshots": run.tally.snapshots}


def _answer(tally: Tally, retention: str) -> dict[str, Any]:
    """Return what the seed's function answers; `delete_on` is the day for what is created today, None for ever."""
    days = days_of(retention)
    answer = {
        "statusCode": 200,
        "message": f"Successfully tagged {tally.amis_tagged} AMIs and {tally.snapshots_tagged} snapshots",
        "amis_tagged": tally.amis_tagged,
        "snapshots_tagged": tally.snapshots_tagged,
        "retention_days": days,
        "delete_on": None if days is None else kept_until(today(), days).isoformat(),
        "delete_on_counts": dict(sorted(tally.delete_on.items())),
        "skipped": tally.skipped,
        "unreadable": tally.unreadable,
        "failed": tally.failed,
    }
    logger.info("run ended", answer=answer)
    return answer


def _report(run: Run, begun: datetime, retention: str, where: Place, error: str = "") -> None:
    settings, tally = _settings(), run.tally
    report = RetentionReport(
        account=where.account,
        region=where.region,
        version=VERSION,
        job=Job.TAGGING,
        run=run.run,
        interval_seconds=settings.backup_interval_seconds,
        started_at=run.started_at,
        seconds=round(run.seconds + (now() - begun).total_seconds(), 1),
        peak_memory_mb=peak_memory_mb(),
        error=error[:LONGEST_TEXT],
        retention=retention,
        images=tally.images,
        snapshots=tally.snapshots,
        amis_tagged=tally.amis_tagged,
        snapshots_tagged=tally.snapshots_tagged,
        unreadable=tally.unreadable,
        failed=tally.failed,
        failures=tuple(tally.failures),
        delete_on=dict(sorted(tally.delete_on.items())[:MOST_DATES]),
        skipped=dict(sorted(tally.skipped.items())[:MOST_EXAMPLES]),
        due=tally.due,
        due_gib=round(tally.due_gib, 1),
        due_cost=round(tally.due_cost, 2),
        examples=tuple(tally.examples),
    )
    tell_hub(report, Hub(settings.hub_bus_arn, settings.backup_dead_letter_queue_url), client, logger)
