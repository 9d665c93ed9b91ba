"""The conventions of detections, events and imports: 1, 2, 3 and 9 of those that every part keeps.

5, 7 and 10 are in `test_template_conventions.py`; packages that import alone (4), snapshots (6) and generated pages (8)
in `tests/generator`.
"""

import ast
import ipaddress
import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from generator.functions import CREATOR_TAGGER, DETECTOR, FUNCTIONS, Function
from generator.imports import closure
from generator.matcher import matches
from generator.native_rules import native_rules
from generator.pattern import Rule, alert_rules, forwarded
from generator.settings.feeds import Feeds
from generator.snapshots import rendered, sample
from generator.third_party import ROOT
from hub.detections.catalogue import DETECTIONS
from hub.detections.detection import Detection
from hub.detections.native.catalogue import FEEDS
from hub.detections.native.feed import Feed
from tests.golden import EVENTS, events_of
from tests.golden import FILES as GOLDEN

RECORDED = sorted((ROOT / "localorg" / "events").glob("*.json"))
PUBLISHED = sorted((ROOT / "tests" / "hub" / "previous_versions").glob("*/*.json"))
DESCRIBED: tuple[Detection | Feed, ...] = (*DETECTIONS, *FEEDS)
IDS = [one.id for one in DESCRIBED]

MAY_IMPORT = {
    "contract": ("contract",),
    "spoke": ("spoke", "contract"),
    "hub": ("hub", "contract"),
    "dashboard": ("dashboard", "contract", "hub.store"),
    "localorg": ("localorg",),
    "generator": ("generator", "contract", "spoke", "hub", "dashboard"),
}
# Their cold start is budgeted: what costs most of it stays out (docs/adr/0007).
HOT = (DETECTOR, CREATOR_TAGGER)
TOO_SLOW = {"aws_xray_sdk", "boto3", "pydantic", "pydantic_settings"}
TOO_SLOW_PARTS = ("aws_lambda_powertools.tracing", "aws_lambda_powertools.utilities.parser")
DYNAMODB_CALLS = {
    *("batch_get_item", "batch_write_item", "delete_item", "get_item", "put_item"),
    *("query", "scan", "transact_get_items", "transact_write_items", "update_item"),
}

DOCUMENTATION_ACCOUNTS = {
    *("111111111111", "111122223333", "123456789012", "210987654321", "222222222222", "222233334444"),
    *("333333333333", "333344445555", "444444444444", "444455556666", "555555555555", "555566667777"),
    *("666666666666", "666677778888", "777777777777", "777788889999", "888888888888", "888899990000"),
    *("999999999999", "999900001111", "000000000000", "012345678901", "987654321098"),
}
# 0.0.0.0/0, and its halves that say the same in two rules.
_EVERYWHERE = 1
_ACCOUNT = re.compile(r"(?<![\w.-])\d{12}(?![\w.-])")
# Not a version such as Chrome/120.0.0.0.
_ADDRESS = re.compile(r"(?<![\w./:-])\d{1,3}(?:\.\d{1,3}){3}(?:/\d+)?(?![\w.])")


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


