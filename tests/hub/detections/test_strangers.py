"""Who is outside the organization, and that sharing inside it is no news."""

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from contract.cloudtrail import CloudTrailEvent, wrapped
from contract.finding import Severity
from contract.policy import policy_of
from generator.remembered import RememberedWindows
from hub.detections.aws_accounts import LAYERS, LOAD_BALANCER_LOGS
from hub.detections.catalogue import DETECTIONS
from hub.detections.detection import Detection
from hub.detections.engine import Engine
from hub.detections.settings import DEFAULTS, DetectionSettings
from hub.detections.strangers import let_in, owner_of, strangers

OBSERVED_AT = "2026-11-20T12:00:00.000000Z"
EVENTS = Path(__file__).parents[2] / "events"
HOME, SISTER, STRANGER = "111122223333", "444455556666", "777788889999"
OURS, THEIRS = "o-exampleorgid", "o-strangerorg"
KNOWING = DetectionSettings(organization_accounts=frozenset({HOME, SISTER}), organization_id=OURS)


def root(account: str) -> str:
    return f"arn:aws:iam::{account}:root"


def asks_who_is_outside(one: Detection) -> bool:
    return bool({"strangers", "let_in"} & {*one.predicate.__code__.co_names})  # type: ignore[attr-defined]


def sharing(one: Detection) -> list[str]:
    """The texts of a detection's golden events that name an account or organization of somebody else."""
    texts = [path.read_text() for path in sorted((EVENTS / one.id).glob("fires-*.json"))]
    return [text for text in texts if re.search(rf"{STRANGER}|{THEIRS}", text)]


SHARING = [one for one in DETECTIONS if asks_who_is_outside(one)]
EVERY = pytest.mark.parametrize("one", SHARING, ids=lambda one: one.id)


def raised(one: Detection, settings: DetectionSettings, text: str) -> bool:
    verdict = Engine([one], settings).judge(json.loads(text), OBSERVED_AT)
    return any(verdict.settled(RememberedWindows().count))


def event() -> CloudTrailEvent:
    return CloudTrailEvent(
        wrapped({"eventSource": "s3.amazonaws.com", "eventName": "PutBucketPolicy", "recipientAccountId": HOME})
    )


def test_many_detections_ask_who_is_outside() -> None:
    assert len(SHARING) > 20


@EVERY
def test_sharing_with_strangers_is_news(one: Detection) -> None:
    assert sharing(one)
    for text in sharing(one):
        assert raised(one, KNOWING, text)


@EVERY
def test_sharing_inside_the_organization_is_quiet(one: Detection) -> None:
    for text in sharing(one):
        inside = text.replace(STRANGER, SISTER).replace(THEIRS, OURS)
        assert not raised(one, KNOWING, inside)


@EVERY
def test_sharing_with_trusted_accounts_is_quiet(one: Detection) -> None:
    trusting = msgspec.structs.replace(KNOWING, trusted_accounts=frozenset({STRANGER}))
    for text in sharing(one):
        assert not raised(one, trusting, text.replace(THEIRS, OURS))


@pytest.mark.parametrize(
    ("principal", "owner"),
    [
        (STRANGER, STRANGER),
        ("12345678901", "012345678901"),
        (root(STRANGER), STRANGER),
        (f"arn:aws-cn:iam::{STRANGER}:role/path/reader", STRANGER),
        (f"arn:aws:sts::{STRANGER}:assumed-role/reader/session", STRANGER),
        (f"arn:aws:lambda:eu-west-1:{STRANGER}:layer:agent:12", STRANGER),
        (THEIRS, THEIRS),
        (f"{THEIRS}/r-exam/ou-exam-12345678/*", THEIRS),
        (f"arn:aws:organizations::{STRANGER}:organization/{THEIRS}", THEIRS),
        (f"arn:aws:organizations::{STRANGER}:ou/{THEIRS}/ou-exam-12345678", THEIRS),
        ("*", ""),
        ("", ""),
        ("sns.amazonaws.com", ""),
        ("AIDACKCEVSQ6C2EXAMPLE", ""),
        ("arn:aws:s3:::amzn-s3-demo-bucket", ""),
        ("arn:aws:iam::*:role/reader", ""),
        ("arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1EXAMPLE", ""),
        ("1234567890123", ""),
    ],
)
def test_a_principal_belongs_to_an_account_or_an_organization(principal: str, owner: str) -> None:
    assert owner_of(principal) == owner


def test_without_a_list_every_other_account_is_a_stranger() -> None:
    assert strangers([STRANGER, SISTER, HOME], event(), DEFAULTS) == [SISTER, STRANGER]
    assert strangers([STRANGER, SISTER, HOME], event(), KNOWING) == [STRANGER]


def test_without_its_id_no_organization_is_a_stranger() -> None:
    assert strangers([THEIRS, OURS], event(), DEFAULTS) == []
    assert strangers([THEIRS, OURS], event(), KNOWING) == [THEIRS]


