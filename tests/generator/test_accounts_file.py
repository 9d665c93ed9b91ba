import json
from pathlib import Path
from typing import Any

import pytest

from generator.accounts_file import read_accounts
from generator.problems import BadInputError

LISTED = {"Id": "111122223333", "Arn": "arn:aws:…", "Email": "a@example.com", "Name": "hub", "Status": "ACTIVE"}


def read(folder: Path, value: Any) -> Any:
    file = folder / "accounts.json"
    file.write_text(value if isinstance(value, str) else json.dumps(value))
    return read_accounts(file)


def test_what_the_aws_command_prints_is_read(tmp_path: Path) -> None:
    more = {"OuPath": "Root/Workloads", "Tags": [{"Key": "owner", "Value": "x"}]}
    hub, member = read(tmp_path, {"Accounts": [LISTED, {**LISTED, "Id": "444455556666", **more}]})
    assert (hub.id, hub.name, hub.ou_path, hub.tags) == ("111122223333", "hub", "", {})
    assert (member.id, member.ou_path, member.tags) == ("444455556666", "Root/Workloads", {"owner": "x"})


def test_the_hubs_own_form_is_read_without_the_accounts_that_left(tmp_path: Path) -> None:
    kept = {"id": "111122223333", "name": "hub", "ou_ids": ["r-exam"], "tags": {"owner": "x"}, "is_management": True}
    (one,) = read(tmp_path, [kept, {**kept, "id": "444455556666", "status": "REMOVED"}])
    assert (one.id, one.ou_ids, one.tags) == ("111122223333", ("r-exam",), {"owner": "x"})


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("{", "is not JSON"),
        ({"Account": []}, "Accounts: Field required"),
        ({"Accounts": []}, "at least 1 item"),
        ({"Accounts": [LISTED, {"Id": 5}]}, "Accounts.1.Id: Input should be a valid string"),
        ({"Accounts": [{"Id": "1"}]}, "Accounts.0.Id: String should match pattern"),
        ({"Accounts": [{**LISTED, "Tags": [{"Key": "owner"}]}]}, "Accounts.0.Tags: "),
        ({"Accounts": [{**LISTED, "Tags": [1]}]}, "Accounts.0.Tags: "),
        ("7", "the document: Input should be"),
    ],
)
def test_a_bad_file_is_named_with_the_field_and_the_mend(tmp_path: Path, value: Any, told: str) -> None:
    with pytest.raises(BadInputError) as refused:
        read(tmp_path, value)
    said = str(refused.value)
    assert said.startswith(f"--org: {tmp_path / 'accounts.json'}")
    assert told in said
    assert said.endswith("OuPath and Tags may be added")
    assert "\n" not in said
