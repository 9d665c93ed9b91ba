"""From a batch of the queue to stored findings; one bad message holds up no other."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from botocore.exceptions import ClientError

from contract.clock import now
from contract.finding import Confidence, Finding, Mode, RecordState, Severity, detection_finding_id
from contract.names import CROWDED
from hub import detector
from hub.detections.catalogue import DETECTIONS
from hub.detections.engine import Engine
from hub.detections.verdict import Failure, Verdict
from hub.detector import Detector, Stores, detect_handler
from hub.lookups.lookup import Question
from hub.membership import Membership
from hub.organization import places_of
from hub.own_findings import UNKNOWN_ACCOUNT
from hub.store.accounts import REMOVED, Account, AccountStore
from hub.store.event_counts import EventCountStore
from hub.store.findings import FindingQuery, FindingStore, UpsertError
from hub.store.windows import WindowRaceError, WindowStore
from tests.golden import EVENTS as GOLDEN
from tests.golden import events_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

EVENTS = Path(__file__).parents[2] / "localorg" / "events"
EVENT: dict[str, Any] = json.loads((EVENTS / "17-create-user.json").read_text())
MEMBER = EVENT["account"]
ROOT_LOGINS = GOLDEN / "signin.root_login_failure_burst"
START = datetime(2026, 11, 20, 9, tzinfo=UTC)


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


class Organizations:
    """What Organizations lists, and how often it was asked."""

    def __init__(self, *accounts: str) -> None:
        self.accounts = list(accounts)
        self.asked = 0
        self.is_down = False

    def __call__(self) -> list[Account]:
        self.asked += 1
        if self.is_down:
            raise ClientError({"Error": {"Code": "TooManyRequestsException"}}, "ListAccounts")
        return [Account(id=one, name=f"account {one}") for one in self.accounts]


class Lookups:
    """Who is asked what the events do not say; questions for some look-ups are not taken."""

    def __init__(self, *refused: str) -> None:
        self.asked: list[Question] = []
        self.refused = refused

    def __call__(self, questions: Sequence[Question]) -> set[str]:
        self.asked += questions
        return {one.finding for one in questions if one.lookup in self.refused}


@pytest.fixture
def lookups() -> Lookups:
    return Lookups()


@pytest.fixture
def organizations() -> Organizations:
    return Organizations(MEMBER)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def accounts(dynamodb: "DynamoDBClient") -> AccountStore:
    return AccountStore(dynamodb, "state")


@pytest.fixture
def membership(accounts: AccountStore, organizations: Organizations, clock: Clock) -> Membership:
    accounts.write([Account(id=MEMBER, name="shop", ou_path="Root/Shop")])
    return Membership(accounts, organizations, clock, detector.logger)


@pytest.fixture
def stores(store: FindingStore, dynamodb: "DynamoDBClient") -> Stores:
    return Stores(store, WindowStore(dynamodb, "state"))


@pytest.fixture
def detecting(stores: Stores, membership: Membership, clock: Clock, lookups: Lookups) -> Iterator[Detector]:
    yield Detector(Engine(DETECTIONS), stores, membership, clock, lookups)
    detector.metrics.clear_metrics()


def event(**changes: Any) -> str:
    return json.dumps({**EVENT, **changes})


def named(name: str) -> str:
    detail = {**EVENT["detail"], "eventID": name}
    return json.dumps({**EVENT, "detail": detail})


def golden(detection: str) -> str:
    """Return an event of the member on which a detection fires."""
    path = min((GOLDEN / detection).glob("fires-*.json"))
    return json.dumps({**json.loads(path.read_bytes()), "account": MEMBER})


def stored(store: FindingStore, detection: str = "iam.user_created") -> list[Finding]:
    return list(store.page(FindingQuery(detections=(detection,))).findings)


def test_an_event_becomes_a_stored_finding(detecting: Detector, store: FindingStore) -> None:
    assert detecting.detect({"m1": event()}) == []
    (finding,) = stored(store)
    assert (finding.account, finding.actor) == (MEMBER, "mallory")


def test_a_batch_reads_once_and_the_same_event_twice_is_one_finding(
    detecting: Detector, store: FindingStore, calls: Any
) -> None:
    assert detecting.detect({"m1": event(), "m2": event(), "m3": named("other")}) == []
    assert len(stored(store)) == 2
    assert calls.count("BatchGetItem") == 1


def test_a_replay_writes_nothing(detecting: Detector, calls: Any, clock: Clock) -> None:
    detecting.detect({"m1": event()})
    clock.now += timedelta(hours=1)
    calls.made.clear()
    detecting.detect({"m1": event()})
    assert calls.count("PutItem") == 0


def test_events_of_a_burst_become_one_finding(detecting: Detector, store: FindingStore) -> None:
    (path,) = ROOT_LOGINS.glob("fires-*.json")
    bodies = {f"m{number}": json.dumps({**one, "account": MEMBER}) for number, one in enumerate(events_of(path))}
    for _ in range(2):
        assert detecting.detect(bodies) == []
    (finding,) = stored(store, "signin.root_login_failure_burst")
    assert finding.severity is Severity.CRITICAL


def test_a_count_that_cannot_be_kept_brings_its_message_back(
    stores: Stores, membership: Membership, clock: Clock
) -> None:
    class Failing:
        def count(self, _: Any) -> None:
            raise WindowRaceError("others were faster")

    failing: Any = Failing()
    (path,) = ROOT_LOGINS.glob("fires-*.json")
    counted = json.dumps({**events_of(path)[0], "account": MEMBER})
    detecting = Detector(Engine(DETECTIONS), Stores(stores.findings, failing), membership, clock, Lookups())
    assert detecting.detect({"m1": counted, "m2": event()}) == ["m1"]
    # What the event shows by itself is stored all the same.
    assert [one.severity for one in stored(stores.findings, "signin.root_console_login_failed")] == [Severity.HIGH]
    detector.metrics.clear_metrics()


@pytest.mark.parametrize("body", ["", "{", "[]", "null", '{"account": 1}', '{"account": ""}', "1" * 5000])
def test_a_malformed_message_alone_comes_back(detecting: Detector, store: FindingStore, body: str) -> None:
    assert detecting.detect({"good": event(), "bad": body, "fine": named("other")}) == ["bad"]
    assert len(stored(store)) == 2


def test_every_recorded_event_is_judged(detecting: Detector) -> None:
    bodies = {path.name: path.read_text() for path in EVENTS.glob("*.json") if "before" not in path.name}
    assert detecting.detect(bodies) == []


class RefusingStore:
    """A store that cannot take findings of some events."""

    def __init__(self, *refused: str) -> None:
        self.refused = refused

    def upsert(self, findings: list[Finding]) -> None:
        failed: dict[str, Exception] = {one.id: ValueError() for one in findings if one.event_id in self.refused}
        if failed:
            raise UpsertError(failed, [])


def test_a_finding_that_cannot_be_stored_brings_back_its_message_only(
    stores: Stores, membership: Membership, clock: Clock
) -> None:
    refusing: Any = RefusingStore("bad")
    detecting = Detector(Engine(DETECTIONS), Stores(refusing, stores.windows), membership, clock, Lookups())
    assert detecting.detect({"m1": named("good"), "m2": named("bad"), "m3": named("fine")}) == ["m2"]


def test_what_the_event_does_not_decide_is_stored_and_asked_about(
    detecting: Detector, store: FindingStore, lookups: Lookups
) -> None:
    assert detecting.detect({"m1": event(), "m2": golden("s3.bucket_policy_public")}) == []
    (question,) = lookups.asked
    finding = store.get(question.finding)
    assert finding
    assert (finding.detection, finding.confidence) == ("s3.bucket_policy_public", Confidence.UNCONFIRMED)
    assert [one.confidence for one in stored(store)] == [Confidence.EVENT]


def test_a_question_that_is_not_taken_brings_back_its_message_only(
    stores: Stores, membership: Membership, clock: Clock
) -> None:
    lookups, bucket = Lookups("bucket_policy"), golden("s3.bucket_policy_public")
    detecting = Detector(Engine(DETECTIONS), stores, membership, clock, lookups)
    group = golden("security_group.world_open_admin_port")
    assert detecting.detect({"m1": event(), "m2": bucket, "m3": group}) == ["m2"]
    lookups.refused = ()
    assert detecting.detect({"m2": bucket}) == []
    assert lookups.asked[0] == lookups.asked[-1]
    detector.metrics.clear_metrics()


def test_nothing_is_asked_about_a_finding_that_is_not_stored(
    stores: Stores, membership: Membership, clock: Clock
) -> None:
    bucket, lookups = golden("s3.bucket_policy_public"), Lookups()
    refusing: Any = RefusingStore(json.loads(bucket)["detail"]["eventID"])
    detecting = Detector(Engine(DETECTIONS), Stores(refusing, stores.windows), membership, clock, lookups)
    assert detecting.detect({"m1": bucket}) == ["m1"]
    assert lookups.asked == []
    detector.metrics.clear_metrics()


class FailingEngine:
    """An engine in which a detection raises."""

    detections: ClassVar[dict[str, Any]] = {}

    def glance(self, _: str) -> None:
        """Nothing can be told without reading the whole."""

    def judge(self, _: Any, __: str) -> Verdict:
        return Verdict(failures=(Failure("iam.user_created", "KeyError: 'x'"),))


def test_a_detection_that_fails_is_counted_and_the_message_is_done(
    stores: Stores, membership: Membership, clock: Clock
) -> None:
    failing: Any = FailingEngine()
    assert Detector(failing, stores, membership, clock, Lookups()).detect({"m1": event()}) == []
    assert "DetectionsFailed" in detector.metrics.metric_set
    detector.metrics.clear_metrics()


def test_an_unknown_account_is_one_high_finding_and_its_event_is_still_judged(
    detecting: Detector, store: FindingStore, calls: Any
) -> None:
    stranger = "999999999999"
    assert detecting.detect({"m1": event(account=stranger)}) == []
    (finding,) = stored(store, UNKNOWN_ACCOUNT.id)
    assert (finding.severity, finding.account) == (Severity.HIGH, stranger)
    assert len(stored(store)) == 1
    calls.made.clear()
    detecting.detect({"m2": event(account=stranger, time="2026-11-20T11:00:00Z", region="eu-west-1")})
    assert len(stored(store, UNKNOWN_ACCOUNT.id)) == 1
    assert calls.count("PutItem") == 0


def test_an_unknown_accounts_finding_names_its_partition() -> None:
    found = detector.unknown_account({"account": "1", "region": "cn-north-1"}, "2026-11-20T09:00:00.000000Z")
    assert found.resource == "arn:aws-cn:iam::1:root"
    assert found.id == detection_finding_id(UNKNOWN_ACCOUNT.id, "", found.resource, is_attempt=False)


def test_an_account_that_has_just_joined_is_no_stranger_and_is_remembered(
    membership: Membership, organizations: Organizations, accounts: AccountStore
) -> None:
    organizations.accounts.append("222233334444")
    assert not membership.is_stranger("222233334444")
    assert not membership.is_stranger("222233334444")
    assert organizations.asked == 1
    assert accounts.get("222233334444") is not None
    known = accounts.get(MEMBER)
    assert known is not None
    assert known.ou_path == "Root/Shop"


def test_organizations_is_asked_for_a_stranger_every_five_minutes_at_most(
    membership: Membership, organizations: Organizations, clock: Clock
) -> None:
    assert all(membership.is_stranger("999999999999") for _ in range(5))
    assert organizations.asked == 1
    clock.now += timedelta(minutes=6)
    organizations.accounts.append("999999999999")
    assert not membership.is_stranger("999999999999")
    assert organizations.asked == 2


def test_many_strangers_ask_organizations_no_more_often_than_one(
    membership: Membership, organizations: Organizations, clock: Clock
) -> None:
    assert all(membership.is_stranger(f"{number:012}") for number in range(5))
    assert organizations.asked == 1
    clock.now += timedelta(minutes=4)
    assert membership.is_stranger("000000000000")
    assert organizations.asked == 1


def test_nobody_is_a_stranger_while_organizations_cannot_be_asked(
    membership: Membership, organizations: Organizations, clock: Clock
) -> None:
    organizations.is_down = True
    assert not any(membership.is_stranger(stranger) for stranger in ("999999999999", "888888888888"))
    assert organizations.asked == 1
    organizations.is_down = False
    assert not membership.is_stranger("999999999999")
    clock.now += timedelta(minutes=6)
    assert membership.is_stranger("999999999999")
    assert organizations.asked == 2


def test_what_the_inventory_wrote_in_the_meantime_is_read_before_organizations_is_asked(
    membership: Membership, organizations: Organizations, accounts: AccountStore, clock: Clock
) -> None:
    assert not membership.is_stranger(MEMBER)
    clock.now += timedelta(minutes=1)
    accounts.write([Account(id="222233334444", name="new", ou_path="Root/Shop")])
    assert not membership.is_stranger("222233334444")
    assert organizations.asked == 0


def test_what_the_inventory_wrote_stays_when_another_function_finds_the_account_too(accounts: AccountStore) -> None:
    accounts.write([Account(id="222233334444", name="new", ou_path="Root/Shop")])
    accounts.add(Account(id="222233334444", name="new"))
    known = accounts.get("222233334444")
    assert known is not None
    assert known.ou_path == "Root/Shop"


def test_a_member_that_organizations_has_just_listed_stays_one_when_the_store_is_read_again(
    membership: Membership, organizations: Organizations, clock: Clock
) -> None:
    organizations.accounts.append("222233334444")
    assert not membership.is_stranger(MEMBER)
    clock.now += timedelta(minutes=9)
    assert membership.is_stranger("999999999999")
    clock.now += timedelta(minutes=2)
    assert not membership.is_stranger("222233334444")
    clock.now += timedelta(minutes=9)
    assert not membership.is_stranger("222233334444")


def test_a_known_account_costs_one_read_in_ten_minutes(membership: Membership, calls: Any, clock: Clock) -> None:
    for _ in range(5):
        assert not membership.is_stranger(MEMBER)
    assert calls.count("Query") == 1
    clock.now += timedelta(minutes=11)
    membership.is_stranger(MEMBER)
    assert calls.count("Query") == 2


def test_detections_learn_who_belongs_to_the_organization(
    accounts: AccountStore, organizations: Organizations, clock: Clock
) -> None:
    told: list[Mapping[str, Account]] = []
    membership = Membership(accounts, organizations, clock, detector.logger, on_change=told.append)
    accounts.write([Account(id="1", name="a"), Account(id="2", name="b", status=REMOVED)])
    membership.is_stranger("1")
    assert [set(members) for members in told] == [{"1"}]


@pytest.fixture
def knowing(
    stores: Stores, accounts: AccountStore, organizations: Organizations, clock: Clock, lookups: Lookups
) -> Iterator[Detector]:
    """A detector whose detections learn who belongs to the organization, as the deployed one's do."""
    engine = Engine(DETECTIONS)
    accounts.write([Account(id=MEMBER, name="shop")])
    membership = Membership(
        *(accounts, organizations, clock, detector.logger),
        on_change=lambda members: engine.know_places(places_of(members.values())),
    )
    yield Detector(engine, stores, membership, clock, lookups)
    detector.metrics.clear_metrics()


