"""Times as text that sorts: UTC, microseconds always written."""

from datetime import UTC, datetime

EPOCH = "1970-01-01T00:00:00.000000Z"


def iso(moment: datetime) -> str:
    """Return a moment as `2026-11-20T11:03:04.000000Z`, so that comparing text compares times."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def check_iso(*texts: str) -> None:
    """Raise ValueError unless each text that is not empty is as `iso` writes it: another form would sort wrongly."""
    for text in filter(None, texts):
        if iso(datetime.fromisoformat(text)) != text:
            raise ValueError(f"{text!r} is no time as 2026-11-20T11:03:04.000000Z")


def now() -> datetime:
    """Return the present moment, UTC."""
    return datetime.now(UTC)
