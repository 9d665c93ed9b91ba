"""What the two jobs on images and snapshots share: where they run, how a run that failed says so, its report."""

import json
import resource
import sys

import msgspec
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from contract.names import RETENTION_REPORT
from contract.spoke_events import RetentionReport
from spoke.clients import Clients
from spoke.reports import ReportRefusedError, bus_region, entry_of, park, publish

# Linux counts a process's memory in kilobytes, macOS in bytes (getrusage(2)).
_A_MEGABYTE = 2**20 if sys.platform == "darwin" else 2**10


class RunFailedError(Exception):
    """A run came to no end; the text is its answer as JSON, `statusCode` 500."""


class Place(msgspec.Struct, frozen=True):
    """The account and Region of a function."""

    account: str
    region: str


class Hub(msgspec.Struct, frozen=True):
    """Where a job's reports go: the hub's bus, and the queue of those that it refuses."""

    bus: str
    dead_letters: str


def place_of(context: LambdaContext) -> Place:
    """Return where a function runs, from its ARN: arn:partition:lambda:region:account:function:name."""
    _, _, _, region, account, *_ = context.invoked_function_arn.split(":")
    return Place(account, region)


def failure(reason: str) -> str:
    """Return the answer of a run that failed, in the seed's words."""
    return json.dumps({"statusCode": 500, "message": f"Error in lambda execution: {reason}"})


def peak_memory_mb() -> int:
    """Return the most memory that this process ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // _A_MEGABYTE


def tell_hub(report: RetentionReport, hub: Hub, clients: Clients, logger: Logger) -> None:
    """Put a report on the hub's bus; one that is refused waits in the dead-letter queue."""
    entry = entry_of(RETENTION_REPORT, report, hub.bus)
    try:
        publish(entry, clients("events", bus_region(hub.bus)))
    except ReportRefusedError as error:
        logger.warning("report refused", reason=str(error))
        park(entry, hub.dead_letters, clients("sqs", report.region))
