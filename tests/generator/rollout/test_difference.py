from typing import Any

from generator.rollout.difference import differences


def template(**resources: Any) -> dict[str, Any]:
    return {"Resources": {title: {"Type": "AWS::Test::One", "Properties": held} for title, held in resources.items()}}


def said(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    return [str(one) for one in differences(before, after)]


def test_equal_templates_differ_in_nothing() -> None:
    assert differences(template(A={"B": 1}), template(A={"B": 1})) == []


def test_new_and_lost_resources_are_named() -> None:
    assert said(template(Old={}), template(New={})) == ["+ New (AWS::Test::One)", "- Old (AWS::Test::One)"]


def test_a_changed_property_shows_both_values() -> None:
    assert said(template(A={"B": {"C": 1}, "D": 2}), template(A={"B": {"C": 3}, "D": 2})) == [
        "~ A (AWS::Test::One) B.C: 1 → 3"
    ]


def test_a_list_of_the_same_length_is_compared_entry_by_entry() -> None:
    assert said(template(A={"B": [{"C": 1}, 2]}), template(A={"B": [{"C": 3}, 2]})) == [
        "~ A (AWS::Test::One) B[0].C: 1 → 3"
    ]


def test_of_lists_of_other_lengths_only_what_one_of_them_lacks_is_shown() -> None:
    assert said(template(A={"B": [1, 2]}), template(A={"B": [1, 2, 3]})) == ["~ A (AWS::Test::One) B: nothing → [3]"]


def test_an_attribute_beside_the_properties_counts_too() -> None:
    before, after = template(A={}), template(A={})
    after["Resources"]["A"]["DeletionPolicy"] = "Retain"
    assert said(before, after) == ["~ A (AWS::Test::One) DeletionPolicy: nothing → Retain"]


def test_what_is_no_resource_is_named() -> None:
    assert said(template(), {**template(), "Outputs": {}}) == ["~ Outputs (template)"]


def test_long_values_are_cut_in_the_middle() -> None:
    (line,) = said(template(A={"B": "x" * 100 + "1"}), template(A={"B": "x" * 100 + "2"}))
    assert "…" in line
    assert line.endswith("2")
