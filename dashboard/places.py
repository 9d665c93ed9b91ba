"""Where somebody wanted to go before they signed in: Streamlit leads everybody back to its first page."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import cycle

import msgspec

# Streamlit gives each browser one, also before anybody signed in: `2|mask|token under the mask|time`.
BROWSER = "_streamlit_xsrf"
_MOST = 1_000


def browser_of(cookie: str) -> str:
    """Return what tells a browser from others; the same token is written under another mask every time."""
    try:
        _, mask, masked, _ = cookie.strip('"').split("|")
        pairs = zip(bytes.fromhex(masked), cycle(bytes.fromhex(mask)), strict=False)
        return bytes(one ^ other for one, other in pairs).hex()
    except ValueError:
        return ""


class Place(msgspec.Struct, frozen=True):
    """A page and the query of its address."""

    page: str
    query: Mapping[str, Sequence[str]]


class Places:
    """The places that browsers wait for, in this process only; the oldest are forgotten."""

    def __init__(self, most: int = _MOST) -> None:
        """Keep so many at most."""
        self._kept: OrderedDict[str, Place] = OrderedDict()
        self._most = most

    def keep(self, browser: str, place: Place) -> None:
        """Remember where a browser wanted to go; one that cannot be told from others, nothing."""
        if not browser:
            return
        self._kept[browser] = place
        self._kept.move_to_end(browser)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)

    def take(self, browser: str) -> Place | None:
        """Return where a browser wanted to go, once."""
        return self._kept.pop(browser, None)


@cache
def places() -> Places:
    """Return this process's places."""
    return Places()
