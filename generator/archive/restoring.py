"""Brings archived findings of a day back into the hub's table, for a while."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from contract.archive import read
from hub.store.findings import FindingStore

_STAYING = timedelta(days=14)


def restore(files: Iterable[bytes], store: FindingStore, moment: datetime) -> tuple[int, int]:
    """Put the findings of files back as they were, for 14 days; return how many came and how many were still there.

    What the table has is newer and stays. Doing it again changes nothing.
    """
    came = [store.is_put_back(finding, moment + _STAYING) for body in files for finding in read(body)]
    return came.count(True), came.count(False)
