import pytest

from contract.links import event_address, finding_address, resource_address

ARN = "arn:aws:iam::111122223333:user/alice"


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("eu-west-1", "console.aws.amazon.com"),
        ("", "console.aws.amazon.com"),
        ("us-gov-west-1", "console.amazonaws-us-gov.com"),
        ("cn-north-1", "console.amazonaws.cn"),
    ],
)
def test_the_console_is_that_of_the_regions_partition(region: str, host: str) -> None:
    assert resource_address(ARN, region).startswith(f"https://{host}/go/view?arn=arn%3A")
    assert not region or event_address("e1", region).startswith(f"https://{region}.{host}/cloudtrailv2/")


@pytest.mark.parametrize("text", ["", "i-0123456789", "arn:aws:iam", "x" + ARN])
def test_what_is_no_arn_has_no_console_address(text: str) -> None:
    assert resource_address(text, "eu-west-1") == ""


@pytest.mark.parametrize(("event", "region"), [("", "eu-west-1"), ("e1", "")])
def test_an_event_without_id_or_region_has_no_address(event: str, region: str) -> None:
    assert event_address(event, region) == ""


def test_no_value_can_leave_its_place_in_an_address() -> None:
    assert finding_address("a&b=c") == "findings?finding=a%26b%3Dc"
    assert "//" not in event_address('"/#?@evil', "evil.example/#@").removeprefix("https://")
    assert event_address("e", "evil.example/").startswith("https://evil.example%2F.console.aws.amazon.com/")
