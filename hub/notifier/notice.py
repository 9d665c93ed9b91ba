"""What waits in the notifier's queue: a finding and why people should hear of it."""

import msgspec

from contract.finding import Finding
from hub.store.outgoing import Transition

# Ten notices go into one SQS call of 256 KB.
_DETAILS_BYTES = 8_000


class Notice(msgspec.Struct, frozen=True):
    """A finding's transition; `revision` tells a second reopening from the first."""

    finding: Finding
    transition: Transition
    revision: int = 0

    @property
    def occurrence(self) -> str:
        """The transition as the ledger knows it: a finding opens once, but may worsen or reopen again.

        The day tells it from one of years ago: a finding that comes back from the archive has revision 1 again.
        """
        if self.transition is Transition.OPENED:
            return self.transition
        day = max(self.finding.observed_at, self.finding.acted_at)[:10]
        return f"{self.transition}@{self.revision}.{day}"


def notice_text(notice: Notice) -> str:
    """Return the notice as a queue's message; details too long for a message stay in the store."""
    return msgspec.json.encode(msgspec.structs.replace(notice, finding=queueable(notice.finding))).decode()


def queueable(finding: Finding) -> Finding:
    """Return a finding that fits into a queue's message: without its document, nor details that are too long."""
    is_short = len(msgspec.json.encode(finding.details)) <= _DETAILS_BYTES
    return msgspec.structs.replace(finding, source={}, customer={}, details=finding.details if is_short else {})


def notice_of(message: str) -> Notice:
    """Return the notice of a queue's message; `msgspec.DecodeError` when it is none."""
    return msgspec.json.decode(message, type=Notice)