SHARED = "ec2.snapshot_shared_external"
GRANTEE = "999900001111"


def whole(store: FindingStore, detection: str) -> Finding:
    """Return the only finding of a detection with what lists leave out."""
    (listed,) = stored(store, detection)
    found = store.get(listed.id)
    assert found
    return found


def naming(detection: str) -> str:
    """Return an event of the member that names an account which is in no list."""
    text = min((GOLDEN / detection).glob("fires-*.json")).read_text()
    return text.replace("777788889999", GRANTEE).replace("111122223333", MEMBER)


def test_an_account_that_has_just_joined_is_no_stranger_to_an_event_that_names_it(
    knowing: Detector, store: FindingStore, organizations: Organizations
) -> None:
    organizations.accounts.append(GRANTEE)
    assert knowing.detect({"m1": naming(SHARED)}) == []
    assert (stored(store, SHARED), organizations.asked) == ([], 1)


def test_a_stranger_whom_an_event_names_is_one_once_organizations_was_asked(
    knowing: Detector, store: FindingStore, organizations: Organizations
) -> None:
    assert knowing.detect({"m1": naming(SHARED), "m2": naming(SHARED)}) == []
    finding = whole(store, SHARED)
    assert (finding.severity, finding.confidence) == (Severity.HIGH, Confidence.EVENT)
    assert organizations.asked == 1


