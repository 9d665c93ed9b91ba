"""Routes send a finding where its account, severity, kind and hour say, and can say why."""

from collections.abc import Callable
from datetime import UTC, datetime
from email.headerregistry import Address
from typing import Any

import pytest

from contract.finding import Finding, Severity
from hub.channels.settings import ChannelSettings, Email, Slack, Sns
from hub.notifier.routing import OWNER, Escalation, Hours, Route, Routing, Target, targets_of
from hub.store.accounts import Account

Make = Callable[..., Finding]
FRIDAY = datetime(2026, 11, 20, 9, tzinfo=UTC)
SHOP = Account(
    id="111122223333",
    name="shop",
    ou_path="Root/Workloads/Shop",
    ou_ids=("r-exam", "ou-exam-workload1"),
    tags={"Team": "payments-eu"},
    owner="payments@example.com",
)
CHANNELS: dict[str, ChannelSettings] = {
    "email": Email(name="email", sender="m@example.com", recipients=("a@example.com",), minimum_severity=Severity.LOW),
    "payments": Slack(name="payments", secret="muster/slack"),
    "critical-alerts": Sns(name="critical-alerts", topic_arn="arn", minimum_severity=Severity.INFORMATIONAL),
}


def answers(
    finding: Finding, *routes: Route, account: Account = SHOP, at: datetime = FRIDAY, escalation: Any = None
) -> list[tuple[str, str | None, str]]:
    routing = Routing(routes=routes, escalation=escalation or Escalation())
    found = routing.answers(finding, account, CHANNELS, at)
    return [(one.route, str(one.target) if one.target else None, one.why) for one in found]


def route(**changes: Any) -> Route:
    return Route(**{"name": "r", "channels": ("email",), **changes})


def test_a_route_without_conditions_takes_everything(finding: Make) -> None:
    assert answers(finding(), route()) == [("r", "email", "it fits")]


@pytest.mark.parametrize(
    ("condition", "why"),
    [
        ({"minimum_severity": Severity.CRITICAL}, "minimum_severity is CRITICAL"),
        ({"accounts": ("444455556666",)}, "accounts has no 111122223333"),
        ({"ous": ("ou-exam-sandbox01", "Root/Sandbox*")}, "ous has none of Root/Workloads/Shop"),
        ({"tags": {"Team": "web"}}, "the account's tag Team is payments-eu"),
        ({"tags": {"Stage": "*"}}, "the account has no tag Stage"),
        ({"detections": ("s3.*", "EC2.19")}, "detections has no iam.access_key_created"),
        ({"products": ("GuardDuty",)}, "products has no muster"),
        ({"regions": ("eu-central-1",)}, "regions has no us-east-1"),
        ({"hours": Hours(begin="10:00", end="18:00")}, "it is outside hours"),
    ],
)
def test_a_condition_that_is_not_met_is_named(finding: Make, condition: dict[str, Any], why: str) -> None:
    assert answers(finding(), route(**condition)) == [("r", None, why)]


@pytest.mark.parametrize(
    "condition",
    [
        {"minimum_severity": Severity.HIGH},
        {"accounts": ("444455556666", "111122223333")},
        {"ous": ("ou-exam-workload1",)},
        {"ous": ("Root/Workloads/*",)},
        {"tags": {"Team": "payments-*"}},
        {"detections": ("iam.*",)},
        {"products": ("muster",)},
        {"regions": ("us-east-1",)},
        {"hours": Hours(days=("friday",), begin="08:00", end="18:00")},
    ],
)
def test_a_condition_that_is_met_lets_it_pass(finding: Make, condition: dict[str, Any]) -> None:
    assert answers(finding(), route(**condition)) == [("r", "email", "it fits")]


def test_a_control_is_known_by_its_number(finding: Make) -> None:
    control = finding(detection="security-control/S3.8", control="S3.8", product="Security Hub")
    assert answers(control, route(detections=("S3.8",)))[0][1] == "email"


def test_every_route_that_fits_is_followed_until_one_is_the_last(finding: Make) -> None:
    routes = (route(name="a"), route(name="b", channels=("payments",), is_last=True), route(name="c"))
    assert [(name, target) for name, target, _ in answers(finding(), *routes)] == [("a", "email"), ("b", "payments")]


def test_a_channel_has_a_least_severity_of_its_own(finding: Make) -> None:
    low = finding(severity=Severity.LOW)
    assert answers(low, route(channels=("payments", "email"))) == [
        ("r", None, "channel payments has a minimum_severity of MEDIUM"),
        ("r", "email", "it fits"),
    ]


def test_a_channel_that_is_gone_is_named(finding: Make) -> None:
    assert answers(finding(), route(channels=("pager",))) == [("r", None, "there is no channel pager")]


