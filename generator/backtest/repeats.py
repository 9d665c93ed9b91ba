"""Events that are delivered twice, in bounded memory."""

_MOST = 100_000


class Repeats:
    """The ids of the events that were read last: a repeat that comes later than `most` others is not noticed."""

    def __init__(self, most: int = _MOST) -> None:
        """Remember the last `most` ids."""
        self.most = most
        self._known: dict[int, None] = {}

    def has(self, identifier: str) -> bool:
        """Whether an id was read already; it is remembered."""
        # Of the id only its hash is kept: two ids among so many share one of 64 bits once in a billion runs.
        digest = hash(identifier)
        if digest in self._known:
            return True
        self._known[digest] = None
        if len(self._known) > self.most:
            del self._known[next(iter(self._known))]
        return False
