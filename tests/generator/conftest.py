from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from generator.config import Config
from generator.functions import FUNCTIONS
from generator.package import Package, Packer, Target
from generator.snapshots import rendered, sample
from generator.third_party import ROOT


@pytest.fixture(scope="session")
def config() -> Config:
    return sample()


@pytest.fixture(scope="session")
def templates(config: Config) -> dict[str, Any]:
    return rendered(config)


@pytest.fixture(scope="session")
def cache() -> Path:
    return ROOT / "build" / "cache"


@pytest.fixture(scope="session")
def packages(config: Config, cache: Path) -> dict[str, Package]:
    packer = Packer(config, Target.HOST, cache, python=None, bytecode=True)
    return {what.name: packer.package(what, {}) for what in FUNCTIONS}


@pytest.fixture(scope="session")
def of_type(templates: Mapping[str, Any]) -> Callable[[str, str], dict[str, Any]]:
    """Return the properties of a template's resources of a type, by logical id."""

    def found(template: str, kind: str) -> dict[str, Any]:
        resources = templates[template]["Resources"]
        return {title: one["Properties"] for title, one in resources.items() if one["Type"] == kind}

    return found
