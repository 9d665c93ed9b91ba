"""AWS clients of a function, made once per cold start."""

from collections.abc import Callable
from functools import cache
from typing import Any

from botocore.config import Config
from botocore.session import Session, get_session

from contract.cold_start import uncollected

# A client of a service in a Region.
Clients = Callable[[str, str], Any]

_CONFIG = Config(retries={"mode": "standard", "max_attempts": 3}, connect_timeout=3, read_timeout=10)


@cache
def _session() -> Session:
    return get_session()


@cache
def client(service: str, region: str) -> Any:
    """Return the client of a service in a Region; the same one for as long as the function is warm."""
    with uncollected():
        return _session().create_client(service, region_name=region, config=_CONFIG)
