"""What follows from people's decisions: history, suppressions, and Security Hub, which hears of them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from botocore.exceptions import ClientError

from contract import ocsf
from contract.asff import finding_of
from contract.finding import Finding, RecordState, Status, Workflow
from hub import workflow as module
from hub.ingestion import Ingestion
from hub.store.accounts import Account, AccountStore
from hub.store.decisions import Decision
from hub.store.findings import FindingStore
from hub.store.history import HistoryStore
from hub.store.suppressions import Suppression, SuppressionStore
from hub.suppressing import Suppressing, decision_of
from hub.suppressions import Keeper
from hub.turns import Turn, turn_of
from hub.workflow import Follower
from hub.writeback import WriteBack
from tests.asff import ACCOUNT, BUCKET, control

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Make = Callable[..., Finding]
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DRILL = Suppression(id="drill", reason="a drill", owner="alice", detections=("iam.*",), until="2026-12-01T00:00:00Z")


class SecurityHub:
    """Takes decisions as Security Hub does, and says the finding anew; forgets and refuses what it is told to."""

    def __init__(self, *findings: dict[str, Any], refused: str = "", forgotten: str = "") -> None:
        self.findings = {one["Id"]: one for one in findings}
        self.codes = {refused: "InvalidInput", forgotten: "FindingNotFound"}
        self.calls: list[dict[str, Any]] = []

    def batch_update_findings(self, **request: Any) -> dict[str, Any]:
        self.calls.append(request)
        named = request.pop("FindingIdentifiers")
        assert len(named) <= 100
        bad = [one for one in named if one["Id"] in self.codes]
        for one in named:
            if one not in bad:
                self.findings[one["Id"]] = {**self.findings[one["Id"]], **request}
        return {"UnprocessedFindings": [{"FindingIdentifier": one, "ErrorCode": self.codes[one["Id"]]} for one in bad]}

    def batch_update_findings_v2(self, **request: Any) -> dict[str, Any]:
        self.calls.append(request)
        return {"UnprocessedFindings": []}


class Work:
    """The workflow with its stores."""

    def __init__(self, dynamodb: "DynamoDBClient") -> None:
        self.store = FindingStore(dynamodb, "findings")
        self.history = HistoryStore(dynamodb, "state")
        self.suppressions = SuppressionStore(dynamodb, "state")
        self.accounts = AccountStore(dynamodb, "state")
        self._client = dynamodb

    def follow(self, *turns: Turn | None, hub: SecurityHub | None = None) -> list[str]:
        """Follow turns whose messages are called by their place."""
        suppressing = Suppressing.of(self._client, "state")
        write_back = WriteBack(hub) if hub else None
        follower = Follower(self.store, self.history, self.suppressions, suppressing, write_back)
        bodies = {str(place): msgspec.json.encode(turn).decode() for place, turn in enumerate(turns)}
        return follower.follow(bodies, NOW)

    def keep(self, *written: Suppression, at: datetime = NOW) -> dict[str, int]:
        units = {one.id: one.ou_ids for one in self.accounts.all()}
        return Keeper(self.store, self.suppressions, lambda: units).keep(written, at)

    def decided(self, finding_id: str, **said: Any) -> Turn | None:
        """Decide something about a finding; return the turn that the stream tells of."""
        before = self.store.get(finding_id)
        assert before is not None
        after = self.store.decide(finding_id, Decision(**{"by": "alice", "at": "2026-11-20T10:00:00.000000Z", **said}))
        return turn_of(before, after, 2)

    def get(self, finding_id: str) -> Finding:
        found = self.store.get(finding_id)
        assert found is not None
        return found


@pytest.fixture
def work(dynamodb: "DynamoDBClient") -> Work:
    return Work(dynamodb)


def ingested(work: Work, document: dict[str, Any], at: str) -> Finding:
    one = finding_of(document, at)
    Ingestion(work.store, "111122223333", ()).store([one], renewing=True)
    return work.get(one.id)


def test_history_says_who_changed_what_and_when_once(work: Work, finding: Make) -> None:
    work.store.upsert([finding()])
    suppressed = work.decided("f1", workflow=Workflow.SUPPRESSED, note="a drill", suppression="a drill")
    assigned = work.decided("f1", assignee="bob", by="carol", at="2026-11-20T11:00:00.000000Z")
    assert assigned is not None
    assert assigned.entry is not None
    later = Turn("f1", entry=msgspec.structs.replace(assigned.entry, revision=3))
    assert work.follow(suppressed, later) == work.follow(suppressed) == []
    first, second = work.history.of("f1")
    assert (first.by, first.at) == ("alice", "2026-11-20T10:00:00.000000Z")
    assert first.changes["status"] == ("OPEN", "SUPPRESSED")
    assert first.changes["note"] == ("", "a drill")
    assert (second.by, second.changes) == ("carol", {"assignee": ("", "bob")})


def test_what_its_provider_changed_is_remembered_as_its_own(finding: Make) -> None:
    turn = turn_of(finding(), finding(record_state=RecordState.ARCHIVED, observed_at="2026-11-20T11:00:00.000000Z"), 2)
    assert turn is not None
    assert turn.entry is not None
    assert (turn.entry.by, turn.entry.is_peoples, turn.entry.at) == ("", False, "2026-11-20T11:00:00.000000Z")


def test_a_decision_reaches_security_hub_with_who_and_why_and_its_echo_is_no_change(work: Work) -> None:
    document = control(UserDefinedFields={"Team": "web"})
    name = ingested(work, document, "2026-11-20T09:00:00.000000Z").id
    until = "2026-12-01T00:00:00.000000Z"
    turn = work.decided(
        name, workflow=Workflow.SUPPRESSED, note="public on purpose", suppression="website", until=until, assignee="bob"
    )
    hub = SecurityHub(document)
    assert work.follow(turn, hub=hub) == []
    (said,) = hub.calls
    assert said == {
        "Workflow": {"Status": "SUPPRESSED"},
        "Note": {"Text": "public on purpose", "UpdatedBy": "alice"},
        "UserDefinedFields": {
            "Team": "web",
            "MusterAssignee": "bob",
            "MusterUntil": until,
            "MusterSuppression": "website",
        },
    }
    before = work.get(name)
    echo = hub.findings[document["Id"]]
    echoed = {**echo, "Note": {**echo["Note"], "UpdatedAt": "2026-11-20T10:00:03.000Z"}}
    for at in ("2026-11-20T10:00:04.000000Z", "2026-11-21T10:00:00.000000Z"):
        after = ingested(work, echoed, at)
        assert turn_of(before, after, 3) is None
        assert after.status is Status.SUPPRESSED
        assert (after.note, after.suppression, after.assignee, after.workflow_until, after.workflow_by) == (
            *("public on purpose", "website", "bob", until, "alice"),
        )


def test_reopening_ends_the_suppression_there_too(work: Work) -> None:
    document = control()
    name = ingested(work, document, "2026-11-20T09:00:00.000000Z").id
    hub = SecurityHub(document)
    work.follow(work.decided(name, workflow=Workflow.SUPPRESSED, suppression="website"), hub=hub)
    later = "2026-11-20T11:00:00.000000Z"
    work.follow(work.decided(name, workflow=Workflow.NEW, note="", at=later), hub=hub)
    assert hub.calls[-1] == {
        "Workflow": {"Status": "NEW"},
        "Note": {"Text": "New in Muster.", "UpdatedBy": "alice"},
        "UserDefinedFields": {},
    }


def test_what_security_hub_said_itself_and_our_own_findings_are_not_written_there(work: Work, finding: Make) -> None:
    work.store.upsert([finding()])
    before = ingested(work, control(), "2026-11-20T09:00:00.000000Z")
    after = ingested(work, control(Workflow={"Status": "RESOLVED"}), "2026-11-20T11:00:00.000000Z")
    hub = SecurityHub(control())
    ours = work.decided("f1", workflow=Workflow.RESOLVED)
    assert work.follow(turn_of(before, after, 2), ours, hub=hub) == []
    assert hub.calls == []


def test_what_is_decided_alike_is_one_call_and_what_is_refused_comes_back_alone(work: Work) -> None:
    documents = [control(str(place)) for place in range(5)]
    names = [ingested(work, one, "2026-11-20T09:00:00.000000Z").id for one in documents]
    turns = [work.decided(name, workflow=Workflow.RESOLVED, note="mended") for name in names]
    hub = SecurityHub(*documents, refused=documents[2]["Id"], forgotten=documents[3]["Id"])
    assert work.follow(*turns, hub=hub) == ["2"]
    assert len(hub.calls) == 1


def test_the_new_security_hub_hears_of_decisions_in_its_own_words(work: Work) -> None:
    source = {"class_uid": 2003, "metadata": {"uid": "u-1", "product": {"uid": "p"}}, "finding_info": {"uid": "x"}}
    one = ocsf.finding_of(source, "2026-11-20T09:00:00.000000Z")
    work.store.upsert([one])
    hub = SecurityHub()
    work.follow(work.decided(one.id, workflow=Workflow.SUPPRESSED, note="fine"), hub=hub)
    assert hub.calls == [{"MetadataUids": ["u-1"], "StatusId": 3, "Comment": "fine"}]


def test_a_message_that_is_no_turn_comes_back_alone(work: Work, finding: Make) -> None:
    work.store.upsert([finding()])
    suppressing = Suppressing.of(work._client, "state")
    follower = Follower(work.store, work.history, work.suppressions, suppressing, None)
    turn = msgspec.json.encode(Turn("f1", is_opening=True)).decode()
    assert follower.follow({"bad": "{", "good": turn, "gone": '{"finding": "nobody"}'}, NOW) == ["bad"]


def test_a_new_finding_that_is_accepted_is_suppressed_with_reason_and_end(work: Work, finding: Make) -> None:
    work.suppressions.write(DRILL)
    work.store.upsert([finding(), finding("f2", detection="s3.bucket_public")])
    assert work.follow(Turn("f1", is_opening=True), Turn("f2", is_opening=True)) == []
    accepted = work.get("f1")
    assert (accepted.status, accepted.suppression, accepted.workflow_by, accepted.workflow_until) == (
        *(Status.SUPPRESSED, "a drill", "suppression drill", DRILL.until),
    )
    assert work.get("f2").is_open


def test_what_somebody_opened_on_purpose_is_not_suppressed_again(work: Work, finding: Make) -> None:
    work.suppressions.write(DRILL)
    work.store.upsert([finding()])
    work.follow(Turn("f1", is_opening=True))
    turn = work.decided("f1", workflow=Workflow.NEW, at="2026-11-20T13:00:00.000000Z")
    assert turn is not None
    assert turn.is_opening
    work.follow(turn)
    assert work.get("f1").is_open


@pytest.mark.parametrize(
    ("said", "covers"),
    [
        ({"detections": ("S3.8",)}, True),
        ({"detections": ("S3.*",), "accounts": (ACCOUNT,)}, True),
        ({"detections": ("S3.9",)}, False),
        ({"accounts": ("999999999999",)}, False),
        ({"ous": ("ou-exam-12345678",)}, True),
        ({"ous": ("ou-exam-87654321",)}, False),
        ({"accounts": ("999999999999",), "ous": ("ou-exam-12345678",)}, True),
        ({"regions": ("us-east-1",)}, False),
        ({"resources": ("arn:aws:s3:::doc*",)}, True),
        ({"resources": (BUCKET,), "actors": ("alice",)}, False),
    ],
)
def test_of_each_list_one_entry_must_fit(said: dict[str, Any], covers: bool) -> None:
    suppression = Suppression(id="x", reason="r", owner="o", **said)
    assert suppression.covers(finding_of(control(), "2026-11-20T09:00:00Z"), ("r-1", "ou-exam-12345678")) is covers


def test_a_suppression_that_is_added_covers_what_is_open_and_opens_it_in_the_end(work: Work, finding: Make) -> None:
    work.store.upsert([finding(f"f{place}") for place in range(3)] + [finding("other", detection="s3.bucket_public")])
    assert work.keep(DRILL) == {"suppressed": 3, "reopened": 0}
    assert work.keep(DRILL) == {"suppressed": 0, "reopened": 0}
    remembered(work, "f0", "f1", "f2")
    assert work.keep(DRILL, at=NOW + timedelta(days=1)) == {"suppressed": 0, "reopened": 0}
    assert work.keep(DRILL, at=NOW + timedelta(days=30)) == {"suppressed": 0, "reopened": 3}
    again = work.get("f0")
    assert (again.is_open, again.note, again.suppression) == (True, "No longer accepted: a drill", "")
    assert work.keep(DRILL, at=NOW + timedelta(days=31)) == {"suppressed": 0, "reopened": 0}


def test_what_came_before_every_function_knew_of_a_suppression_is_found_by_the_next_run(
    work: Work, finding: Make
) -> None:
    work.keep(DRILL)
    work.store.upsert([finding()])
    assert work.keep(DRILL, at=NOW + timedelta(minutes=15)) == {"suppressed": 1, "reopened": 0}
    assert work.suppressions.all()[0].since == "2026-11-20T12:00:00.000000Z"
    work.store.upsert([finding("f2")])
    assert work.keep(DRILL, at=NOW + timedelta(hours=1)) == {"suppressed": 0, "reopened": 0}


def remembered(work: Work, *names: str) -> None:
    """Let the workflow follow what the stream tells of suppressed findings."""
    for name in names:
        work.suppressions.remember(work.get(name))


def test_a_suppression_that_is_taken_out_opens_what_it_covered(work: Work, finding: Make) -> None:
    for_good = msgspec.structs.replace(DRILL, until="")
    work.store.upsert([finding()])
    work.keep(for_good)
    remembered(work, "f1")
    hour = timedelta(hours=1)
    assert work.keep(at=NOW + hour) == {"suppressed": 0, "reopened": 1}
    assert work.get("f1").is_open
    # A function that knew it for some minutes yet suppressed another one meanwhile.
    work.store.upsert([finding("f2")])
    work.store.decide("f2", decision_of(for_good, NOW + hour))
    remembered(work, "f2")
    assert work.keep(at=NOW + hour + timedelta(minutes=15)) == {"suppressed": 0, "reopened": 1}
    assert work.get("f2").is_open
    assert [one.id for one in work.suppressions.all()] == ["drill"]
    work.keep(at=NOW + 2 * hour)
    assert work.suppressions.all() == []


def test_a_suppression_with_other_words_keeps_what_it_covers_and_opens_the_rest(work: Work, finding: Make) -> None:
    work.store.upsert([finding(), finding("f2", account="444455556666")])
    work.keep(DRILL)
    remembered(work, "f1", "f2")
    later = NOW + timedelta(hours=1)
    narrower = msgspec.structs.replace(DRILL, reason="a longer drill", accounts=("444455556666",), until="")
    assert work.keep(narrower, at=later) == {"suppressed": 0, "reopened": 1}
    assert work.get("f1").is_open
    kept = work.get("f2")
    assert (kept.suppression, kept.workflow_until) == ("a longer drill", "")
    assert [name for _, name in work.suppressions.by("drill")] == []


def test_what_people_suppressed_until_a_day_opens_then_unless_they_decided_otherwise(work: Work, finding: Make) -> None:
    work.store.upsert([finding(), finding("f2")])
    for name in ("f1", "f2"):
        work.follow(work.decided(name, workflow=Workflow.SUPPRESSED, suppression="s", until="2026-11-25T00:00:00Z"))
    work.follow(work.decided("f2", workflow=Workflow.RESOLVED, at="2026-11-21T00:00:00.000000Z"))
    assert work.keep(at=datetime(2026, 11, 24, tzinfo=UTC)) == {"suppressed": 0, "reopened": 0}
    assert work.keep(at=datetime(2026, 11, 26, tzinfo=UTC)) == {"suppressed": 0, "reopened": 1}
    assert work.get("f1").is_open
    assert work.get("f2").workflow is Workflow.RESOLVED


def test_a_unit_is_known_by_its_accounts(work: Work, finding: Make) -> None:
    work.accounts.write([Account(id="111122223333", name="shop", ou_ids=("r-1", "ou-exam-12345678"))])
    work.store.upsert([finding(), finding("f2", account="444455556666")])
    sandbox = Suppression(id="sandbox", reason="a sandbox", owner="alice", ous=("ou-exam-12345678",))
    assert work.keep(sandbox) == {"suppressed": 1, "reopened": 0}
    assert not work.get("f1").is_open


def test_the_handler_reads_its_environment(
    work: Work, finding: Make, aws: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"FINDINGS_TABLE": "findings", "STATE_TABLE": "state", "READS_SECURITY_HUB": "False"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(module, "aws_client", aws)
    module._follower.cache_clear()
    work.store.upsert([finding()])
    body = msgspec.json.encode(Turn("f1", is_opening=True)).decode()
    records = {"Records": [{"messageId": "1", "body": body}, {"messageId": "2", "body": "?"}]}
    assert module.follow_handler(records, None) == {"batchItemFailures": [{"itemIdentifier": "2"}]}
    module._follower.cache_clear()


def test_what_security_hub_repeats_before_it_has_heard_undoes_no_decision(work: Work) -> None:
    before = finding_of(control(), "2026-11-20T09:00:00.000000Z")
    work.store.upsert([before])
    work.store.decide(
        before.id, Decision(workflow=Workflow.SUPPRESSED, note="ok", by="bob", at="2026-11-20T10:00:00.000000Z")
    )
    # Hours later, for the queue is late: the provider says something else, and what people did not change meanwhile.
    again = finding_of(control(UpdatedAt="2026-11-20T14:00:00Z"), "2026-11-20T14:00:00.000000Z")
    work.store.upsert([again])
    stored = work.get(before.id)
    assert (stored.workflow, stored.note, stored.is_told_here) == (Workflow.SUPPRESSED, "ok", True)
    # What people there change after that is another word, and the later one.
    opened = control(
        UpdatedAt="2026-11-20T15:00:00Z", Workflow={"Status": "NEW"}, Note={"Text": "no", "UpdatedBy": "x"}
    )
    work.store.upsert([finding_of(opened, "2026-11-20T15:00:00.000000Z")])
    assert (work.get(before.id).workflow, work.get(before.id).is_told_here) == (Workflow.NEW, False)


def ocsf_control(moment: str, status_id: str = "1", comment: str = "") -> Finding:
    said = {
        "metadata": {"uid": "m-1", "product": {"uid": "arn:product", "name": "Security Hub"}},
        "finding_info": {"uid": "s-1", "title": "bucket", "created_time_dt": "2026-11-20T09:00:00Z"},
        "cloud": {"account": {"uid": ACCOUNT}, "region": "eu-central-1"},
        "compliance": {"control": "S3.8", "status": "Fail"},
        "status_id": status_id,
        **({"comment": comment} if comment else {}),
    }
    return ocsf.finding_of(said, moment)


def test_an_echo_in_ocsf_takes_nothing_away_that_it_has_no_word_for(work: Work) -> None:
    before = ocsf_control("2026-11-20T09:00:00.000000Z")
    work.store.upsert([before])
    until = "2026-11-25T00:00:00.000000Z"
    suppressed = Decision(
        workflow=Workflow.SUPPRESSED,
        suppression="drill",
        note="drill",
        assignee="alice",
        until=until,
        by="bob",
        at="2026-11-20T10:00:00.000000Z",
    )
    work.store.decide(before.id, suppressed)
    work.store.upsert([ocsf_control("2026-11-20T14:00:00.000000Z", "3", "drill")])
    stored = work.get(before.id)
    assert (stored.workflow_until, stored.suppression, stored.assignee, stored.workflow_by) == (
        until,
        "drill",
        "alice",
        "bob",
    )
    remembered(work, before.id)
    assert work.keep(at=datetime(2026, 11, 26, tzinfo=UTC))["reopened"] == 1
    assert work.get(before.id).is_open


def test_a_refused_call_fails_its_findings_and_no_others(work: Work) -> None:
    hub = SecurityHub(control(), control(Id="other"))

    def refused(**request: Any) -> dict[str, Any]:
        if request["Note"]["Text"] == "bad":
            raise ClientError({"Error": {"Code": "InvalidInputException", "Message": "bad"}}, "BatchUpdateFindings")
        return SecurityHub.batch_update_findings(hub, **request)

    hub.batch_update_findings = refused  # type: ignore[method-assign]
    first, other = (finding_of(one, "2026-11-20T09:00:00.000000Z") for one in hub.findings.values())
    work.store.upsert([first, other])
    turns = [work.decided(one.id, note=note) for one, note in ((first, "bad"), (other, "good"))]
    assert work.follow(*turns, hub=hub) == ["0"]
    assert hub.findings["other"]["Note"]["Text"] == "good"
