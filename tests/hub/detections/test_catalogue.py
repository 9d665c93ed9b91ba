"""The catalogue holds every detection that is written, and each keeps the house's form."""

import importlib
import pkgutil
import re

import pytest

import hub.detections
from hub.detections.anchors import Anchors
from hub.detections.catalogue import DETECTIONS
from hub.detections.cis import VERSIONS, cis_numbers
from hub.detections.detection import Detection

EVERY = pytest.mark.parametrize("one", DETECTIONS, ids=lambda one: one.id)


def _written() -> set[str]:
    names = [info.name for info in pkgutil.walk_packages(hub.detections.__path__, "hub.detections.")]
    modules = [importlib.import_module(name) for name in names if not name.endswith(".catalogue")]
    return {one.id for module in modules for one in vars(module).values() if isinstance(one, Detection)}


def test_every_detection_that_is_written_is_listed() -> None:
    assert _written() == {one.id for one in DETECTIONS}


def test_no_id_is_listed_twice() -> None:
    assert len({one.id for one in DETECTIONS}) == len(DETECTIONS)


@EVERY
def test_the_id_is_the_services_module_and_the_functions_name(one: Detection) -> None:
    service = one.predicate.__module__.split(".")[2].removesuffix("_")
    assert one.id == f"{service}.{one.predicate.__name__}"


@EVERY
def test_every_detection_says_what_it_means_and_what_to_do(one: Detection) -> None:
    assert "False positives: " in one.doc
    assert "Response: " in one.doc
    assert re.fullmatch(r"T\d{4}(\.\d{3})?", one.attack)
    assert not one.cis or cis_numbers(one.cis)


@EVERY
def test_every_api_call_names_a_source_and_a_name(one: Detection) -> None:
    for call in one.api_calls:
        assert re.fullmatch(r"[a-z0-9-]+\.amazonaws\.com:([A-Za-z0-9]+|\*)|\*:\*", call), call


@EVERY
def test_a_detection_for_every_call_is_found_by_a_field_of_the_record(one: Detection) -> None:
    if "*:*" in one.api_calls:
        Anchors().add(one)


@pytest.mark.parametrize(
    ("version", "number"), [("1.4", "4.10"), ("3.0", "4.10"), ("5.0", "4.10"), ("6.0", "5.10"), ("7.0", "5.10")]
)
def test_a_control_has_its_number_in_each_version(version: str, number: str) -> None:
    assert cis_numbers("monitoring.security_group_changes")[version] == number


def test_a_version_without_a_control_has_no_number_for_it() -> None:
    assert set(cis_numbers("monitoring.security_hub")) == set(VERSIONS) - {"1.4"}
    assert cis_numbers("") == {}