def statement(principal: Any, condition: Any = None, **parts: Any) -> dict[str, Any]:
    return {"Statement": {"Effect": "Allow", "Principal": principal, "Action": "s3:*", "Condition": condition, **parts}}


@pytest.mark.parametrize(
    ("policy", "who"),
    [
        (statement({"AWS": [root(STRANGER), root(HOME), SISTER]}), [STRANGER]),
        (statement({"AWS": root(STRANGER)}, {"StringEquals": {"sts:ExternalId": "7f3a"}}), [STRANGER]),
        (statement({"AWS": root(STRANGER)}, {"StringEquals": {"aws:PrincipalOrgID": OURS}}), []),
        (statement({"AWS": root(STRANGER)}, {"StringEquals": {"aws:PrincipalOrgID": [OURS, THEIRS]}}), [STRANGER]),
        (statement({"AWS": root(STRANGER)}, {"StringEqualsIfExists": {"aws:PrincipalOrgID": OURS}}), [STRANGER]),
        (statement({"AWS": root(STRANGER)}, {"StringEquals": {"s3:DataAccessPointAccount": HOME}}), [STRANGER]),
        (statement({"AWS": root(STRANGER)}, {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}), [STRANGER]),
        (statement({"AWS": root(STRANGER)}, Effect="Deny"), []),
        (statement({"Service": "s3.amazonaws.com"}, {"StringEquals": {"aws:SourceAccount": STRANGER}}), []),
        (statement("*"), []),
        (statement("*", {"StringEquals": {"aws:PrincipalOrgID": OURS}}), []),
        (statement("*", {"StringEquals": {"aws:PrincipalOrgID": THEIRS}}), [THEIRS]),
        (statement("*", {"StringLike": {"aws:PrincipalArn": f"arn:aws:iam::{STRANGER}:role/*"}}), [STRANGER]),
        (statement("*", {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::amzn-s3-demo-bucket"}}), []),
        (
            statement("*", {"StringEquals": {"aws:PrincipalAccount": STRANGER, "aws:PrincipalOrgID": OURS}}),
            [],
        ),
    ],
)
def test_a_policy_lets_in_whom_it_names_and_no_condition_keeps_out(policy: dict[str, Any], who: list[str]) -> None:
    assert let_in(policy_of(policy), event(), KNOWING) == who


@pytest.mark.parametrize(
    ("path", "severity"),
    [
        ("redshift.datashare_authorized/fires-a-stranger.json", Severity.MEDIUM),
        ("redshift.datashare_authorized/fires-a-strangers-catalogue-also-from-public-clusters.json", Severity.HIGH),
        ("s3.replication_external/fires-to-a-strangers-bucket.json", Severity.HIGH),
        ("s3.replication_external/fires-to-a-bucket-whose-owner-is-not-named.json", Severity.MEDIUM),
        ("ram.external_share/fires-a-stranger-invited.json", Severity.MEDIUM),
        ("ram.external_share/fires-strangers-allowed.json", Severity.LOW),
        ("events.bus_opened/fires-everybody.json", Severity.HIGH),
        ("events.bus_opened/fires-a-stranger.json", Severity.MEDIUM),
        ("ssm.document_public/fires-another-account.json", Severity.MEDIUM),
    ],
)
def test_how_bad_it_is_depends_on_what_strangers_get(path: str, severity: Severity) -> None:
    envelope = json.loads((EVENTS / path).read_bytes())
    (one,) = [one for one in DETECTIONS if one.id == path.partition("/")[0]]
    (finding,) = Engine([one], KNOWING).judge(envelope, OBSERVED_AT).findings
    assert finding.severity is severity


def test_a_finding_names_the_strangers() -> None:
    envelope = json.loads((EVENTS / "rds.snapshot_shared_external" / "fires-cluster.json").read_bytes())
    (finding,) = Engine(DETECTIONS, KNOWING).judge(envelope, OBSERVED_AT).findings
    assert finding.title == f"Database snapshot orders-2026 of account {HOME} shared with {STRANGER}"
    assert finding.details["accounts"] == [STRANGER]


def test_load_balancers_write_their_logs_from_accounts_of_aws() -> None:
    text = (EVENTS / "s3.bucket_policy_external" / "fires-a-stranger-may-read.json").read_text()
    (one,) = [one for one in DETECTIONS if one.id == "s3.bucket_policy_external"]
    for account in LOAD_BALANCER_LOGS:
        assert not raised(one, KNOWING, text.replace(STRANGER, account))


def test_layers_of_aws_are_no_strangers_code() -> None:
    text = (EVENTS / "lambda.layer_added_external" / "fires-configured.json").read_text()
    (one,) = [one for one in DETECTIONS if one.id == "lambda.layer_added_external"]
    for account in LAYERS:
        assert not raised(one, KNOWING, text.replace(STRANGER, account))


def test_accounts_of_aws_are_accounts() -> None:
    assert all(re.fullmatch(r"\d{12}", account) for account in LOAD_BALANCER_LOGS | LAYERS)