@pytest.mark.parametrize(
    ("owner", "target", "why"),
    [
        ("payments@example.com", "email/payments@example.com", "the owner of 111122223333 is payments@example.com"),
        ("payments", "payments", "the owner of 111122223333 is channel payments"),
        ("", "email", "111122223333 has no owner"),
        ("Payments Team", "email", "the owner of 111122223333 is 'Payments Team': no channel, no address"),
        ("a@b.c, d@e.f", "email", "the owner of 111122223333 is 'a@b.c, d@e.f': no channel, no address"),
        ("a@b.c\nBcc: x@y.z", "email", "the owner of 111122223333 is 'a@b.c\\nBcc: x@y.z': no channel, no address"),
    ],
)
def test_an_owner_is_an_address_a_channel_or_the_fall_back(finding: Make, owner: str, target: str, why: str) -> None:
    account = Account(id="111122223333", name="shop", owner=owner)
    owned = route(channels=(OWNER,), otherwise=("email",))
    assert answers(finding(), owned, account=account) == [("r", target, why)]


@pytest.mark.parametrize(
    "owner",
    [
        *("mailto:bob@example.com", "a@b.c@d.e", "a..b@example.com", ".a@example.com", "a.@example.com", "a@example"),
        *("a@example..com", "a@example.com.", "a@-example.com", "ü@example.com", "a@exämple.com", "a\\b@example.com"),
        *("@b.c", "a\x00@example.com", "a/b@example.com", "a" * 65 + "@example.com"),
    ],
)
def test_what_no_server_takes_as_an_address_is_none(finding: Make, owner: str) -> None:
    account = Account(id="111122223333", name="shop", owner=owner)
    ((_, target, why),) = answers(finding(), route(channels=(OWNER,), otherwise=("email",)), account=account)
    assert target == "email"
    assert why.endswith("no channel, no address")


@pytest.mark.parametrize("owner", ["o'neil+aws@example.com", "first.last@mail-1.example.co.uk", "a_b=c@example.com"])
def test_unusual_addresses_are_addresses(finding: Make, owner: str) -> None:
    account = Account(id="111122223333", name="shop", owner=owner)
    ((_, target, _),) = answers(finding(), route(channels=(OWNER,), otherwise=("email",)), account=account)
    assert target == f"email/{owner}"
    assert Address(addr_spec=owner).addr_spec == owner


def test_nobody_is_told_where_there_is_no_owner_and_no_fall_back(finding: Make) -> None:
    account = Account(id="111122223333", name="shop")
    assert answers(finding(), route(channels=(OWNER,)), account=account) == [("r", None, "111122223333 has no owner")]


def test_a_target_that_two_routes_name_hears_once(finding: Make) -> None:
    routing = Routing(routes=(route(name="a"), route(name="b")))
    assert targets_of(routing.answers(finding(), SHOP, CHANNELS, FRIDAY)) == {Target("email"): "a"}


def test_the_worst_go_to_the_escalation_beside_the_routes(finding: Make) -> None:
    escalation = Escalation(channels=("critical-alerts",))
    critical = finding(severity=Severity.CRITICAL)
    assert answers(critical, escalation=escalation) == [
        ("escalation", "critical-alerts", "CRITICAL is at least CRITICAL")
    ]
    assert answers(finding(), escalation=escalation) == []
    late = Escalation(channels=("critical-alerts",), at_once=False)
    assert answers(critical, escalation=late) == []


@pytest.mark.parametrize(
    ("hours", "moment", "is_on"),
    [
        (Hours(begin="08:00", end="18:00"), "2026-11-20T08:00Z", True),
        (Hours(begin="08:00", end="18:00"), "2026-11-20T18:00Z", False),
        (Hours(begin="08:00", end="18:00", time_zone="Europe/Berlin"), "2026-11-20T07:30Z", True),
        (Hours(begin="08:00", end="18:00", time_zone="Europe/Berlin"), "2026-07-20T06:30Z", True),
        (Hours(days=("friday",), begin="22:00", end="06:00"), "2026-11-20T23:00Z", True),
        (Hours(days=("friday",), begin="22:00", end="06:00"), "2026-11-21T05:00Z", True),
        (Hours(days=("friday",), begin="22:00", end="06:00"), "2026-11-20T05:00Z", False),
        (Hours(days=("monday",)), "2026-11-20T12:00Z", False),
        (Hours(days=("monday",), is_outside=True), "2026-11-20T12:00Z", True),
        (Hours(end="24:00"), "2026-11-20T23:59Z", True),
    ],
)
def test_hours_are_a_part_of_the_week_somewhere(hours: Hours, moment: str, is_on: bool) -> None:
    assert hours.hold(datetime.fromisoformat(moment)) is is_on
