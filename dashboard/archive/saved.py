"""Questions that are asked of the archive again and again; they run in Athena and in DuckDB."""

import msgspec


class Saved(msgspec.Struct, frozen=True):
    """A question: what it is called, and its SQL."""

    title: str
    sql: str


SAVED = (
    Saved(
        "findings by month",
        "SELECT year, month, severity, count(*) AS findings FROM findings\nGROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
    ),
    Saved(
        "worst accounts",
        "SELECT account, count(*) AS findings FROM findings WHERE severity IN ('CRITICAL', 'HIGH')\n"
        "GROUP BY 1 ORDER BY 2 DESC LIMIT 50",
    ),
    Saved(
        "slowest to close",
        "SELECT detection, account, resource, first_seen, concat(year, '-', month, '-', day) AS due FROM findings\n"
        "WHERE status = 'RESOLVED' ORDER BY first_seen LIMIT 100",
    ),
    Saved(
        "what was accepted",
        "SELECT suppression, workflow_by, count(*) AS findings FROM findings WHERE workflow = 'SUPPRESSED'\n"
        "GROUP BY 1, 2 ORDER BY 3 DESC",
    ),
)