def labelled(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.fixture(scope="module")
def rules() -> list[Rule]:
    return [*alert_rules(DETECTIONS), *native_rules(FEEDS)]


# 1


def test_detection_ids_are_unique() -> None:
    twice = sorted({one for one in IDS if IDS.count(one) > 1})
    assert twice == [], "two detections in hub/detections have the same id: rename a function"


def test_every_module_of_detections_is_in_the_catalogue() -> None:
    written = {
        f"{path.relative_to(ROOT).with_suffix('')}".replace("/", ".")
        for path in python_files("hub/detections")
        if "@detection(" in path.read_text(encoding="utf-8")
    }
    listed = {one.predicate.__module__ for one in DETECTIONS}
    assert written - listed == set(), "list its detections in hub/detections/catalogue.py"


def test_every_module_of_feeds_is_in_the_catalogue() -> None:
    written = {path.stem for path in python_files("hub/detections/native") if "@feed(" in path.read_text("utf-8")}
    listed = {one.read.__module__.rpartition(".")[2] for one in FEEDS}
    assert written == listed, "list its feeds in hub/detections/native/catalogue.py"


def test_a_feed_is_named_as_its_function_and_as_its_setting() -> None:
    names = [one.name for one in FEEDS]
    assert names == [one.read.__name__ for one in FEEDS]
    switches = Feeds.model_fields.keys() - {"security_hub", "security_hub_format"}
    assert set(names) == switches, "give it a switch in generator/settings/feeds.py"


@pytest.mark.parametrize("detection", DETECTIONS, ids=lambda one: one.id)
def test_a_detection_is_named_as_its_module_and_function(detection: Detection) -> None:
    service, _, name = detection.id.partition(".")
    assert name == detection.predicate.__name__, "the id is service.function"
    modules = detection.predicate.__module__.removeprefix("hub.detections.").split(".")
    assert service in {one.removesuffix("_") for one in modules}, f"move it to hub/detections/{service}.py"


@pytest.mark.parametrize("detection", DESCRIBED, ids=IDS)
def test_a_detection_says_its_false_positives_and_the_response(detection: Detection | Feed) -> None:
    for part in ("False positives: ", "Response: "):
        assert part in detection.doc, f'{detection.id}: the docstring needs "{part}…"'


@pytest.mark.parametrize("detection", DESCRIBED, ids=IDS)
def test_a_detection_has_golden_events_that_fire_and_that_stay_quiet(detection: Detection | Feed) -> None:
    for kind in ("fires", "quiet"):
        assert list((EVENTS / detection.id).glob(f"{kind}-*.json")), (
            f"add tests/events/{detection.id}/{kind}-<how>.json"
        )


def test_golden_events_belong_to_a_detection_and_say_what_they_show() -> None:
    strays = sorted({path.parent.name for path in GOLDEN} - set(IDS))
    assert strays == [], "folders in tests/events are named as a detection's id"
    unclear = [labelled(path) for path in GOLDEN if not path.name.startswith(("fires-", "quiet-"))]
    assert unclear == [], "golden events are named fires-<how>.json or quiet-<how>.json"


# 2


def test_every_event_that_fires_is_forwarded(rules: list[Rule]) -> None:
    fires = [path for path in GOLDEN if path.name.startswith("fires-")]
    lost = [labelled(path) for path in fires if not all(forwarded(rules, event) for event in events_of(path))]
    assert lost == [], "no spoke forwards them: mend api_calls or only of the detection, or the event"


def test_what_is_forwarded_reaches_the_detector() -> None:
    pattern = rendered(sample())["hub"]["Resources"]["DetectorRule"]["Properties"]["EventPattern"]
    lost = [labelled(path) for path in GOLDEN if not all(matches(pattern, event) for event in events_of(path))]
    assert lost == [], "the hub's rule in generator/parts/detecting.py leaves them out"


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
    assert wrong == [], f"{package} may import {', '.join(allowed)}; what parts share lives in contract"


def test_only_the_store_talks_to_dynamodb() -> None:
    talking = {
        f"{path.relative_to(ROOT)}: {node.func.attr}"
        for path in python_files("contract", "spoke", "hub", "dashboard", "generator")
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _calls(node) & DYNAMODB_CALLS
    }
    outside = [one for one in sorted(talking) if not one.startswith("hub/store/")]
    assert outside == [], "DynamoDB is hub/store's: give the store a method"


def _calls(node: ast.Call) -> set[str]:
    """Return a method's name and, of a paginator or waiter, the call that it repeats."""
    method = getattr(node.func, "attr", "")
    named = node.args if method in {"get_paginator", "get_waiter"} else []
    return {method, *(str(one.value) for one in named if isinstance(one, ast.Constant))}


def test_a_paginator_is_a_call_too() -> None:
    (paging,) = [node for node in ast.walk(ast.parse('client.get_paginator("query")')) if isinstance(node, ast.Call)]
    assert _calls(paging) & DYNAMODB_CALLS == {"query"}


def test_nothing_is_logged_under_a_name_that_a_log_record_has_itself() -> None:
    own = {*logging.makeLogRecord({}).__dict__, "message", "asctime"}
    wrong = [
        f"{labelled(path)}:{node.lineno}: {field.arg}"
        for path in python_files("contract", "spoke", "hub")
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[0].endswith("logger")
        for field in node.keywords
        if field.arg in own - {"exc_info", "stack_info"}
    ]
    assert wrong == [], "logging raises KeyError for it: take another name"


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_every_module_says_what_it_is_for(package: str) -> None:
    silent = [labelled(path) for path in python_files(package) if not ast.get_docstring(ast.parse(path.read_bytes()))]
    assert silent == [], "begin it with a docstring of one line"


@pytest.mark.parametrize("what", HOT, ids=lambda what: what.name)
def test_hot_functions_import_nothing_slow(what: Function) -> None:
    needed = closure(ROOT, what.module)
    assert needed.others & TOO_SLOW == set(), f"{what.module} starts too slowly with them"
    parts = [
        f"{file}: {name}" for file in needed.files for name in imported(ROOT / file) if name.startswith(TOO_SLOW_PARTS)
    ]
    assert parts == [], f"{what.module} starts too slowly with them"


# 4


@pytest.mark.parametrize("what", FUNCTIONS, ids=lambda what: what.name)
def test_a_functions_modules_are_those_of_its_side(what: Function) -> None:
    side = "spoke/" if what.in_spokes else "hub/"
    strays = [file for file in closure(ROOT, what.module).files if not file.startswith((side, "contract/"))]
    assert strays == [], f"the zip of {what.name} must not carry them"


# 9


@pytest.mark.parametrize("path", [*GOLDEN, *RECORDED, *PUBLISHED], ids=labelled)
def test_events_hold_documentation_accounts_and_addresses_only(path: Path) -> None:
    found = list(texts(json.loads(path.read_bytes())))
    accounts = {one for text in found for one in _ACCOUNT.findall(text)}
    assert accounts <= DOCUMENTATION_ACCOUNTS, "take an account id of AWS's documentation, such as 111122223333"
    addresses = {one for text in found for one in (*_ADDRESS.findall(text), text)}
    real = sorted(one for one in addresses if not _is_documentation(one))
    assert real == [], "take addresses of 192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24 or 2001:db8::/32"


def _is_documentation(text: str) -> bool:
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return True
    # Also those of RFC 5737 and RFC 3849 are private; the whole internet is what detections are about.
    return network.is_private or network.prefixlen <= _EVERYWHERE
