from typing import Any

import pytest

from generator.matcher import PatternError, matches

ABSENT: dict[str, Any] = {"exists": False}
PRESENT: dict[str, Any] = {"exists": True}


@pytest.mark.parametrize(
    ("tests", "detail", "expected"),
    [
        (["a", "b"], {"name": "b"}, True),
        (["a"], {"name": "c"}, False),
        (["a"], {}, False),
        (["a"], {"name": ["c", "a"]}, True),
        ([None], {"name": None}, True),
        ([None], {}, False),
        ([True], {"name": True}, True),
        ([True], {"name": 1}, False),
        ([1], {"name": 1.0}, True),
        ([{"prefix": "Cre"}], {"name": "Create"}, True),
        ([{"prefix": "Cre"}], {"name": 5}, False),
        ([{"suffix": "ate"}], {"name": "Create"}, True),
        ([{"equals-ignore-case": "CREATE"}], {"name": "create"}, True),
        ([{"anything-but": "a"}], {"name": "b"}, True),
        ([{"anything-but": ["a", "b"]}], {"name": "b"}, False),
        ([{"anything-but": ["a"]}], {}, False),
        ([{"anything-but": {"prefix": "muster-"}}], {"name": "muster-x"}, False),
        ([{"anything-but": {"prefix": ["a", "b"]}}], {"name": "c"}, True),
        ([{"anything-but": {"suffix": "x"}}], {"name": "ax"}, False),
        ([PRESENT], {"name": None}, True),
        ([PRESENT], {}, False),
        ([ABSENT], {}, True),
        ([ABSENT], {"name": ""}, False),
        ([False, ABSENT], {"name": False}, True),
        ([{"anything-but": "a"}, ABSENT], {}, True),
    ],
)
def test_a_field_is_compared_as_eventbridge_compares_it(
    tests: list[Any], detail: dict[str, Any], *, expected: bool
) -> None:
    assert matches({"detail": {"name": tests}}, {"detail": detail}) is expected


def test_nested_fields_descend_into_objects_and_lists_of_objects() -> None:
    pattern = {"detail": {"user": {"type": ["Root"]}}}
    assert matches(pattern, {"detail": {"user": {"type": "Root"}}})
    assert matches(pattern, {"detail": {"user": [{"type": "Role"}, {"type": "Root"}]}})
    assert not matches(pattern, {"detail": {"user": "Root"}})
    assert not matches(pattern, {})


def test_an_absent_holder_has_absent_fields() -> None:
    assert matches({"detail": {"session": {"name": [ABSENT]}}}, {"detail": {}})


def test_one_branch_of_an_or_suffices() -> None:
    pattern = {"detail": {"$or": [{"a": [1]}, {"b": [2]}]}}
    assert matches(pattern, {"detail": {"b": 2}})
    assert not matches(pattern, {"detail": {"a": 2}})


@pytest.mark.parametrize(
    "tests",
    [
        [{"numeric": [">", 0]}],
        [{"cidr": "192.0.2.0/24"}],
        [{"prefix": 5}],
        [{"prefix": "a", "suffix": "b"}],
        [{"anything-but": {"wildcard": "*"}}],
        "text",
    ],
)
def test_what_muster_does_not_generate_is_an_error(tests: Any) -> None:
    with pytest.raises(PatternError):
        matches({"name": tests}, {"name": "a"})