def test_while_organizations_cannot_be_asked_a_finding_about_a_stranger_is_unconfirmed(
    knowing: Detector, store: FindingStore, organizations: Organizations, lookups: Lookups
) -> None:
    organizations.is_down = True
    assert knowing.detect({"m1": naming(SHARED)}) == []
    finding = whole(store, SHARED)
    assert (finding.severity, finding.is_open, lookups.asked) == (Severity.HIGH, True, [])
    assert finding.certainty == f"Unconfirmed: Organizations could not be asked whether it knows {GRANTEE}"


def test_what_counts_is_unconfirmed_too_while_organizations_cannot_be_asked(
    knowing: Detector, store: FindingStore, organizations: Organizations
) -> None:
    organizations.is_down = True
    assert knowing.detect({"m1": naming("sts.role_chaining_from_outside_org")}) == []
    finding = whole(store, "sts.role_chaining_from_outside_org")
    assert finding.confidence is Confidence.UNCONFIRMED


def test_a_feeds_stranger_is_looked_for_too(
    knowing: Detector, store: FindingStore, organizations: Organizations
) -> None:
    told = json.loads((GOLDEN / "native.access_analyzer" / "fires-role-open-to-another-account.json").read_bytes())
    organizations.accounts.append("999900001111")
    assert knowing.detect({"m1": json.dumps({**told, "account": MEMBER})}) == []
    (finding,) = stored(store, "native.access_analyzer")
    assert (finding.severity, finding.mode) == (Severity.INFORMATIONAL, Mode.MONITOR)


