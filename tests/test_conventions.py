"""The conventions of the code that hold for every part; templates and packages have theirs in tests/generator."""

import ast
import ipaddress
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contract.settings import variable_names
from generator.functions import FUNCTIONS
from generator.matcher import matches
from generator.pattern import Rule, alert_rules, forwarded
from generator.snapshots import rendered, sample
from generator.third_party import ROOT
from hub.detections.catalogue import DETECTIONS
from hub.detections.detection import Detection

EVENTS = ROOT / "tests" / "events"
GOLDEN = sorted(EVENTS.glob("*/*.json"))
IDS = [one.id for one in DETECTIONS]
TEMPLATES = rendered(sample())

MAY_IMPORT = {
    "contract": ("contract",),
    "spoke": ("spoke", "contract"),
    "hub": ("hub", "contract"),
    "dashboard": ("dashboard", "contract", "hub.store"),
    "localorg": ("localorg",),
    "generator": ("generator", "contract", "spoke", "hub", "dashboard"),
}
DYNAMODB_CALLS = {
    *("batch_get_item", "batch_write_item", "delete_item", "get_item", "put_item"),
    *("query", "scan", "transact_get_items", "transact_write_items", "update_item"),
}

# Every statement on all resources has its reason: the action knows no resources, or conditions stand in for them.
ON_EVERYTHING = {
    "cloudtrail:DescribeTrails": "describes several trails",
    "cloudtrail:GetEventSelectors": "an organization's trail is in another account",
    "cloudtrail:GetTrailStatus": "an organization's trail is in another account",
    "dynamodb:ListStreams": "knows no resources",
    "events:ListRules": "knows no resources",
    "organizations:*": "list calls know no resources; the rest would name every account and unit",
    "tag:GetResources": "knows no resources",
    "tag:TagResources": "knows no resources; the services' own actions are limited by conditions",
    "xray:PutTelemetryRecords": "knows no resources",
    "xray:PutTraceSegments": "knows no resources",
}

DOCUMENTATION_ACCOUNTS = {
    *("111111111111", "111122223333", "123456789012", "210987654321", "222222222222", "222233334444"),
    *("333333333333", "333344445555", "444444444444", "444455556666", "555555555555", "555566667777"),
    *("666666666666", "666677778888", "777777777777", "777788889999", "888888888888", "888899990000"),
    *("999999999999", "999900001111", "000000000000", "012345678901", "987654321098"),
}
# RFC 5737, RFC 3849; the whole internet and private networks as CIDR blocks are what detections are about.
DOCUMENTATION_NETWORKS = [
    ipaddress.ip_network(one) for one in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
]


def python_files(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def resources(kind: str) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{name}.{title}", one["Properties"])
        for name, template in TEMPLATES.items()
        for title, one in template["Resources"].items()
        if one["Type"] == kind
    ]


def statements() -> Iterator[tuple[str, dict[str, Any]]]:
    for title, role in resources("AWS::IAM::Role"):
        for policy in role["Policies"]:
            yield from ((title, one) for one in policy["PolicyDocument"]["Statement"])


def texts(value: Any) -> Iterator[str]:
    """Yield every text of a JSON value, keys and numbers too."""
    if isinstance(value, dict):
        for key, held in value.items():
            yield key
            yield from texts(held)
    elif isinstance(value, list):
        for held in value:
            yield from texts(held)
    else:
        yield str(value)


@pytest.fixture(scope="module")
def rules() -> list[Rule]:
    return alert_rules(DETECTIONS)


# 1


def test_detection_ids_are_unique() -> None:
    assert len(IDS) == len(set(IDS))


@pytest.mark.parametrize("detection", DETECTIONS, ids=IDS)
def test_a_detection_is_named_as_its_module_and_function(detection: Detection) -> None:
    service, _, name = detection.id.partition(".")
    assert name == detection.predicate.__name__
    modules = detection.predicate.__module__.removeprefix("hub.detections.").split(".")
    assert service in {one.removesuffix("_") for one in modules}


@pytest.mark.parametrize("detection", DETECTIONS, ids=IDS)
def test_a_detection_says_its_false_positives_and_the_response(detection: Detection) -> None:
    assert "False positives: " in detection.doc
    assert "Response: " in detection.doc


@pytest.mark.parametrize("detection", DETECTIONS, ids=IDS)
def test_a_detection_has_golden_events_that_fire_and_that_stay_quiet(detection: Detection) -> None:
    assert list((EVENTS / detection.id).glob("fires-*.json"))
    assert list((EVENTS / detection.id).glob("quiet-*.json"))


def test_golden_events_belong_to_a_detection_and_say_what_they_show() -> None:
    assert {path.parent.name for path in GOLDEN} <= set(IDS)
    assert [path.name for path in GOLDEN if not path.name.startswith(("fires-", "quiet-"))] == []


# 2


