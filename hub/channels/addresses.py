"""Links that a channel may show."""

from collections.abc import Iterator

from hub.notifier.notification import Link, Notification

# Slack takes 3,000 characters, Teams and SES's readers less of what is sensible.
_LONGEST = 2_000
_NOT_WITHIN = frozenset(' "<>\\^`{|}')


def is_web(address: str) -> bool:
    """Whether an address leads to the web, and holds nothing but what an address may hold (RFC 3986)."""
    is_clean = address.isascii() and address.isprintable() and not _NOT_WITHIN & set(address)
    return is_clean and address.startswith(("https://", "http://")) and len(address) <= _LONGEST


def web_links(one: Notification) -> Iterator[Link]:
    """Yield the links of a notification that lead to the web: a finding's provider may have written others."""
    yield from (link for link in one.links if is_web(link.address))
