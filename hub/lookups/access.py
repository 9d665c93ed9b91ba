"""The way into member accounts: clients under the read-only role that every account has."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from contract.names import partition_of
from hub.lookups.lookup import Clients

if TYPE_CHECKING:
    from mypy_boto3_sts import STSClient

SESSION = "muster-lookup"
# A session that is about to end is not used for another look-up.
_MARGIN = timedelta(minutes=2)
# Clients cost memory; this many accounts are looked into at a time.
_KEPT = 16

# Service, Region and credentials as STS answers them → client.
MakeClient = Callable[[str, str, Mapping[str, Any]], Any]


class Session(msgspec.Struct, frozen=True):
    """An assumed role's credentials with the clients that were made of them, by service and Region."""

    credentials: Mapping[str, Any]
    clients: dict[tuple[str, str], Any]


class MemberAccounts:
    """Clients of member accounts; an account's session serves as long as it lasts."""

    def __init__(self, sts: "STSClient", role: str, make: MakeClient, clock: Callable[[], datetime]) -> None:
        """Take the role's name in every account, and what makes a client."""
        self._sts = sts
        self._role = role
        self._make = make
        self._clock = clock
        self._sessions: OrderedDict[str, Session] = OrderedDict()

    def clients(self, account: str, region: str) -> Clients:
        """Return what gives an account's clients in a Region; the role is assumed when the first is asked for."""
        return lambda service: self._client(service, account, region)

    def _client(self, service: str, account: str, region: str) -> Any:
        session = self._session(account, partition_of(region))
        if (service, region) not in session.clients:
            session.clients[service, region] = self._make(service, region, session.credentials)
        return session.clients[service, region]

    def _session(self, account: str, partition: str) -> Session:
        kept = self._sessions.get(account)
        if kept and kept.credentials["Expiration"] - self._clock() > _MARGIN:
            return kept
        role = f"arn:{partition}:iam::{account}:role/{self._role}"
        credentials = self._sts.assume_role(RoleArn=role, RoleSessionName=SESSION)["Credentials"]
        self._sessions[account] = Session(credentials, {})
        self._sessions.move_to_end(account)
        if len(self._sessions) > _KEPT:
            self._sessions.popitem(last=False)
        return self._sessions[account]
