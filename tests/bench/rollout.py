"""A rollout to 200 accounts in two Regions on the local organization: seconds, memory, calls per page of spokes."""

import os
import tempfile
import time
from datetime import UTC, datetime
from math import ceil
from pathlib import Path

import boto3

from generator.config import Config, load
from generator.generate import Manifest, generate
from generator.local.process import start, stop
from generator.rollout.apply import deploy
from generator.rollout.comparison import changes
from generator.rollout.condition import statuses
from generator.rollout.session import hub_session
from generator.third_party import ROOT
from tests.bench.measure import Measure, children_cpu
from tests.bench.memory import Peak
from tests.bench.meter import Calls

ACCOUNTS = 200
# ListStackInstances answers with 100 at most.
PAGE = 100
# How long an operation takes says how often it is looked at, not how many accounts it has.
POLLS = "DescribeStackSetOperation"
BUILD = ROOT / "build"


def rollout_to_200_accounts() -> dict[str, Measure]:
    """Deploy to an organization of 200 accounts, then ask twice for what is there; packages are resolved before."""
    with tempfile.TemporaryDirectory() as folder:
        organization = start(ACCOUNTS, 0, Path(folder), detached=False)
        try:
            settings = load(organization.config)
            manifest = generate(settings, settings.aws.target, BUILD)
            session = hub_session(settings, organization.config.parent)
            before = children_cpu()
            with Peak(os.getpid()) as peak:
                seconds, spokes, deployed = _deployed(settings, manifest, session)
            asked = _asked(settings, session)
        finally:
            stop(organization)
    pages = ceil(spokes / PAGE)
    return {
        "rollout to 200 accounts": Measure(seconds, "s", 240),
        "rollout processor time of the organization": Measure(children_cpu() - before, "s", 240),
        "rollout memory": Measure(peak.bytes / 2**30, "GiB", 3),
        "rollout spokes not current": Measure(2 * (ACCOUNTS + 1) - spokes, "spokes", 0),
        "rollout StackSets calls": Measure(deployed / pages, "calls per page of spokes", 6),
        "rollout plan and status calls": Measure(asked / pages, "calls per page of spokes", 12),
    }


def _deployed(settings: Config, manifest: Manifest, session: boto3.Session) -> tuple[float, int, int]:
    """Return the seconds, how many spokes are current, and the calls of StackSets but for polls."""
    calls, begin = Calls(session), time.monotonic()
    steps = list(deploy(settings, manifest, BUILD / settings.aws.target, session))
    seconds = time.monotonic() - begin
    current = sum(int(step.detail.split()[0]) for step in steps if (step.what, step.state) == ("spokes", "current"))
    return seconds, current, sum(count for name, count in calls.made.items() if _is_counted(name))


def _is_counted(operation: str) -> bool:
    return operation != POLLS and ("StackSet" in operation or "StackInstance" in operation)


def _asked(settings: Config, session: boto3.Session) -> int:
    """Return every call that `plan` and `status` make together."""
    calls = Calls(session)
    changes(settings, BUILD / settings.aws.target, session)
    statuses(settings, session, datetime.now(UTC))
    return calls.made.total()
