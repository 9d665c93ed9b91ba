"""Where a list stands in each bucket, as text that a URL may carry."""

import base64
import binascii
import zlib

import msgspec

from hub.store.query import FindingQuery

# The first_seen and id of the last row that was passed in a bucket; None before the first, "" after the last.
Position = tuple[str, str] | str | None
DONE: Position = ""


class CursorError(ValueError):
    """The text is no cursor, or one of another query."""


def cursor_of(query: FindingQuery, positions: list[Position]) -> str | None:
    """Return the cursor of the next page; None when every bucket is done."""
    if all(position == DONE for position in positions):
        return None
    packed = zlib.compress(msgspec.json.encode((_fingerprint(query), positions)), 9)
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def positions_of(query: FindingQuery, cursor: str | None, buckets: int) -> list[Position]:
    """Return where each bucket stands; no cursor means before the first."""
    if not cursor:
        return [None] * buckets
    fingerprint, positions = _decoded(cursor)
    if fingerprint != _fingerprint(query) or len(positions) != buckets:
        raise CursorError("the cursor belongs to another query")
    return positions


def _decoded(cursor: str) -> tuple[int, list[Position]]:
    try:
        packed = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        # A page's positions take 10 KB at most; a cursor comes from outside and may be a bomb.
        unpacked = zlib.decompressobj().decompress(packed, 100_000)
        return msgspec.json.decode(unpacked, type=tuple[int, list[tuple[str, str] | str | None]])
    except (binascii.Error, zlib.error, msgspec.DecodeError, UnicodeError, ValueError) as error:
        raise CursorError("not a cursor") from error


def _fingerprint(query: FindingQuery) -> int:
    return zlib.crc32(msgspec.json.encode(query))
