"""One demo for all tests here."""

from collections.abc import Iterator
from typing import Any

import pytest

from generator.config import load
from tests.demo import Demo, running_demo


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with running_demo(tmp_path_factory.mktemp("demo")) as running:
        yield running


@pytest.fixture
def config(demo: Demo) -> Any:
    return load(demo.organization.config)
