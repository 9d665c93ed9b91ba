"""Files of recorded events in which nothing could be read: said on standard error, or nobody would notice."""

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby

from generator.explain import Explanation


class Unread:
    """Warns of files that are empty, and of those in which every item has an error."""

    def __init__(self, warn: Callable[[str], None]) -> None:
        """Take where to warn."""
        self._warn = warn

    def empty(self, file: str) -> None:
        """Warn of a file, or a directory, that holds nothing."""
        self._warn(f"{file}: no event in it")

    def follow(self, found: Iterable[Explanation]) -> Iterator[Explanation]:
        """Yield the explanations; warn at the end of a file of which all were errors."""
        for file, held in groupby(found, key=lambda one: one.file):
            is_read = False
            for one in held:
                is_read |= one.error is None
                yield one
            if not is_read:
                self._warn(f"{file}: nothing in it could be read")
