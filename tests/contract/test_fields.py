"""Reading records whose keys' case and list shapes vary."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.fields import Fields, as_text, members, normalized


@pytest.mark.parametrize("key", ["aWSAccountIds", "AWSAccountIds", "awsAccountIds", "aws-account-ids"])
def test_keys_meet_whatever_their_case_and_punctuation(key: str) -> None:
    assert normalized(key) == "awsaccountids"
    assert Fields({key: ["111122223333"]}).texts("awsAccountIds") == ["111122223333"]


@pytest.mark.parametrize(
    "written",
    [
        ["fl-1", "fl-2"],
        {"items": ["fl-1", "fl-2"]},
        {"item": ["fl-1", "fl-2"]},
        [{"tag": 1, "content": "fl-1"}, {"tag": 2, "content": "fl-2"}],
        {"items": [{"tag": 1, "content": "fl-1"}, {"tag": 2, "content": "fl-2"}]},
    ],
)
def test_a_list_is_the_same_list_in_every_shape(written: Any) -> None:
    assert members(written) == ["fl-1", "fl-2"]


@pytest.mark.parametrize("written", [None, {}, [], {"items": []}, {"items": None}])
def test_nothing_holds_nothing(written: Any) -> None:
    assert members(written) == []


@pytest.mark.parametrize("written", ["fl-1", {"item": "fl-1"}, {"tag": 1, "content": "fl-1"}, ["fl-1"]])
def test_one_member_needs_no_list(written: Any) -> None:
    assert members(written) == ["fl-1"]


@pytest.mark.parametrize(
    "permissions",
    [
        {"items": [{"ipRanges": {"items": [{"cidrIp": "0.0.0.0/0"}]}}]},
        [{"IpRanges": [{"CidrIp": "0.0.0.0/0"}]}],
        {"item": {"ipRanges": {"item": {"cidrIp": "0.0.0.0/0"}}}},
    ],
)
def test_a_path_walks_through_every_shape_of_list(permissions: Any) -> None:
    fields = Fields({"ipPermissions": permissions})
    assert fields.texts("ipPermissions.items[].ipRanges.items[].cidrIp") == ["0.0.0.0/0"]
    assert fields.texts("ipPermissions.ipRanges.cidrIp") == ["0.0.0.0/0"]


def test_an_empty_twin_of_a_key_does_not_hide_it() -> None:
    fields = Fields({"ownershipControls": "", "OwnershipControls": {"Rule": {"ObjectOwnership": "ObjectWriter"}}})
    assert fields.text("OwnershipControls.Rule.ObjectOwnership") == "ObjectWriter"


def test_a_number_or_a_truth_reads_as_text() -> None:
    fields = Fields({"account": 111122223333, "enabled": True, "off": "False"})
    assert fields.text("account") == "111122223333"
    assert fields.is_true("enabled")
    assert fields.is_false("off")


def test_an_absent_flag_is_neither_true_nor_false() -> None:
    assert not Fields({}).is_true("enabled")
    assert not Fields({}).is_false("enabled")


def test_a_hidden_value_is_present() -> None:
    assert "masterUserPassword" in Fields({"masterUserPassword": "HIDDEN_DUE_TO_SECURITY_REASONS"})
    assert "masterUserPassword" not in Fields({"masterUserPassword": None})


@pytest.mark.parametrize("raw", [None, 1, "text", [1, 2], [[]], float("nan")])
def test_what_is_no_object_has_no_fields(raw: Any) -> None:
    assert Fields(raw).texts("a.b") == []
    assert Fields(raw).objects("a") == []


def test_text_that_cannot_be_encoded_is_made_so() -> None:
    assert as_text("a\ud800").encode() == b"a?"
    assert as_text(10**5000).startswith("0x")


KEYS = st.sampled_from(["userName", "UserName", "user_name", "items", "tag", "content", "other"])
VALUES = st.recursive(
    st.none() | st.text(max_size=2) | st.integers(0, 9),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)


@given(
    raw=st.dictionaries(KEYS, VALUES, max_size=4), steps=st.lists(st.sampled_from(["userName", "other"]), min_size=1)
)
def test_a_look_at_the_keys_tells_what_a_walk_would(raw: dict[str, Any], steps: list[str]) -> None:
    """A path below a field that is there is walked; so the same record under such a field is the slow way."""
    path = ".".join(steps)
    assert Fields(raw).all(path) == Fields({"below": raw}).all(f"below.{path}")


def test_a_path_of_wrappers_alone_is_the_whole() -> None:
    assert Fields({"a": "b"}).get("items[]") == {"a": "b"}
