"""Muster rolled out, and left as it was found."""

from collections.abc import Callable, Iterator

import pytest

from tests.rollout.deployed import Rollout


@pytest.fixture
def unit(rollout: Rollout) -> Callable[[str], str]:
    """Return the id of an organizational unit by its path."""
    ous: dict[str, str] = rollout.organization.get("/_localorg/health")["organization"]["ous"]
    return lambda path: ous[f"Root/{path}"]


@pytest.fixture
def as_before(rollout: Rollout) -> Iterator[None]:
    """Leave the settings as the test found them, rolled out."""
    before = rollout.config
    yield
    if rollout.config is not before:
        rollout.config = before
        assert not [one for one in rollout.deploy() if one.is_failure]
