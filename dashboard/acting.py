"""What people decide about findings: whether they may, whether it changes anything, and whether it was stored."""

from collections.abc import Mapping

import msgspec

from contract.clock import iso, now
from contract.finding import Finding
from dashboard.deeds import Deed, Said, possible
from dashboard.narrowing import View
from dashboard.over_api import Api
from dashboard.problems import GONE, NO_OPERATOR, RACED, DataError, explaining
from hub.store.accounts import Account
from hub.store.decisions import Decision
from hub.store.findings import FindingNotFoundError, FindingStore, LostRaceError


class Acting:
    """Decisions of one person, in any thread."""

    def __init__(self, view: View, accounts: Mapping[str, Account], store: FindingStore | Api) -> None:
        """Take what the person sees, whose accounts are whose, and where decisions go."""
        self._view = view
        self._accounts = accounts
        self._store = store

    def act(self, chosen: str, deed: Deed, said: Said) -> None:
        """Store a decision; `DataError` when it was not stored."""
        decision = deed.decision(msgspec.structs.replace(said, by=self._view.access.person or said.by), iso(now()))
        try:
            with explaining():
                self._check(chosen, deed, decision.by)
                stored = self._store.decide(chosen, decision)
        except FindingNotFoundError as error:
            raise DataError(f"finding {chosen} is gone", GONE) from error
        except LostRaceError as error:
            raise DataError(f"finding {chosen} kept changing", RACED) from error
        if not self._says(stored, decision):
            raise DataError(f"{stored.workflow_by or 'somebody'} acted on finding {chosen} later", RACED)

    def _check(self, chosen: str, deed: Deed, by: str) -> None:
        about = self._view.finding(self._store.get(chosen))
        if about is None:
            raise DataError(f"finding {chosen} is gone", GONE)
        if not self._view.access.acts_on(self._accounts.get(about.account)):
            raise DataError(f"{by} may read finding {chosen}, and not act on it", NO_OPERATOR)
        # What is so already is done once more, with what is said now.
        if deed not in possible(about) and deed.workflow is not about.workflow:
            raise DataError(f"finding {chosen} is {about.workflow.lower()} by now: {deed} changes nothing", RACED)

    def _says(self, stored: Finding, decision: Decision) -> bool:
        """Whether a finding says what was decided, rather than what somebody decided later."""
        wanted = (decision.workflow, decision.assignee, decision.by, decision.note)
        said = (stored.workflow, stored.assignee, stored.workflow_by, stored.note)
        # The API writes its caller, and who decides into the note.
        pairs = list(zip(wanted, said, strict=True))[: 2 if isinstance(self._store, Api) else None]
        return all(one is None or one == there for one, there in pairs)
