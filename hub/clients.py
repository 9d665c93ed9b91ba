"""AWS clients of the hub's functions: botocore alone, which costs half of boto3's import."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from botocore.config import Config
from botocore.session import Session, get_session

from contract.cold_start import uncollected

_CONFIG = Config(retries={"mode": "standard", "max_attempts": 5})
# An endpoint that nobody reaches (a Region that is off) must cost less than the function's time, which botocore's
# minute would fill; what asks through these comes again.
_IMPATIENT = Config(retries={"mode": "standard", "total_max_attempts": 2}, connect_timeout=3, read_timeout=10)


# Who is told must be told once: a call whose answer is late is not made again, for it may have been done. It ends while
# the function still has time to say so.
_ONCE = Config(retries={"mode": "standard", "total_max_attempts": 1}, connect_timeout=5, read_timeout=30)


@cache
def _session() -> Session:
    return get_session()


@cache
def aws_client(service: str, region: str | None = None) -> Any:
    """Return the service's client in a Region, usually the function's, made once per cold start."""
    with uncollected():
        return _session().create_client(service, region, config=_CONFIG)


@cache
def telling_client(service: str) -> Any:
    """Return a client of a service that tells people: it makes each call once, whatever becomes of it."""
    with uncollected():
        return _session().create_client(service, config=_ONCE)


def assumed_client(service: str, region: str, credentials: Mapping[str, Any]) -> Any:
    """Return a client of an assumed role, given what STS answered; whoever asks keeps it."""
    with uncollected():
        return _session().create_client(
            service,
            region,
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials["SessionToken"],
            config=_IMPATIENT,
        )
