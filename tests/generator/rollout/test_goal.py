import pytest

from generator.config import Config
from generator.rollout.goal import Goal, goal_of
from generator.rollout.step import RolloutError
from hub.store.accounts import Account

ROOT, CANARY, SANDBOX = "r-exam", "ou-exam-11111111", "ou-exam-22222222"


def settings(config: Config, **organization: object) -> Config:
    return config.model_copy(update={"organization": config.organization.model_copy(update=organization)})


def account(identifier: str, *units: str, **others: object) -> Account:
    return Account(id=identifier, name="a", ou_ids=(ROOT, *units), **others)  # type: ignore[arg-type]


@pytest.fixture
def accounts() -> list[Account]:
    return [
        account("222222222222", CANARY),
        account("333333333333", SANDBOX),
        account("444444444444"),
        account("555555555555", status="SUSPENDED"),
        account("999999999999", is_management=True),
    ]


def goal(config: Config, accounts: list[Account], **organization: object) -> Goal:
    return goal_of(settings(config, excluded_accounts=(), **organization), accounts)


def test_closed_accounts_and_the_management_account_are_out_of_reach(config: Config, accounts: list[Account]) -> None:
    assert goal(config, accounts).covered == {"222222222222", "333333333333", "444444444444"}
    assert goal(config, accounts).excluded == set()


def test_accounts_of_an_excluded_unit_are_left_out(config: Config, accounts: list[Account]) -> None:
    found = goal(config, accounts, excluded_ous=(SANDBOX,))
    assert (found.covered, found.excluded) == ({"222222222222", "444444444444"}, {"333333333333"})


def test_every_covered_account_has_a_place_in_each_region(config: Config, accounts: list[Account]) -> None:
    found = goal(config, accounts, ous=(SANDBOX,))
    assert found.places == {("333333333333", region) for region in config.regions}


def test_canaries_are_the_covered_accounts_of_their_units(config: Config, accounts: list[Account]) -> None:
    assert goal(config, accounts, canary_ous=(CANARY,)).canaries == {"222222222222"}


def test_a_canary_unit_without_a_covered_account_is_an_error(config: Config, accounts: list[Account]) -> None:
    with pytest.raises(RolloutError, match=f"organization.canary_ous: no account of {CANARY}"):
        goal(config, accounts, ous=(SANDBOX,), canary_ous=(CANARY,))
