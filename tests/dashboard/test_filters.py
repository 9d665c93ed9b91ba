from urllib.parse import parse_qs

import pytest

from contract.finding import Severity
from dashboard.filters import MOST_SHOWN, PAGE, Filters, Group, State, parameters, read_filters
from dashboard.links import attack_address, findings_address

FULL = Filters(
    severity=(Severity.HIGH, Severity.CRITICAL),
    account=("111122223333",),
    ou=("Root/A & B",),
    detection=("iam.user_created",),
    region=("eu-west-1",),
    resource="arn:aws:s3:::a+b",
    status=State.CLOSED,
    text="a=b&c",
    group=Group.DETECTION,
    shown=150,
)


def test_an_address_reproduces_its_filters() -> None:
    query = findings_address(FULL).partition("?")[2]
    assert read_filters(parse_qs(query)) == FULL


def test_defaults_stay_out_of_the_address() -> None:
    assert parameters(Filters()) == {}
    assert findings_address(Filters()) == "findings"


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("100", 100),
        ("1", PAGE),
        ("9999999", MOST_SHOWN),
        ("9" * 5000, MOST_SHOWN),
        ("٣" * 5000, MOST_SHOWN),
        ("-5", PAGE),
        ("x", PAGE),
    ],
)
def test_how_many_to_show_stays_within_bounds(said: str, read: int) -> None:
    assert read_filters({"shown": [said]}).shown == read


@pytest.mark.parametrize("name", ["account", "detection", "region", "ou", "resource", "text"])
def test_a_value_of_an_address_always_fits_a_key_of_the_store(name: str) -> None:
    read = read_filters({name: ["é" * 5000, "\ud800x"]})
    values = getattr(read, name)
    assert all(0 < len(value.encode()) <= 2000 for value in ([values] if isinstance(values, str) else values))


def test_a_status_that_nothing_sets_is_not_offered() -> None:
    assert "notified" not in [state.value for state in State]
    assert read_filters({"status": ["notified"]}).status is State.OPEN


def test_a_technique_leads_to_its_page() -> None:
    assert attack_address("T1078.004") == "https://attack.mitre.org/techniques/T1078/004/"
