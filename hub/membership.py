"""Who belongs to the organization, remembered between events."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from hub.store.accounts import REMOVED, Account, AccountStore

# The inventory runs hourly; what it found is read again after this.
_REREAD = timedelta(minutes=10)
# Unknown accounts, however many, make Organizations list its accounts at most this often, also while it fails.
_ASK_AGAIN = timedelta(minutes=5)


class Membership:
    """The organization's accounts, from the store; an account that is not there is looked for in Organizations."""

    def __init__(
        self,
        store: AccountStore,
        list_accounts: Callable[[], list[Account]],
        clock: Callable[[], datetime],
        logger: Logger,
        on_change: Callable[[Mapping[str, Account]], None] = lambda _: None,
    ) -> None:
        """Call `on_change` with the members by id whenever they may have changed."""
        self._store = store
        self._list_accounts = list_accounts
        self._clock = clock
        self._logger = logger
        self._on_change = on_change
        self._members: Mapping[str, Account] = {}
        self._read_at: datetime | None = None
        self._asked_at: datetime | None = None
        self._listed: Mapping[str, Account] = {}
        self._is_answered = False

    def is_stranger(self, account: str) -> bool:
        """Whether Organizations says that the account is no member; while it cannot be asked, nobody is a stranger."""
        return self.belongs(account) is False

    def belongs(self, account: str) -> bool | None:
        """Return whether an account is a member; None when it is unknown and Organizations cannot be asked."""
        now = self._clock()
        if _has_passed(_REREAD, self._read_at, now):
            self._read(now)
        if account not in self._members and _has_passed(_ASK_AGAIN, self._asked_at, now):
            self._look_for(account, now)
        return True if account in self._members else False if self._is_answered else None

    def _read(self, now: datetime) -> None:
        stored = self._store.all()
        self._read_at = now
        if _has_passed(_ASK_AGAIN, self._asked_at, now):
            self._listed = {}
        if stored:
            self._know({**self._listed, **_by_id(one for one in stored if one.status != REMOVED)})

    def _look_for(self, account: str, now: datetime) -> None:
        """Look for an account where the inventory or another function may have put it, then in Organizations."""
        if self._read_at != now:
            self._read(now)
        if account not in self._members:
            self._asked_at = now
            self._ask(account)

    def _ask(self, account: str) -> None:
        try:
            listed = self._list_accounts()
        except (BotoCoreError, ClientError):
            self._logger.exception("Organizations could not be asked for an unknown account", account=account)
            self._is_answered = False
            return
        self._is_answered = True
        self._listed = _by_id(listed)
        # Organizations lists no units and tags; what the inventory knows of them stays.
        self._know({**self._listed, **{one: self._members[one] for one in self._listed if one in self._members}})
        if account in self._listed:
            self._store.add(self._listed[account])

    def _know(self, members: Mapping[str, Account]) -> None:
        self._members = members
        self._on_change(members)


def _by_id(accounts: Iterable[Account]) -> dict[str, Account]:
    return {one.id: one for one in accounts}


def _has_passed(time: timedelta, since: datetime | None, now: datetime) -> bool:
    return since is None or now - since > time
