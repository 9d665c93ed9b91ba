"""Whose tags are read when."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from hub.account_tags import READS, due, is_about_tags, named_accounts, read_tags
from hub.store.accounts import Account

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
MANY = [Account(id=f"{number:012}", name="a", ou_ids=("r-exam",)) for number in range(10_000)]
FEW = MANY[:300]


def stored(accounts: list[Account]) -> dict[str, Account]:
    return {one.id: one for one in accounts}


def test_of_a_small_organization_all_are_read_each_hour() -> None:
    assert {one.id for one in due(FEW, stored(FEW), frozenset(), NOW)} == {one.id for one in FEW}


def test_of_a_large_organization_each_has_its_turn_and_an_hour_has_a_limit() -> None:
    hours = [due(MANY, stored(MANY), frozenset(), NOW + timedelta(hours=hour)) for hour in range(25)]
    assert max(map(len, hours)) <= READS
    assert Counter(one.id for hour in hours for one in hour) == Counter(one.id for one in MANY)


def test_named_accounts_and_new_ones_come_first() -> None:
    known = stored(MANY[:9_990])
    known[MANY[0].id] = Account(id=MANY[0].id, name="met by the detector")
    named = MANY[77].id
    asked = [one.id for one in due(MANY, known, frozenset({named, "no account"}), NOW)]
    assert asked[0] == named
    assert set(asked[1:12]) == {MANY[0].id, *(one.id for one in MANY[9_990:])}
    assert len(asked) == len(set(asked)) <= READS


def test_a_first_run_reads_as_many_as_it_may() -> None:
    assert len(due(MANY, {}, frozenset(), NOW)) == READS


class Organizations:
    """Tags by account; an error is raised."""

    def __init__(self, tags: dict[str, Any]) -> None:
        self.tags = tags
        self.asked: list[str] = []

    def get_paginator(self, call: str) -> "Organizations":
        assert call == "list_tags_for_resource"
        return self

    def paginate(self, ResourceId: str) -> list[dict[str, Any]]:  # noqa: N803 - boto's name
        self.asked.append(ResourceId)
        found = self.tags[ResourceId]
        if isinstance(found, Exception):
            raise found
        return [{"Tags": [{"Key": "Owner", "Value": found}]}]


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "ListTagsForResource")


def read(tags: dict[str, Any], has_time: Any = lambda: True) -> tuple[dict[str, Any], list[str]]:
    client = Organizations(tags)
    found = read_tags(client, [Account(id=one, name=one) for one in tags], has_time)  # type: ignore[arg-type] # a fake
    return {account: given["Owner"] for account, given in found.items()}, client.asked


def test_an_account_whose_tags_cannot_be_read_stops_no_other() -> None:
    found, asked = read({"1": "a", "2": refusal("AccessDeniedException"), "3": "c"})
    assert (found, asked) == ({"1": "a", "3": "c"}, ["1", "2", "3"])


def test_throttling_ends_the_reading_and_keeps_what_was_read() -> None:
    found, asked = read({"1": "a", "2": refusal("TooManyRequestsException"), "3": "c"})
    assert (found, asked) == ({"1": "a"}, ["1", "2"])


def test_reading_ends_in_time() -> None:
    times = iter([True, True, False])
    found, asked = read({"1": "a", "2": "b", "3": "c"}, lambda: next(times))
    assert (found, asked) == ({"1": "a", "2": "b"}, ["1", "2"])


@pytest.mark.parametrize("name", ["TagResource", "UntagResource"])
def test_an_event_of_tags_names_its_account(name: str) -> None:
    detail = {"eventName": name, "requestParameters": {"resourceId": "222222222222"}, "eventID": "1234567890123"}
    event = {"detail-type": "AWS API Call via CloudTrail", "detail": detail}
    assert is_about_tags(event)
    assert named_accounts(event) == {"222222222222"}


@pytest.mark.parametrize("event", [{}, {"detail": None}, {"detail": {"eventName": "MoveAccount"}}, {"detail": "text"}])
def test_other_events_are_not_about_tags(event: dict[str, Any]) -> None:
    assert not is_about_tags(event)
    assert named_accounts(event) == frozenset()
