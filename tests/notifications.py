"""One notification of each kind, as tests show them."""

from datetime import UTC, datetime

import msgspec
from msgspec.structs import replace

from contract.catalogue import describe
from contract.finding import Finding, Severity
from hub.channels.settings import Email
from hub.digest.figures import Figures, Old
from hub.digest.words import digest
from hub.notifier.compose import Reader, Told, alert, summary
from hub.notifier.compose import trial as made_test
from hub.notifier.links import links_of
from hub.notifier.notification import Notification
from hub.store.accounts import Account
from hub.store.outgoing import Pending, Transition

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
ACCOUNT = Account(
    id="111122223333", name="prod-payments", ou_path="Root/Workloads/Production", owner="payments@example.com"
)
READER = Reader(lambda one: links_of(one, "https://muster.example.com"), "Europe/Berlin", "https://muster.example.com")
ROLE = "AWSReservedSSO_AdministratorAccess_0123456789abcdef"


def public_bucket(number: int, severity: Severity = Severity.HIGH) -> Finding:
    """Return a finding with long texts, as real ones have."""
    return Finding(
        id=f"{number:064x}",
        detection="s3.bucket_policy_public",
        title=f"S3 bucket customer-exports-{2026 + number} made public by its policy",
        severity=severity,
        account="111122223333",
        region="eu-central-1",
        resource=f"arn:aws:s3:::customer-exports-{2026 + number}-with-a-very-long-name-that-goes-on-and-on",
        actor="alice@example.com",
        actor_kind="sso",
        actor_role=ROLE,
        actor_arn=f"arn:aws:sts::111122223333:assumed-role/{ROLE}/alice@example.com",
        api_call="s3.amazonaws.com:PutBucketPolicy",
        event_id="11111111-2222-3333-4444-555555555555",
        source_ip="203.0.113.7",
        user_agent="aws-cli/2.15",
        first_seen="2026-11-20T09:00:00.000000Z",
        updated_at="2026-11-20T09:00:00.000000Z",
    )


def one_of_each() -> dict[str, Notification]:
    """Return an alert, one about many findings, a storm, a digest, an empty digest and a test."""
    words = describe("s3.bucket_policy_public")
    critical = [Told(public_bucket(1, Severity.CRITICAL), Transition.ESCALATED, 30)]
    many = [Told(public_bucket(number), Transition.OPENED) for number in range(14)]
    return {
        "alert": alert(critical, ACCOUNT, words, READER, identifier="i", thread="t"),
        "alerts": alert(many, ACCOUNT, words, READER, identifier="i", thread="t"),
        "summary": storm(),
        "digest": digest(msgspec.to_builtins(figures()), READER, identifier="i"),
        "quiet-digest": digest(msgspec.to_builtins(quiet_figures()), READER, identifier="i"),
        "test": made_test(Email(name="email", sender="m@example.com", recipients=("a@example.com",)), NOW),
    }


def storm() -> Notification:
    detections = ("s3.bucket_policy_public", "iam.access_key_created", "security_group.world_open_admin_port")
    pending = [
        Pending(
            key=str(number),
            at="2026-11-20T09:00:00.000000Z",
            detection=detections[number % 3],
            account=f"{number % 198:012}",
            severity=list(Severity)[2 + number % 3],
        )
        for number in range(9_960)
    ]
    worst = [Told(public_bucket(number, Severity.CRITICAL), Transition.OPENED) for number in range(10)]
    names = {f"{number:012}": f"team-{number}-production" for number in range(198)} | {ACCOUNT.id: ACCOUNT.name}
    return summary(pending, worst, names, READER, identifier="i")


def figures() -> Figures:
    """Return a busy week of a large organization."""
    days = [
        (
            f"2026-{10 + (day > 30)}-{(day - 1) % 30 + 1:02}",
            {"CRITICAL": day % 4, "HIGH": day * 7 % 13, "MEDIUM": day * 5 % 31, "LOW": day * 3 % 8},
        )
        for day in range(20, 50)
    ]
    oldest = Old(
        f"{9:064x}",
        "Root user signed in to the console of account shop-production",
        Severity.CRITICAL,
        "shop-production",
        "us-east-1",
        "arn:aws:iam::444455556666:root",
        "2026-10-02T00:00:00.000000Z",
        49,
    )
    return Figures(
        route="everybody",
        period="weekly",
        since="2026-11-13",
        until="2026-11-20",
        accounts_in_scope=1_043,
        new={"CRITICAL": 4, "HIGH": 41, "MEDIUM": 210},
        new_before={"CRITICAL": 6, "HIGH": 20, "MEDIUM": 210},
        closed={"HIGH": 12, "MEDIUM": 100},
        open={"CRITICAL": 3, "HIGH": 88, "MEDIUM": 2_312},
        days=days,
        overdue={"CRITICAL": 3, "HIGH": 12},
        sla_days={"CRITICAL": 7, "HIGH": 30, "MEDIUM": 90, "LOW": 180},
        oldest=[oldest] * 3,
        worst=[replace(oldest, severity=Severity.HIGH, title="Security group open to the world")] * 2,
        accounts=[("shop-production", 412), ("data-lake", 300), ("sandbox-1", 120)],
        detections=[("S3.8", 120), ("EC2.19", 80), ("iam.access_key_created", 12)],
        silent=[("sandbox-7", "eu-west-1", "2026-11-19T10:00:00.000000Z")],
        silent_count=3,
    )


def quiet_figures() -> Figures:
    """Return a day on which nothing happened."""
    return Figures(
        route="everybody",
        period="daily",
        since="2026-11-19",
        until="2026-11-20",
        accounts_in_scope=1,
        new={},
        new_before={},
        closed={},
        open={},
        days=[(f"2026-11-{day:02}", {}) for day in range(1, 20)],
        overdue={},
    )
