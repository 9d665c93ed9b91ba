import json
from typing import Any

import pytest
from botocore.exceptions import ClientError, WaiterError

from generator.config import Config
from generator.rollout.step import RolloutError
from generator.rollout.takeover import take_over
from tests.generator.rollout.conftest import Pages

KEY = "arn:aws:kms:eu-central-1:111122223333:key/11111111-2222-3333-4444-555555555555"
KINDS = {"DataKey": "AWS::KMS::Key", "FindingsTable": "AWS::DynamoDB::Table", "StateTable": "AWS::DynamoDB::Table"}
TEMPLATE = json.dumps(
    {"Description": "the hub", "Resources": {title: {"Type": kind} for title, kind in {**KINDS, "Bus": "bus"}.items()}}
)
BOTH = {"muster-findings": KEY, "muster-state": KEY}


class Session:
    """The hub's stack and the tables that are there, each with its key."""

    def __init__(self, tables: dict[str, str], status: str = "", ending: str = "IMPORT_COMPLETE") -> None:
        self.tables, self.status, self.ending = tables, status, ending
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def client(self, _service: str) -> Any:
        return self

    def describe_stacks(self, **_: Any) -> dict[str, Any]:
        if not self.status:
            raise ClientError({"Error": {"Code": "ValidationError", "Message": "does not exist"}}, "DescribeStacks")
        return {"Stacks": [{"StackStatus": self.status}]}

    def describe_table(self, TableName: str) -> dict[str, Any]:  # noqa: N803 - as boto3 spells it
        if TableName not in self.tables:
            raise ClientError({"Error": {"Code": "ResourceNotFoundException", "Message": ""}}, "DescribeTable")
        return {"Table": {"SSEDescription": {"KMSMasterKeyArn": self.tables[TableName]}}}

    def create_change_set(self, **given: Any) -> None:
        self.calls.append(("create_change_set", given))

    def execute_change_set(self, **given: Any) -> None:
        self.calls.append(("execute_change_set", given))
        self.status = self.ending

    def delete_stack(self, **given: Any) -> None:
        self.calls.append(("delete_stack", given))
        self.status = ""

    def get_waiter(self, name: str) -> Any:
        return Waiter(name, fails=name == "stack_import_complete" and self.status != "IMPORT_COMPLETE")

    def get_paginator(self, _name: str) -> Pages:
        event = {"LogicalResourceId": "StateTable", "ResourceStatus": "IMPORT_FAILED", "ResourceStatusReason": "busy"}
        return Pages([{"StackEvents": [event]}])


class Waiter:
    """Ends at once."""

    def __init__(self, name: str, *, fails: bool) -> None:
        self.name, self.fails = name, fails

    def wait(self, **_: Any) -> None:
        if self.fails:
            raise WaiterError(self.name, "terminal failure", {})


def test_without_kept_tables_the_hub_is_made_as_ever(config: Config) -> None:
    session: Any = Session({})
    assert take_over(config, TEMPLATE, session) is None
    assert session.calls == []


def test_a_hub_that_is_there_takes_nothing_over(config: Config) -> None:
    session: Any = Session(BOTH, status="UPDATE_COMPLETE")
    assert take_over(config, TEMPLATE, session) is None
    assert session.calls == []


def test_kept_tables_and_their_key_are_imported_and_nothing_else(config: Config) -> None:
    session: Any = Session(BOTH)
    step = take_over(config, TEMPLATE, session)
    assert step is not None
    assert step.detail == "around what was kept: DataKey, FindingsTable, StateTable"
    (_, asked), (name, _) = session.calls
    assert (asked["ChangeSetType"], name) == ("IMPORT", "execute_change_set")
    assert json.loads(asked["TemplateBody"])["Resources"].keys() == KINDS.keys()
    identifiers = {one["LogicalResourceId"]: one["ResourceIdentifier"] for one in asked["ResourcesToImport"]}
    assert identifiers == {
        "DataKey": {"KeyId": KEY.rpartition("/")[2]},
        "FindingsTable": {"TableName": "muster-findings"},
        "StateTable": {"TableName": "muster-state"},
    }


def test_what_a_failed_creation_left_goes_first(config: Config) -> None:
    session: Any = Session(BOTH, status="ROLLBACK_COMPLETE")
    assert take_over(config, TEMPLATE, session)
    assert [name for name, _ in session.calls] == ["delete_stack", "create_change_set", "execute_change_set"]


def test_a_table_that_a_failed_creation_left_is_taken_over_alone(config: Config) -> None:
    session: Any = Session({"muster-state": KEY})
    step = take_over(config, TEMPLATE, session)
    assert step is not None
    assert step.detail == "around what was kept: DataKey, StateTable"


def test_tables_with_different_keys_are_named(config: Config) -> None:
    session: Any = Session({**BOTH, "muster-state": KEY.replace("1111", "9999")})
    with pytest.raises(RolloutError, match="muster-findings and muster-state: no tables of one earlier installation"):
        take_over(config, TEMPLATE, session)


def test_an_import_that_is_taken_back_is_an_error_with_its_reason(config: Config) -> None:
    session: Any = Session(BOTH, ending="ROLLBACK_COMPLETE")
    with pytest.raises(RolloutError, match="could not be taken over: StateTable: busy"):
        take_over(config, TEMPLATE, session)
