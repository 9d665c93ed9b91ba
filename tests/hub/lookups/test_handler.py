"""From a question to the finding's answer: the first stands, one that cannot be had leaves the finding open."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError

from contract.finding import LOOK_UP, Confidence, Finding, Mode, RecordState, Severity, Status
from hub.lookups import handler
from hub.lookups.handler import Answerer, answered, look_up, look_up_handler
from hub.lookups.lookup import NotYetError, Question, confirmed, refuted, undecided
from hub.store.findings import FindingStore
from tests.hub.lookups.conftest import ACCOUNT, REGION, MemberAccount

Make = Callable[..., Finding]
Ask = Callable[..., Question]

BUCKET = "arn:aws:s3:::shop-invoices"
STRANGER = "999900001111"
READ_AT = datetime(2026, 11, 20, 9, 1, tzinfo=UTC)
BLOCKED = {"GetPublicAccessBlock": {"PublicAccessBlockConfiguration": {"RestrictPublicBuckets": True}}}
PUBLIC = {
    "GetPublicAccessBlock": "NoSuchPublicAccessBlockConfiguration 404",
    "GetBucketPolicyStatus": {"PolicyStatus": {"IsPublic": True}},
}


@pytest.fixture
def unconfirmed(finding: Make) -> Callable[..., Finding]:
    def made(identifier: str = "f1", **changes: Any) -> Finding:
        usual = {"detection": "s3.bucket_policy_public", "severity": Severity.CRITICAL, "resource": BUCKET}
        return finding(identifier, **{**usual, "confidence": Confidence.UNCONFIRMED, **changes})

    return made


def answerer(store: FindingStore, account: MemberAccount, *forced: str, at: datetime = READ_AT) -> Answerer:
    def clients(asked: str, region: str) -> MemberAccount:
        assert (asked, region) == (ACCOUNT, REGION)
        return account

    return Answerer(store, clients, lambda owner: owner != STRANGER, forced, lambda: at)


def told(store: FindingStore, identifier: str = "f1") -> Finding:
    stored = store.get(identifier)
    assert stored
    return stored


def test_a_refuted_finding_is_closed_with_the_reason(store: FindingStore, unconfirmed: Make, question: Ask) -> None:
    store.upsert([unconfirmed()])
    answerer(store, MemberAccount(**BLOCKED)).answer(question(BUCKET))
    closed = told(store)
    assert (closed.status, closed.confidence) == (Status.ARCHIVED, Confidence.REFUTED)
    assert closed.certainty.startswith("Refuted: Block Public Access of the account and the bucket holds")
    assert closed.updated_at == "2026-11-20T09:01:00.000000Z"


def test_a_confirmed_finding_says_what_was_seen(store: FindingStore, unconfirmed: Make, question: Ask) -> None:
    store.upsert([unconfirmed(details={"kept": 1})])
    answerer(store, MemberAccount(**PUBLIC)).answer(question(BUCKET))
    seen = told(store)
    assert (seen.status, seen.severity, seen.confidence) == (Status.OPEN, Severity.CRITICAL, Confidence.CONFIRMED)
    assert seen.details["kept"] == 1
    assert seen.certainty == "Confirmed: no Block Public Access holds; S3 calls the policy of the bucket public"


@pytest.mark.parametrize("code", ["AccessDenied 403", "UnauthorizedOperation 403", "NoSuchBucket 404"])
def test_a_read_that_will_never_work_leaves_the_finding_open_and_says_why(
    store: FindingStore, unconfirmed: Make, question: Ask, code: str
) -> None:
    store.upsert([unconfirmed()])
    answerer(store, MemberAccount(GetPublicAccessBlock=code)).answer(question(BUCKET))
    left = told(store)
    assert (left.status, left.confidence) == (Status.OPEN, Confidence.UNCONFIRMED)
    refusal = f"GetPublicAccessBlock was refused in account {ACCOUNT} ({code.partition(' ')[0]})"
    assert left.certainty == f"Unconfirmed: {refusal}"


@pytest.mark.parametrize("code", ["Throttling 400", "RequestLimitExceeded 503", "SlowDown 503", "InternalError 500"])
def test_a_read_that_may_work_later_is_an_error_now(question: Ask, code: str) -> None:
    with pytest.raises(ClientError, match=code.partition(" ")[0]):
        look_up(question(BUCKET), MemberAccount(GetPublicAccessBlock=code))


def test_an_endpoint_that_cannot_be_reached_is_an_error_now(question: Ask) -> None:
    def unreachable(service: str) -> Any:
        raise EndpointConnectionError(endpoint_url=service)

    with pytest.raises(EndpointConnectionError):
        look_up(question(BUCKET), unreachable)


@pytest.mark.parametrize(
    ("failing", "reason"),
    [
        (MemberAccount(GetPublicAccessBlock="SlowDown 503"), "SlowDown"),
        (MemberAccount(GetPublicAccessBlock=ConnectTimeoutError(endpoint_url="https://s3")), "https://s3"),
    ],
    ids=["busy", "unreachable"],
)
def test_the_last_attempt_says_why_there_is_no_answer(  # noqa: PLR0917 - fixtures and a case
    store: FindingStore, unconfirmed: Make, question: Ask, monkeypatch: pytest.MonkeyPatch, failing: Any, reason: str
) -> None:
    store.upsert([unconfirmed(mode=Mode.MONITOR)])
    monkeypatch.setattr(handler, "_answerer", lambda: answerer(store, failing))
    body = text(question(BUCKET, mode=Mode.LIVE))
    fourth = look_up_handler({"Records": [message("m1", body, receives=4)]}, None)
    assert fourth == {"batchItemFailures": [{"itemIdentifier": "m1"}]}
    assert told(store).certainty == "Unconfirmed: nobody has looked into the account yet"
    assert look_up_handler({"Records": [message("m1", body, receives=5)]}, None) == {"batchItemFailures": []}
    left = told(store)
    assert (left.status, left.confidence, left.mode) == (Status.OPEN, Confidence.UNCONFIRMED, Mode.LIVE)
    assert left.certainty.startswith("Unconfirmed: 5 attempts failed, the last because:")
    assert reason in left.certainty


def test_an_unconfirmed_finding_is_looked_up_again_and_the_same_refusal_costs_no_write(
    store: FindingStore, unconfirmed: Make, question: Ask, calls: Any
) -> None:
    store.upsert([unconfirmed()])
    denied = MemberAccount(GetPublicAccessBlock="AccessDenied 403")
    answerer(store, denied).answer(question(BUCKET))
    calls.made.clear()
    answerer(store, denied).answer(question(BUCKET))
    assert calls.count("PutItem") == 0
    answerer(store, MemberAccount(**PUBLIC)).answer(question(BUCKET))
    assert told(store).confidence is Confidence.CONFIRMED


def test_the_first_answer_stands_when_the_question_comes_again(
    store: FindingStore, unconfirmed: Make, question: Ask
) -> None:
    store.upsert([unconfirmed()])
    answerer(store, MemberAccount(**PUBLIC)).answer(question(BUCKET))
    nobody = MemberAccount()
    answerer(store, nobody).answer(question(BUCKET))
    assert (told(store).confidence, nobody.actions) == (Confidence.CONFIRMED, set())


@pytest.mark.parametrize("at", [READ_AT, datetime(2026, 11, 20, 8, tzinfo=UTC)], ids=["later", "a slow clock"])
def test_the_event_delivered_again_does_not_undo_the_answer(
    store: FindingStore, unconfirmed: Make, question: Ask, at: datetime
) -> None:
    store.upsert([unconfirmed()])
    answerer(store, MemberAccount(**BLOCKED), at=at).answer(question(BUCKET))
    store.upsert([unconfirmed(observed_at="2026-11-20T10:00:00.000000Z")])
    assert told(store).record_state is RecordState.ARCHIVED


def test_a_question_about_no_finding_is_done(store: FindingStore, question: Ask) -> None:
    nobody = MemberAccount()
    answerer(store, nobody).answer(question(BUCKET))
    assert nobody.actions == set()


def test_an_answer_raises_the_severity_unless_the_settings_force_it(unconfirmed: Make, question: Ask) -> None:
    seen = confirmed("attached", Severity.CRITICAL)
    high = unconfirmed(severity=Severity.HIGH)
    assert answered(high, seen, question(BUCKET), is_forced=False).severity is Severity.CRITICAL
    assert answered(high, seen, question(BUCKET), is_forced=True).severity is Severity.HIGH


def test_forced_severities_are_the_settings(store: FindingStore, unconfirmed: Make, question: Ask) -> None:
    store.upsert([unconfirmed(detection="security_group.world_open_admin_port", severity=Severity.LOW)])
    group = f"arn:aws:ec2:{REGION}:{ACCOUNT}:security-group/sg-1"
    account = MemberAccount(DescribeNetworkInterfaces={"NetworkInterfaces": [{"NetworkInterfaceId": "eni-1"}]})
    asked = question(group, "admin_port")
    answerer(store, account, "security_group.world_open_admin_port").answer(asked)
    assert (told(store).severity, told(store).confidence) == (Severity.LOW, Confidence.CONFIRMED)


@pytest.mark.parametrize(
    ("owner", "severity", "said"),
    [
        ("777788889999", Severity.LOW, "the gateway belongs to account 777788889999, the vpc to 444455556666"),
        (
            *(STRANGER, Severity.HIGH),
            f"the gateway belongs to account {STRANGER}, the vpc to 444455556666; outside the organization: {STRANGER}",
        ),
    ],
    ids=["of the organization", "a stranger's"],
)
def test_a_network_that_was_joined_is_worse_when_it_is_a_strangers(  # noqa: PLR0917 - a case is this list
    store: FindingStore, unconfirmed: Make, question: Ask, owner: str, severity: Severity, said: str
) -> None:
    store.upsert([unconfirmed(detection="vpc.transit_gateway_share", severity=Severity.LOW)])
    attachment = {"TransitGatewayOwnerId": owner, "ResourceOwnerId": ACCOUNT, "ResourceType": "vpc"}
    account = MemberAccount(DescribeTransitGatewayAttachments={"TransitGatewayAttachments": [attachment]})
    resource = f"arn:aws:ec2:{REGION}:{ACCOUNT}:transit-gateway-attachment/tgw-attach-0123456789abcdef0"
    answerer(store, account).answer(question(resource, "joined_networks"))
    assert (told(store).severity, told(store).certainty) == (severity, f"Confirmed: {said}")


def test_while_nobody_says_whose_accounts_those_are_the_question_comes_again(
    store: FindingStore, unconfirmed: Make, question: Ask
) -> None:
    store.upsert([unconfirmed(severity=Severity.LOW)])
    attachment = {"TransitGatewayOwnerId": STRANGER, "ResourceOwnerId": ACCOUNT}
    account = MemberAccount(DescribeTransitGatewayAttachments={"TransitGatewayAttachments": [attachment]})
    knowing_nobody = Answerer(store, lambda _, __: account, lambda _: None, (), lambda: READ_AT)
    asked = question("arn:aws:ec2:eu-west-1::x/tgw-attach-0123456789abcdef0", "joined_networks")
    with pytest.raises(NotYetError, match="Organizations could not be asked"):
        knowing_nobody.answer(asked)
    assert told(store) == unconfirmed(severity=Severity.LOW)


def test_what_waited_for_the_answer_is_told_from_now_on(unconfirmed: Make, question: Ask) -> None:
    waiting = unconfirmed(mode=Mode.MONITOR)
    for answer in (confirmed("from the Internet"), undecided("refused")):
        assert answered(waiting, answer, question(BUCKET, mode=Mode.LIVE), is_forced=False).mode is Mode.LIVE
    assert answered(waiting, confirmed("seen"), question(BUCKET), is_forced=False).mode is Mode.MONITOR


def test_a_refutation_does_not_close_what_another_detection_found(unconfirmed: Make, question: Ask) -> None:
    asked = question(BUCKET, besides=("ec2.snapshot_shared_external",))
    left = answered(unconfirmed(), refuted("it is blocked"), asked, is_forced=False)
    assert left.is_open
    assert left.details[LOOK_UP] == "it is blocked; open because of ec2.snapshot_shared_external"


def test_a_question_that_is_asked_too_fast_comes_back_and_is_answered_then(
    store: FindingStore, unconfirmed: Make, question: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.upsert([unconfirmed()])
    busy, records = MemberAccount(GetPublicAccessBlock="SlowDown 503"), [message("m1", text(question(BUCKET)))]
    monkeypatch.setattr(handler, "_answerer", lambda: answerer(store, busy))
    assert look_up_handler({"Records": records}, None) == {"batchItemFailures": [{"itemIdentifier": "m1"}]}
    assert told(store) == unconfirmed()
    busy.answers = PUBLIC
    assert look_up_handler({"Records": records}, None) == {"batchItemFailures": []}
    assert told(store).confidence is Confidence.CONFIRMED


def text(question: Question) -> str:
    return msgspec.json.encode(question).decode()


def message(identifier: str, body: str, receives: int = 1) -> dict[str, Any]:
    attributes = {"ApproximateReceiveCount": str(receives)}
    return {"messageId": identifier, "body": body, "eventSource": "aws:sqs", "attributes": attributes}


@pytest.mark.parametrize("poison", ["{", "[]", '{"finding": 1}', "unknown look-up"])
def test_a_message_that_cannot_be_answered_comes_back_alone(
    store: FindingStore, unconfirmed: Make, question: Ask, monkeypatch: pytest.MonkeyPatch, poison: str
) -> None:
    store.upsert([unconfirmed("f1"), unconfirmed("f2")])
    if poison == "unknown look-up":
        poison = text(question(BUCKET, poison, finding="f2"))
    monkeypatch.setattr(handler, "_answerer", lambda: answerer(store, MemberAccount(**PUBLIC)))
    good = message("good", text(question(BUCKET)))
    answer = look_up_handler({"Records": [message("bad", poison), good]}, None)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "bad"}]}
    assert told(store).confidence is Confidence.CONFIRMED
    assert told(store, "f2").confidence is Confidence.UNCONFIRMED
