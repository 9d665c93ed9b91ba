"""A detection in a few words."""

from dashboard.descriptions import title


def test_an_attempts_title_is_the_deeds_with_one_word_before_it() -> None:
    assert title("cloudtrail.logging_stopped.attempted") == f"Tried and refused: {title('cloudtrail.logging_stopped')}"


def test_another_products_control_goes_by_its_id() -> None:
    assert title("EC2.19") == "EC2.19"
