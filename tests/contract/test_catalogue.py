"""The catalogue in words."""

import pytest

from contract.catalogue import describe


def test_a_detection_is_described_by_its_id() -> None:
    text = describe("cloudtrail.logging_stopped")
    assert text
    assert text.what.startswith("A trail was switched off")
    assert text.false_positives
    assert text.response
    assert text.attack == "T1562.008"
    assert text.cis == {"1.4": "4.5", "3.0": "4.5", "5.0": "4.5", "6.0": "5.5", "7.0": "5.5"}


def test_an_attempt_is_described_as_refused() -> None:
    attempt, deed = describe("cloudtrail.logging_stopped.attempted"), describe("cloudtrail.logging_stopped")
    assert attempt
    assert deed
    assert attempt.what.startswith("Somebody tried this and was refused; nothing changed.")
    assert attempt.what.endswith(deed.what)
    assert attempt.response != deed.response
    assert attempt.title == deed.title


@pytest.mark.parametrize("own", ["muster.unknown_account", "muster.detection_failed"])
def test_musters_own_findings_are_described_too(own: str) -> None:
    text = describe(own)
    assert text
    assert text.what
    assert text.false_positives
    assert text.response


def test_what_is_not_in_the_catalogue_has_no_description() -> None:
    assert describe("muster.unheard_of") is None
