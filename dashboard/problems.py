"""What to do when AWS cannot be read: one clear message with the mend, never a traceback."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    ProfileNotFound,
)

from hub.store.items import MARGIN, RETENTION

_SIGN_IN = "Sign in again (aws sso login), or name a profile of the hub account in AWS_PROFILE, then refresh."
_NO_TABLE = (
    "Deploy the hub (make deploy) or start the demo (make demo). "
    "FINDINGS_TABLE, STATE_TABLE, AWS_PROFILE and AWS_REGION say where to look."
)
_NOT_ALLOWED = "Use a profile of the hub account that may read both tables (dynamodb:GetItem and dynamodb:Query)."
_NOT_ALLOWED_TO_WRITE = (
    "Use a profile of the hub account that may also write findings (dynamodb:PutItem on the findings table)."
)
_BUSY = "DynamoDB is busy; refresh in a few seconds."

_MENDS_BY_CODE = {
    "ResourceNotFoundException": _NO_TABLE,
    "AccessDeniedException": _NOT_ALLOWED,
    "ExpiredTokenException": _SIGN_IN,
    "UnrecognizedClientException": _SIGN_IN,
    "InvalidSignatureException": "Check this machine's clock and the secret key of the profile.",
    "ThrottlingException": _BUSY,
    "ProvisionedThroughputExceededException": _BUSY,
}

_MENDS_BY_KIND: tuple[tuple[type[BotoCoreError], str], ...] = (
    (NoCredentialsError, _SIGN_IN),
    (NoRegionError, "Set AWS_REGION to the hub's home Region."),
    (
        ProfileNotFound,
        "AWS_PROFILE names a profile that the AWS config file lacks; AWS_CONFIG_FILE says which file is read.",
    ),
    (
        EndpointConnectionError,
        "Nothing answers there. Start the local organization (make demo), or unset AWS_ENDPOINT_URL to reach AWS.",
    ),
)

_OTHERWISE = "Run muster status: it says which account and Region is not well; make deploy rolls out again."

RACED = "Others changed it at the same moment. Look at what it says now, then act again if that is still right."
NO_OPERATOR = "Ask somebody whose group is an operator of the account in [web.sign_in]."
ONLY_A_PART = "Your groups see a part of the organization; ask somebody who sees all of it."

KEPT_DAYS = (RETENTION + MARGIN).days
GONE = f"Closed findings are deleted {KEPT_DAYS} days after they were closed."


class DataError(RuntimeError):
    """A read or an action failed; `mend` says what the reader of the page can do."""

    def __init__(self, message: str, mend: str) -> None:
        """Keep the mend beside the message."""
        super().__init__(message)
        self.mend = mend


@contextmanager
def explaining() -> Iterator[None]:
    """Raise `DataError` in the place of what AWS's SDK raises inside."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise explained(error) from error


def explained(error: ClientError | BotoCoreError) -> DataError:
    """Return an AWS error as what a person can act on."""
    if isinstance(error, ClientError):
        code = error.response.get("Error", {}).get("Code", "")
        if (code, error.operation_name) == ("AccessDeniedException", "PutItem"):
            return DataError(str(error), _NOT_ALLOWED_TO_WRITE)
        return DataError(str(error), _MENDS_BY_CODE.get(code, _OTHERWISE))
    return DataError(str(error), next((mend for kind, mend in _MENDS_BY_KIND if isinstance(error, kind)), _OTHERWISE))
