"""Tells the hub of a verdict that ends a task, and hands the task back to its machine."""

from typing import Any

import msgspec
from aws_lambda_powertools import Logger

from contract.clock import iso, now
from spoke.agent_installer.instances import Instance
from spoke.agent_installer.reporting import Site, status, tell
from spoke.agent_installer.steps import Verdict
from spoke.clients import client
from spoke.reports import bus_region


def finish(
    verdict: Verdict, instance: Instance | None, site: Site, agent: str, logger: Logger, **more: Any
) -> dict[str, Any]:
    """Return the verdict's task for the machine; a verdict with a state goes to the hub first."""
    task = verdict.task
    if verdict.state and verdict.reason:
        known = instance or Instance(task.instance, "terminated")
        report = status(
            site,
            known,
            verdict.state,
            verdict.reason,
            task.via,
            iso(now()),
            agent=agent,
            details=verdict.details,
            platform=task.platform,
            **more,
        )
        tell([report], site, client("events", bus_region(site.bus)), client("sqs", site.region))
        logger.info("[COMPLETED] Instance", state=verdict.state, reason=verdict.reason, details=verdict.details)
    else:
        logger.info("[COMPLETED] Step", next=task.next, wait=task.wait)
    # Machines read these three of every answer, also where they are as usual.
    return {**msgspec.to_builtins(task), "next": task.next, "wait": task.wait}