def test_before_the_first_inventory_the_list_comes_from_organizations(
    dynamodb: "DynamoDBClient", organizations: Organizations, clock: Clock
) -> None:
    told: list[Mapping[str, Account]] = []
    membership = Membership(
        AccountStore(dynamodb, "state"), organizations, clock, detector.logger, on_change=told.append
    )
    assert not membership.is_stranger(MEMBER)
    assert [set(members) for members in told] == [{MEMBER}]


def test_the_handler_answers_with_the_messages_that_failed(
    aws: Callable[[str], Any], dynamodb: "DynamoDBClient", accounts: AccountStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts.write([Account(id=MEMBER, name="shop")])
    environment = {"FINDINGS_TABLE": "findings", "STATE_TABLE": "state", "PREFIX": "muster"}
    for name, value in {**environment, "LOOKUPS_QUEUE_URL": "https://queue"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(detector, "aws_client", aws)
    detector._detector.cache_clear()
    detector._tally.cache_clear()
    records = [{"messageId": "m1", "body": event()}, {"messageId": "m2", "body": "?"}]
    assert detect_handler({"Records": records}, None) == {"batchItemFailures": [{"itemIdentifier": "m2"}]}
    detector._detector.cache_clear()
    detector._tally.cache_clear()
    assert len(stored(FindingStore(dynamodb, "findings"))) == 1
    (today,) = EventCountStore(dynamodb, "state").days([now().date().isoformat()])
    assert today.by_account == {MEMBER: 1}


def test_an_account_that_fills_a_batch_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[dict[str, Any]] = []
    monkeypatch.setattr(detector.logger, "info", lambda message, **more: told.append({"message": message, **more}))

    class Quiet:
        def detect(self, _messages: Mapping[str, str]) -> list[str]:
            return []

    monkeypatch.setattr(detector, "_detector", Quiet)
    flood = [json.dumps({**EVENT, "account": "123456789012"}) for _ in range(8)]
    bodies = [*flood, event(), "no JSON at all"]
    records = [{"messageId": str(place), "body": body} for place, body in enumerate(bodies)]
    detect_handler({"Records": records}, None)
    assert told == [{"message": CROWDED, "account": "123456789012", "events": 8}]
    detect_handler({"Records": records[:4]}, None)
    assert len(told) == 1


NATIVE = Path(__file__).parents[1] / "events"


def reported(name: str) -> str:
    return json.dumps({**json.loads((NATIVE / name).read_text()), "account": MEMBER})


def test_what_a_service_found_is_stored_and_closed_by_its_later_event(detecting: Detector, store: FindingStore) -> None:
    assert detecting.detect({"m1": reported("native.access_analyzer/fires-bucket-open-to-everybody.json")}) == []
    (opened,) = stored(store, "native.access_analyzer")
    assert (opened.severity, opened.product) == (Severity.HIGH, "IAM Access Analyzer")
    assert detecting.detect({"m2": reported("native.access_analyzer/quiet-deleted.json")}) == []
    assert stored(store, "native.access_analyzer") == []
    closed = store.get(opened.id)
    assert closed is not None
    assert (closed.record_state, closed.title) == (RecordState.ARCHIVED, opened.title)


def test_what_a_service_says_once_more_costs_no_write(detecting: Detector, calls: Any, clock: Clock) -> None:
    told = reported("native.guardduty_finding/fires-role-credentials-used-outside.json")
    detecting.detect({"m1": told})
    clock.now += timedelta(hours=6)
    calls.made.clear()
    detecting.detect({"m2": told})
    assert calls.count("PutItem") == 0


def test_events_that_cannot_be_counted_fail_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    class Quiet:
        def detect(self, _messages: Mapping[str, str]) -> list[str]:
            return []

    class Broken:
        def count(self, _bodies: Iterable[str], _moment: datetime) -> None:
            raise ConnectionError

    monkeypatch.setattr(detector, "_detector", Quiet)
    monkeypatch.setattr(detector, "_tally", Broken)
    records = [{"messageId": "m1", "body": event()}]
    assert detect_handler({"Records": records}, None) == {"batchItemFailures": []}
