"""The most frequent of many keys, in bounded memory."""

from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

import msgspec

Key = TypeVar("Key", bound=Hashable)


class Count(msgspec.Struct):
    """How often a key was seen: at most `most`, and at least `most - error`."""

    most: int
    error: int = 0

    @property
    def least(self) -> int:
        """How often it was seen for certain."""
        return self.most - self.error


class Frequent(Generic[Key]):
    """Counts keys: exactly while there are no more than `capacity`, from then on the rare ones share their counts.

    Space-saving: every key that makes up more than 1/capacity of all is among them (Metwally, Agrawal, El Abbadi,
    "Efficient computation of frequent and top-k elements in data streams", ICDT 2005).
    """

    def __init__(self, capacity: int) -> None:
        """Hold at most `capacity` keys."""
        self._capacity = capacity
        self._counts: dict[Key, Count] = {}

    @property
    def is_exact(self) -> bool:
        """Whether no key had to give way to another."""
        return all(not one.error for one in self._counts.values())

    def add(self, key: Key) -> Key | None:
        """Count a key; return the one that gave way to it, if any."""
        known = self._counts.get(key)
        if known:
            known.most += 1
            return None
        if len(self._counts) < self._capacity:
            self._counts[key] = Count(1)
            return None
        rarest = min(self._counts, key=lambda one: self._counts[one].most)
        floor = self._counts.pop(rarest).most
        self._counts[key] = Count(floor + 1, floor)
        return rarest

    def ranked(self) -> Iterator[tuple[Key, Count]]:
        """Yield the keys with their counts, the most frequent first."""
        yield from sorted(self._counts.items(), key=lambda one: (-one[1].most, str(one[0])))
