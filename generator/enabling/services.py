"""The services that the settings ask for, each as its parts."""

from collections.abc import Iterable, Iterator
from typing import Any

import boto3

from generator.config import Config
from generator.enabling.guardduty import guardduty
from generator.enabling.inspector import inspector
from generator.enabling.macie import macie
from generator.enabling.parts import Clients, Part
from generator.enabling.security_hub import security_hub
from hub.store.accounts import Account


def parts(config: Config, clients: Clients, accounts: Iterable[Account]) -> Iterator[Part]:
    """Yield every part, a service after the other; `accounts` are those that Muster covers."""
    covered = list(accounts)
    known = {
        "security_hub": security_hub(config, clients),
        "guardduty": guardduty(config, clients),
        "inspector": inspector(config, clients, [one.id for one in covered]),
        "macie": macie(config, clients, covered),
    }
    for setting, found in known.items():
        if getattr(config.enable, setting):
            yield from (part._replace(setting=f"enable.{setting}") for part in found)


def clients_of(session: boto3.Session) -> Clients:
    """Return what makes the clients of a session."""
    make: Any = session.client

    def client(service: str, region: str) -> Any:
        return make(service, region)

    return client
