"""AWS clients of the hub's functions: botocore alone, which costs half of boto3's import."""

from functools import cache
from typing import Any

from botocore.config import Config
from botocore.session import Session, get_session

from contract.cold_start import uncollected

_CONFIG = Config(retries={"mode": "standard", "max_attempts": 5})


@cache
def _session() -> Session:
    return get_session()


@cache
def aws_client(service: str, region: str | None = None) -> Any:
    """Return the service's client in a Region, usually the function's, made once per cold start."""
    with uncollected():
        return _session().create_client(service, region, config=_CONFIG)
