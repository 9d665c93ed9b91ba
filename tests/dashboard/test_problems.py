import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError, NoRegionError

from dashboard.problems import explained


@pytest.mark.parametrize(
    ("code", "mend"),
    [
        ("ResourceNotFoundException", "make deploy"),
        ("AccessDeniedException", "dynamodb:Query"),
        ("ExpiredTokenException", "Sign in again"),
        ("SomethingNew", "muster status"),
    ],
)
def test_each_refusal_says_what_to_do(code: str, mend: str) -> None:
    error = ClientError({"Error": {"Code": code, "Message": "no"}}, "Query")
    assert mend in explained(error).mend


@pytest.mark.parametrize(
    ("error", "mend"),
    [
        (NoCredentialsError(), "AWS_PROFILE"),
        (NoRegionError(), "AWS_REGION"),
        (EndpointConnectionError(endpoint_url="http://127.0.0.1:1"), "make demo"),
    ],
)
def test_each_failure_to_reach_aws_says_what_to_do(error: Exception, mend: str) -> None:
    assert mend in explained(error).mend
    assert str(error) in str(explained(error))
