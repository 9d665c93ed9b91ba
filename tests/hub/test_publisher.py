"""Findings on their way to Security Hub: as many in a call as it takes, each refused one on its own."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import pytest

from contract.finding import Finding, Severity
from hub import publisher
from hub.publisher import Publisher, publish_handler
from hub.settings import PublisherSettings

Make = Callable[..., Finding]
PRODUCT = "arn:aws:securityhub:eu-central-1:123456789012:product/123456789012/default"
SETTINGS = PublisherSettings(product_arn=PRODUCT)
LATER = "2026-11-21T09:00:00.000000Z"


class RefusedError(Exception):
    """What Security Hub answers when a finding breaks its rules."""


class SecurityHub:
    """Takes findings but for those that it is told to refuse; one that is invalid takes its call down."""

    class exceptions:  # noqa: N801 - the name that botocore gives it
        InvalidInputException = RefusedError

    def __init__(self, refused: str = "", invalid: str = "") -> None:
        self.refused, self.invalid = f"muster/{refused}", f"muster/{invalid}"
        self.calls: list[list[str]] = []
        self.taken: dict[str, dict[str, Any]] = {}

    def batch_import_findings(self, Findings: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        ids = [one["Id"] for one in Findings]
        self.calls.append(ids)
        assert 1 <= len(ids) == len(set(ids)) <= 100
        if self.invalid in ids:
            raise RefusedError("not ASFF")
        self.taken |= {one["Id"]: one for one in Findings if one["Id"] != self.refused}
        failed = [one for one in ids if one == self.refused]
        return {"FailedFindings": [{"Id": one, "ErrorCode": "Throttled", "ErrorMessage": "later"} for one in failed]}


def body(one: Finding) -> str:
    return msgspec.json.encode(one).decode()


def published(hub: SecurityHub, messages: Mapping[str, str]) -> list[str]:
    return Publisher(hub, SETTINGS).publish(messages)


def test_a_batch_goes_out_in_calls_of_a_hundred(finding: Make) -> None:
    hub = SecurityHub()
    assert published(hub, {f"m{place}": body(finding(f"f{place}")) for place in range(130)}) == []
    assert [len(ids) for ids in hub.calls] == [100, 30]
    assert len(hub.taken) == 130


def test_a_refused_finding_comes_back_alone(finding: Make) -> None:
    hub = SecurityHub(refused="f2")
    assert published(hub, {f"m{place}": body(finding(f"f{place}")) for place in range(5)}) == ["m2"]
    assert len(hub.taken) == 4


def test_a_finding_that_takes_the_call_down_holds_up_no_other(finding: Make) -> None:
    hub = SecurityHub(invalid="f2")
    assert published(hub, {f"m{place}": body(finding(f"f{place}")) for place in range(5)}) == ["m2"]
    assert hub.taken.keys() == {"muster/f0", "muster/f1", "muster/f3", "muster/f4"}


def test_a_message_that_is_no_finding_holds_up_no_other(finding: Make) -> None:
    hub = SecurityHub()
    assert published(hub, {"m1": "no finding", "m2": body(finding())}) == ["m1"]
    assert hub.taken.keys() == {"muster/f1"}


def test_of_a_findings_versions_the_newest_is_published_once_in_whatever_order_they_come(finding: Make) -> None:
    old, new = finding(), finding(severity=Severity.CRITICAL, updated_at=LATER)
    for messages in ({"m1": body(old), "m2": body(new)}, {"m1": body(new), "m2": body(old)}):
        hub = SecurityHub()
        assert published(hub, messages) == []
        assert hub.taken["muster/f1"]["FindingProviderFields"]["Severity"]["Label"] == "CRITICAL"


def test_all_messages_about_a_refused_finding_come_back(finding: Make) -> None:
    messages = {"m1": body(finding()), "m2": body(finding(updated_at=LATER)), "m3": body(finding("f2"))}
    assert published(SecurityHub(refused="f1"), messages) == ["m1", "m2"]


def test_the_handler_imports_into_security_hub(
    finding: Make, aws: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = aws("securityhub")
    client.enable_security_hub()
    monkeypatch.setattr(publisher, "_publisher", lambda: Publisher(client, SETTINGS))
    records = [{"messageId": "m1", "body": body(finding())}, {"messageId": "m2", "body": json.dumps({"id": "f2"})}]
    assert publish_handler({"Records": records}, None) == {"batchItemFailures": [{"itemIdentifier": "m2"}]}
    (stored,) = client.get_findings()["Findings"]
    assert (stored["Id"], stored["ProductArn"], stored["RecordState"]) == ("muster/f1", PRODUCT, "ACTIVE")
