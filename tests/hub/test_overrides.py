"""What is different in an account, by account and unit."""

import json

import pytest

from contract.account_settings import AccountSettings
from hub.overrides import Override, account_settings, settings_files
from hub.store.accounts import REMOVED, Account

ROOT, WORKLOADS, PRODUCTION = "r-exam", "ou-exam-11111111", "ou-exam-22222222"
SHOP = Account(id="222222222222", name="shop", ou_ids=(ROOT, WORKLOADS, PRODUCTION))


def by_unit(unit: str, *skipped: str) -> Override:
    return Override(ous=(unit,), settings={"skipped_checks": list(skipped)})


def by_account(*skipped: str) -> Override:
    return Override(accounts=(SHOP.id,), settings={"skipped_checks": list(skipped)})


@pytest.mark.parametrize(
    ("overrides", "skipped"),
    [
        ([], ()),
        ([by_unit("ou-exam-99999999", "trail")], ()),
        ([by_unit(ROOT, "trail")], ("trail",)),
        ([by_unit(PRODUCTION, "rules"), by_unit(WORKLOADS, "trail"), by_unit(ROOT, "roles")], ("rules",)),
        ([by_account("trail"), by_unit(PRODUCTION, "rules")], ("trail",)),
        ([by_account(), by_unit(PRODUCTION, "rules")], ()),
        ([by_unit(WORKLOADS, "rules"), by_unit(WORKLOADS, "trail")], ("trail",)),
        ([by_account("rules"), by_account("trail")], ("trail",)),
        ([by_account("rules"), Override(accounts=(SHOP.id,))], ("rules",)),
        ([Override(ous=(ROOT, PRODUCTION), settings={"skipped_checks": ["a"]}), by_unit(WORKLOADS, "trail")], ("a",)),
    ],
    ids=[
        *("nothing said", "another unit", "the root", "the deepest unit", "account above units", "nothing skipped"),
        *("the later of one unit", "the later of one account", "what is left out stays", "an override's deepest unit"),
    ],
)
def test_the_nearest_override_holds(overrides: list[Override], skipped: tuple[str, ...]) -> None:
    assert account_settings(overrides, SHOP) == AccountSettings(skipped_checks=skipped)


def test_every_active_account_has_a_file_and_no_other() -> None:
    accounts = [SHOP, Account(id="333333333333", name="gone", status=REMOVED), Account(id="444444444444", name="new")]
    files = settings_files([by_unit(ROOT, "trail")], accounts)
    assert {key: json.loads(body) for key, body in files.items()} == {
        "settings/222222222222.json": {"skipped_checks": ["trail"]},
        "settings/444444444444.json": {},
    }
