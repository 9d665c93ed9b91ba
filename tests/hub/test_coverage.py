import pytest

from hub.coverage import Scope, followed, why_uncovered
from hub.store.accounts import Account

ROOT, WORKLOADS, SANDBOX = "r-exam", "ou-exam-11111111", "ou-exam-22222222"
HUB = "111122223333"


def scope(*targets: str, **others: object) -> Scope:
    return Scope(targets=targets, regions=("us-east-1",), hub_account=HUB, **others)  # type: ignore[arg-type]


def account(identifier: str = "222222222222", ous: tuple[str, ...] = (ROOT, WORKLOADS), **others: object) -> Account:
    return Account(id=identifier, name="a", ou_ids=ous, **others)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("where", "one", "reason"),
    [
        (scope(ROOT), account(), ""),
        (scope(WORKLOADS), account(ous=(ROOT, WORKLOADS, "ou-exam-33333333")), ""),
        (scope(SANDBOX), account(), "in none of organization.ous"),
        (scope(ROOT, excluded_ous=(WORKLOADS,)), account(), "by organization.excluded_ous"),
        (scope(ROOT, excluded_accounts=("222222222222",)), account(), "by organization.excluded_accounts"),
        (scope(SANDBOX, excluded_accounts=(HUB,)), account(HUB), ""),
        (scope(ROOT), account(status="SUSPENDED"), "the account is SUSPENDED"),
        (scope(ROOT, covers_management=True), account(is_management=True), ""),
    ],
)
def test_an_account_without_a_spoke_has_a_reason(where: Scope, one: Account, reason: str) -> None:
    assert why_uncovered(where, one) == reason


@pytest.mark.parametrize(
    ("where", "before", "covered", "outside"),
    [
        (scope(ROOT), None, {"us-east-1": "now"}, ""),
        (scope(ROOT), account(covered_since={"us-east-1": "then"}), {"us-east-1": "then"}, ""),
        (scope(ROOT), account(covered_since={"eu-west-1": "then"}), {"us-east-1": "now"}, ""),
        (scope(SANDBOX), account(covered_since={"us-east-1": "then"}), {}, "now"),
        (scope(SANDBOX), account(outside_since="then"), {}, "then"),
        (scope(SANDBOX, excluded_ous=(WORKLOADS,)), account(outside_since="then"), {}, ""),
    ],
    ids=["new", "known", "another Region", "left the targets", "still outside", "excluded"],
)
def test_it_is_remembered_since_when_an_account_is_covered_or_outside(
    where: Scope, before: Account | None, covered: dict[str, str], outside: str
) -> None:
    found = followed(where, account(), before, "now")
    assert (found.covered_since, found.outside_since) == (covered, outside)


def test_of_an_account_without_a_place_nothing_is_said() -> None:
    assert followed(scope(SANDBOX), account(ous=()), None, "now").outside_since == ""


def test_the_management_account_gets_a_spoke_only_when_asked() -> None:
    assert "include_management_account" in why_uncovered(scope(ROOT), account(is_management=True))
