from pathlib import Path
from typing import Any

import pytest

from generator.config import Config
from generator.problems import BadInputError, ProblemError
from generator.recovery import place
from generator.recovery.place import Place, hub_place, spoke_places

# The account of every session in the emulation.
EMULATED = "123456789012"


@pytest.fixture
def settings(config: Config, hub: Place) -> Config:
    """Settings whose hub is the emulated account."""
    return config.model_copy(update={"aws": config.aws.model_copy(update={"hub_account": EMULATED, "profile": ""})})


def test_credentials_of_another_account_are_named(config: Config, hub: Place, tmp_path: Path) -> None:
    plain = config.model_copy(update={"aws": config.aws.model_copy(update={"profile": ""})})
    with pytest.raises(ProblemError, match="the credentials are of account 123456789012, not of 111122223333; set aws"):
        hub_place(plain, tmp_path)


def test_without_a_hub_there_is_nothing_to_recover(settings: Config, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(place, "stack_status", lambda *_: None)
    with pytest.raises(ProblemError, match="there is no stack muster-hub; roll out with `muster deploy`"):
        hub_place(settings, tmp_path)
    monkeypatch.setattr(place, "stack_status", lambda *_: "CREATE_COMPLETE")
    assert hub_place(settings, tmp_path).region == settings.aws.home_region


def test_an_accounts_spokes_are_in_every_region_or_in_the_named_one(settings: Config, tmp_path: Path) -> None:
    found = spoke_places(settings, tmp_path, EMULATED, None, "")
    assert [one.region for one in found] == list(settings.regions)
    (one,) = spoke_places(settings, tmp_path, EMULATED, settings.regions[-1], "")
    assert one.region == settings.regions[-1]


@pytest.mark.parametrize(
    ("region", "profile", "said"),
    [
        ("mars-north-1", "", "--region: mars-north-1 has no spokes; give one of "),
        (None, "", "--profile: name a profile of account 444455556666 in your AWS configuration"),
        (None, "nobody", r"--profile: The config profile \(nobody\) could not be found; name a profile"),
    ],
)
def test_an_account_that_cannot_be_reached_names_the_option(
    settings: Config, tmp_path: Path, region: str | None, profile: str, said: str
) -> None:
    with pytest.raises(BadInputError, match=f"^{said}"):
        spoke_places(settings, tmp_path, "444455556666", region, profile)
