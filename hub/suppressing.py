"""Which suppression accepts a finding, as the functions know them: read again every five minutes."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from contract.clock import EPOCH, iso
from contract.finding import Finding, Workflow
from hub.store.accounts import AccountStore
from hub.store.decisions import Decision
from hub.store.suppressions import BY_RULE, Suppression, SuppressionStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_FRESH = timedelta(minutes=5)


class Suppressing:
    """The suppressions, and the units of the accounts for those that ask for units."""

    def __init__(
        self, suppressions: Callable[[], Sequence[Suppression]], units: Callable[[], dict[str, tuple[str, ...]]]
    ) -> None:
        """Take how to read suppressions, and account → ids of the units above it."""
        self._read = suppressions
        self._read_units = units
        self._suppressions: Sequence[Suppression] = ()
        self._units: dict[str, tuple[str, ...]] = {}
        self._read_at = datetime.fromisoformat(EPOCH)

    @classmethod
    def of(cls, client: "DynamoDBClient", table: str) -> "Suppressing":
        """Return what reads the state table."""
        accounts = AccountStore(client, table)
        return cls(SuppressionStore(client, table).all, lambda: {one.id: one.ou_ids for one in accounts.all()})

    def about(self, finding: Finding, moment: datetime) -> Suppression | None:
        """Return the first suppression that covers a finding and is not over."""
        self._refresh(moment)
        ou_ids = self._units.get(finding.account, ())
        return next(
            (one for one in self._suppressions if not one.is_over(moment) and one.covers(finding, ou_ids)), None
        )

    def decision_about(self, finding: Finding, moment: datetime) -> Decision | None:
        """Return what a suppression makes of a finding; None where none does, or somebody opened it on purpose."""
        is_reopened_by_hand = bool(finding.workflow_by) and not finding.workflow_by.startswith(BY_RULE)
        if not finding.is_open or is_reopened_by_hand:
            return None
        suppression = self.about(finding, moment)
        return decision_of(suppression, moment) if suppression else None

    def _refresh(self, moment: datetime) -> None:
        if moment - self._read_at < _FRESH:
            return
        self._suppressions = sorted(self._read(), key=lambda one: one.id)
        self._units = self._read_units() if any(one.ous for one in self._suppressions) else {}
        self._read_at = moment


def decision_of(suppression: Suppression, moment: datetime) -> Decision:
    """Return what a suppression makes of the findings that it covers."""
    return Decision(
        by=f"{BY_RULE}{suppression.id}",
        at=iso(moment),
        workflow=Workflow.SUPPRESSED,
        note=f"{suppression.reason} ({suppression.owner})",
        suppression=suppression.reason,
        until=suppression.until,
    )
