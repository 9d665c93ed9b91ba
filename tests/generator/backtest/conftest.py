"""A CloudTrail history as an organization trail writes it."""

import copy
import gzip
import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from generator.backtest.history import Period, files
from generator.backtest.report import BacktestReport, report_of
from generator.backtest.run import Run
from generator.deployment import Deployment, usual_deployment

EVENTS = Path(__file__).parents[2] / "events"
FOLDER = "AWSLogs/o-exampleorg1/111122223333/CloudTrail/eu-central-1/2026/11/20"
Record = dict[str, Any]


def record(detection: str, **changed: Any) -> Record:
    """Return the record of a detection's first event that fires, under an id of its own."""
    path = min((EVENTS / detection).glob("fires-*.json"))
    return {**json.loads(path.read_bytes())["detail"], "eventID": str(uuid.uuid4()), **changed}


def by(role: str, one: Record) -> Record:
    """Return a record as a session of a role would have made it."""
    account = "111122223333"
    issuer = {"type": "Role", "arn": f"arn:aws:iam::{account}:role/{role}", "userName": role, "accountId": account}
    identity = {
        "type": "AssumedRole",
        "principalId": "AROAEXAMPLE:run",
        "arn": f"arn:aws:sts::{account}:assumed-role/{role}/run",
        "accountId": account,
        "sessionContext": {"sessionIssuer": issuer},
    }
    return {**copy.deepcopy(one), "userIdentity": identity}


def written(root: Path, records: list[Record], name: str = "log.json.gz", folder: str = FOLDER) -> Path:
    """Write a log file below a history's root; return it."""
    (root / folder).mkdir(parents=True, exist_ok=True)
    body = json.dumps({"Records": records}).encode()
    file = root / folder / name
    file.write_bytes(gzip.compress(body) if name.endswith(".gz") else body)
    return file


@pytest.fixture
def tested() -> Callable[..., BacktestReport]:
    """Run the usual catalogue over paths."""

    def ran(
        *paths: Path | str, period: Period | None = None, client: Any = None, deployment: Deployment | None = None
    ) -> BacktestReport:
        run = Run(deployment or usual_deployment(), period or Period())
        for _ in run.read(files([str(path) for path in paths], lambda: client)):
            pass
        return report_of(run)

    return ran