def test_every_event_that_fires_is_forwarded(rules: list[Rule]) -> None:
    fires = [path for path in GOLDEN if path.name.startswith("fires-")]
    lost = [str(path.relative_to(EVENTS)) for path in fires if not forwarded(rules, json.loads(path.read_bytes()))]
    assert lost == []


def test_what_is_forwarded_reaches_the_detector() -> None:
    (pattern,) = [rule["EventPattern"] for title, rule in resources("AWS::Events::Rule") if title == "hub.DetectorRule"]
    assert [str(path) for path in GOLDEN if not matches(pattern, json.loads(path.read_bytes()))] == []


# 3


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_imports_point_inward(package: str) -> None:
    allowed = MAY_IMPORT[package]
    wrong = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in python_files(package)
        for name in sorted(imported(path))
        if name.partition(".")[0] in MAY_IMPORT and not any(f"{name}.".startswith(f"{one}.") for one in allowed)
    ]
    assert wrong == []


def test_only_the_store_talks_to_dynamodb() -> None:
    talking = {
        f"{path.relative_to(ROOT)}: {node.func.attr}"
        for path in python_files("contract", "spoke", "hub", "dashboard")
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in DYNAMODB_CALLS
    }
    assert [one for one in sorted(talking) if not one.startswith("hub/store/")] == []


# 5


@pytest.mark.parametrize("what", FUNCTIONS, ids=lambda what: what.name)
def test_a_functions_environment_is_its_settings_model(what: Any) -> None:
    template = "spoke" if what.in_spokes else "hub"
    (found,) = [one for title, one in resources("AWS::Lambda::Function") if title == f"{template}.{what.title}"]
    assert found["Environment"]["Variables"].keys() == variable_names(what.settings).keys()
    assert found["Handler"] == what.handler


# 7


def test_no_statement_allows_every_action() -> None:
    assert [title for title, one in statements() if "*" in one["Action"]] == []


def test_statements_on_all_resources_have_a_reason_or_a_condition() -> None:
    open_ended = [(title, one) for title, one in statements() if "*" in one["Resource"] and "Condition" not in one]
    known = {action for action in ON_EVERYTHING if not action.endswith("*")}
    unknown = {
        f"{title}: {action}"
        for title, one in open_ended
        for action in one["Action"]
        if action not in known and f"{action.partition(':')[0]}:*" not in ON_EVERYTHING
    }
    assert unknown == set()


def test_the_hub_only_reads_the_organization() -> None:
    hub = [one for title, one in statements() if title.startswith("hub.")]
    actions = {action for one in hub for action in one["Action"] if action.startswith("organizations:")}
    assert actions
    assert all(action.startswith(("organizations:Describe", "organizations:List")) for action in actions)


# 9


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_golden_events_hold_documentation_accounts_and_addresses_only(path: Path) -> None:
    found = list(texts(json.loads(path.read_bytes())))
    accounts = {one for text in found for one in re.findall(r"(?<![\w.-])\d{12}(?![\w.-])", text)}
    assert accounts <= DOCUMENTATION_ACCOUNTS
    assert [text for text in found if not _is_documentation(text)] == []


def _is_documentation(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return True
    return address.is_private or any(address in one for one in DOCUMENTATION_NETWORKS if one.version == address.version)


# 10


def test_role_names_fit_with_the_longest_region() -> None:
    names = [role["RoleName"]["Fn::Sub"] for _, role in resources("AWS::IAM::Role")]
    # The longest prefix that the settings take, and the longest Region's name.
    longest = [name.replace("muster", "x" * 20).replace("${AWS::Region}", "ap-southeast-1") for name in names]
    assert [name for name in longest if len(name) > 64] == []


def test_inline_policies_fit_with_room() -> None:
    for title, role in resources("AWS::IAM::Role"):
        size = sum(len(json.dumps(one["PolicyDocument"], separators=(",", ":"))) for one in role["Policies"])
        # Quota: 10,240 characters in all per role; references grow when they are resolved.
        assert size <= 9_700, title


def test_patterns_and_rule_names_fit() -> None:
    rules = [one for title, one in resources("AWS::Events::Rule") if title.startswith("spoke.")]
    assert len(rules) <= 26
    for rule in rules:
        assert len(json.dumps(rule.get("EventPattern", {}), separators=(",", ":"))) <= 2_048
        assert len(rule["Name"].replace("muster", "x" * 20)) <= 64


def test_environments_fit() -> None:
    for title, one in resources("AWS::Lambda::Function"):
        assert len(json.dumps(one["Environment"]["Variables"])) <= 3_072, title


def test_the_hubs_template_fits_into_a_request_or_is_uploaded() -> None:
    for name, template in TEMPLATES.items():
        size = len(json.dumps(template, separators=(",", ":")))
        assert size <= (51_200 if name == "spoke" else 460_800), name
        assert len(template["Resources"]) <= 500
