"""Which spokes are silent."""

from datetime import UTC, datetime, timedelta

import pytest

from contract.clock import iso
from contract.spoke_events import Heartbeat
from hub.silence import Silence, silences
from hub.store.accounts import Account
from hub.store.spokes import Spoke

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
REGION = "eu-west-1"


def ago(hours: float) -> str:
    return iso(NOW - timedelta(hours=hours))


def spoke(hours: float, account: str = "1") -> Spoke:
    return Spoke(
        Heartbeat(account=account, region=REGION, version="1", config_hash="a", interval_seconds=3600), ago(hours)
    )


def covered(hours: float, account: str = "1") -> Account:
    return Account(id=account, name="a", covered_since={REGION: ago(hours)})


@pytest.mark.parametrize(
    ("account", "spokes", "silence"),
    [
        (covered(99), [spoke(1.9)], None),
        (covered(99), [spoke(2)], None),
        (covered(99), [spoke(2.1)], Silence("1", REGION, ago(0.1), ago(2.1))),
        (covered(1.9), [], None),
        (covered(2.1), [], Silence("1", REGION, ago(0.1), "")),
        (covered(1.9), [spoke(500)], None),
        (covered(2.5), [spoke(500)], Silence("1", REGION, ago(0.5), ago(500))),
        (Account(id="1", name="not covered"), [spoke(9)], None),
        (covered(99), [spoke(1, account="2")], Silence("1", REGION, ago(97), "")),
    ],
    ids=[
        *("beats", "just in time", "fell silent", "new", "never heard of", "came back", "came back for nothing"),
        *("not expected", "another's beats"),
    ],
)
def test_an_expected_spoke_that_misses_two_heartbeats_is_silent(
    account: Account, spokes: list[Spoke], silence: Silence | None
) -> None:
    assert list(silences([account], spokes, NOW)) == ([silence] if silence else [])


def test_silences_come_by_account_and_region() -> None:
    since = {"us-east-1": ago(9), "eu-west-1": ago(9)}
    accounts = [Account(id=one, name=one, covered_since=since) for one in ("2", "1")]
    found = [(one.account, one.region) for one in silences(accounts, [], NOW)]
    assert found == [("1", "eu-west-1"), ("1", "us-east-1"), ("2", "eu-west-1"), ("2", "us-east-1")]
