"""Who belongs to the organization, remembered between events."""

from collections.abc import Callable
from datetime import datetime, timedelta

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from hub.store.accounts import REMOVED, Account, AccountStore

_logger = Logger(service="detector", child=True)

# The inventory runs hourly; what it found is read again after this.
_REREAD = timedelta(minutes=10)
# An account that stays unknown makes Organizations list its accounts at most this often.
_ASK_AGAIN = timedelta(minutes=5)


class Membership:
    """The organization's accounts, from the store; an account that is not there is looked for in Organizations."""

    def __init__(
        self,
        store: AccountStore,
        list_accounts: Callable[[], list[Account]],
        clock: Callable[[], datetime],
        on_change: Callable[[frozenset[str]], None] = lambda _: None,
    ) -> None:
        """Call `on_change` with the members' ids whenever they may have changed."""
        self._store = store
        self._list_accounts = list_accounts
        self._clock = clock
        self._on_change = on_change
        self._members: frozenset[str] = frozenset()
        self._read_at: datetime | None = None
        self._strangers: dict[str, datetime] = {}

    def is_stranger(self, account: str) -> bool:
        """Whether Organizations says that the account is no member; while it cannot be asked, nobody is a stranger."""
        now = self._clock()
        if self._read_at is None or now - self._read_at > _REREAD:
            self._read(now)
        if account in self._members:
            return False
        asked = self._strangers.get(account)
        if asked is None or now - asked > _ASK_AGAIN:
            return self._ask(account, now)
        return True

    def _read(self, now: datetime) -> None:
        stored = self._store.all()
        self._read_at = now
        if stored:
            self._know(frozenset(one.id for one in stored if one.status != REMOVED))

    def _ask(self, account: str, now: datetime) -> bool:
        try:
            listed = self._list_accounts()
        except (BotoCoreError, ClientError):
            _logger.exception("Organizations could not be asked for an unknown account", account=account)
            return False
        self._know(frozenset(one.id for one in listed))
        if account in self._members:
            # The inventory adds OUs and tags.
            self._store.write(one for one in listed if one.id == account)
            return False
        self._strangers[account] = now
        return True

    def _know(self, members: frozenset[str]) -> None:
        self._members = members
        self._on_change(members)
