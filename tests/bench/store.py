"""B7 and B8: what a finding costs to store, and to hear of again."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import botocore.session
import msgspec
from moto import mock_aws

from contract.finding import Finding
from generator.remembered import RememberedWindows
from hub.detections.catalogue import DETECTIONS
from hub.detections.engine import Engine
from hub.ingestion import Ingestion
from hub.store.findings import FindingStore
from hub.store.schema import FINDINGS, definition
from tests.asff import control
from tests.bench.measure import Measure
from tests.bench.meter import Meter
from tests.golden import FILES, events_of

OBSERVED = "2026-11-20T09:00:00.000000Z"
LATER = "2026-11-21T09:00:00.000000Z"
# As many as one BatchGetItem reads.
BATCH = 100
CONTROLS = 300
REGION = "eu-central-1"


def units_of_a_finding_in_security_hub() -> dict[str, Measure]:
    """Failed controls as Security Hub sends them: new, sent again, then evaluated again the day after."""
    with metered() as (store, meter):
        ingestion = Ingestion(store, "111122223333", ())
        documents = [_failed_control(place) for place in range(CONTROLS)]
        _ingest(ingestion, documents, OBSERVED)
        new, largest = meter.write_units / CONTROLS, meter.largest
        meter.reset()
        _ingest(ingestion, documents, OBSERVED)
        again = (meter.write_units, meter.read_units / CONTROLS, meter.calls.total() / CONTROLS)
        meter.reset()
        _ingest(ingestion, [{**one, "UpdatedAt": LATER, "LastObservedAt": LATER} for one in documents], LATER)
        evaluated = (meter.write_units / CONTROLS, meter.index_units)
    return {
        "B7 new finding of Security Hub": Measure(new, "WRU", 5),
        "B7 largest finding of Security Hub": Measure(largest, "bytes", 1024),
        "B8 unchanged finding of Security Hub writes": Measure(again[0], "WRU", 0),
        "B8 unchanged finding of Security Hub reads": Measure(again[1], "RRU", 0.5),
        "B8 unchanged finding of Security Hub calls": Measure(again[2], "calls", 0.02),
        "B8 evaluated finding of Security Hub writes": Measure(evaluated[0], "WRU", 1),
        "B8 evaluated finding of Security Hub index writes": Measure(evaluated[1], "WRU", 0),
    }


def units_of_a_finding() -> dict[str, Measure]:
    """The findings of the golden events: new, imported again unchanged, then refreshed by their provider."""
    with metered() as (store, meter):
        findings = _findings()
        _import(store, findings)
        new, largest = meter.write_units / len(findings), meter.largest
        meter.reset()
        _import(store, [msgspec.structs.replace(one, observed_at=LATER) for one in findings])
        again = (meter.write_units, meter.read_units / len(findings), meter.calls.total() / len(findings))
        meter.reset()
        _import(store, [msgspec.structs.replace(one, updated_at=LATER, observed_at=LATER) for one in findings])
        refreshed = (meter.write_units / len(findings), meter.index_units)
    return {
        "B7 new finding": Measure(new, "WRU", 5),
        "B7 largest finding": Measure(largest, "bytes", 1024),
        "B8 unchanged finding writes": Measure(again[0], "WRU", 0),
        "B8 unchanged finding reads": Measure(again[1], "RRU", 0.5),
        "B8 unchanged finding calls": Measure(again[2], "calls", 0.02),
        "B8 refreshed finding writes": Measure(refreshed[0], "WRU", 1),
        "B8 refreshed finding index writes": Measure(refreshed[1], "WRU", 0),
    }


@contextmanager
def metered() -> Iterator[tuple[FindingStore, Meter]]:
    keys = {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench", "AWS_DEFAULT_REGION": "eu-central-1"}
    with patch.dict(os.environ, keys), mock_aws():
        client = botocore.session.get_session().create_client("dynamodb")
        client.create_table(TableName="findings", **definition(FINDINGS))
        yield FindingStore(client, "findings"), Meter(client, FINDINGS)


def _findings() -> list[Finding]:
    engine, windows = Engine(DETECTIONS), RememberedWindows()
    fires = [event for path in FILES if path.name.startswith("fires-") for event in events_of(path)]
    verdicts = [engine.judge(event, OBSERVED) for event in fires]
    return list({finding.id: finding for one in verdicts for finding in one.settled(windows.count)}.values())


def _failed_control(place: int) -> dict[str, Any]:
    """Return a usual finding of a control, each about a bucket of its own."""
    account = f"{444455550000 + place % 50:012}"
    identifier = f"{place:08x}-1a2b-4c3d-8e9f-0123456789ab"
    bucket = f"arn:aws:s3:::documents-{account}-{place:06}"
    return {
        **control(identifier, Resources=[{"Type": "AwsS3Bucket", "Id": bucket, "Partition": "aws", "Region": REGION}]),
        "Id": f"arn:aws:securityhub:{REGION}:{account}:security-control/S3.8/finding/{identifier}",
        "AwsAccountId": account,
        "FirstObservedAt": "2026-11-20T08:00:00.000Z",
        "LastObservedAt": "2026-11-20T09:00:00.000Z",
        "WorkflowState": "NEW",
        "ProductFields": {
            "RelatedAWSResources:0/name": f"securityhub-s3-bucket-level-public-access-prohibited-{place:08x}",
            "RelatedAWSResources:0/type": "AWS::Config::ConfigRule",
            "aws/securityhub/ProductName": "Security Hub",
            "aws/securityhub/CompanyName": "AWS",
            "Resources:0/Id": bucket,
            "aws/securityhub/FindingId": f"arn:aws:securityhub:{REGION}::product/aws/securityhub/{identifier}",
        },
    }


def _ingest(ingestion: Ingestion, documents: list[dict[str, Any]], at: str) -> None:
    for start in range(0, len(documents), BATCH):
        ingestion.store(ingestion.findings(documents[start : start + BATCH], at), renewing=True)


def _import(store: FindingStore, findings: list[Finding]) -> None:
    for start in range(0, len(findings), BATCH):
        store.upsert(findings[start : start + BATCH])
