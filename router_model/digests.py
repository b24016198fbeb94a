"""Results kept by what they depend on, without keeping that: requests bring options of their own, 200,000 characters of
them, and of a client's texts nothing but a digest stays.

In: whatever has a `repr` that tells it from others. Out: 16 bytes, or what was worked out before. Never: more entries
than were allowed.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from hashlib import blake2b
from typing import Generic, TypeVar

T = TypeVar("T")


def digest(depends_on: object) -> bytes:
    """Equal for equal values of plain data; half of a surrogate pair is as good as any other text."""
    return blake2b(repr(depends_on).encode("utf-8", "surrogatepass"), digest_size=16).digest()


class Kept(Generic[T]):
    """The results asked for last, at most `limit`."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._found: OrderedDict[bytes, T] = OrderedDict()

    def __len__(self) -> int:
        return len(self._found)

    def get(self, depends_on: object) -> T | None:
        key = digest(depends_on)
        if key not in self._found:
            return None
        self._found.move_to_end(key)
        return self._found[key]

    def put(self, depends_on: object, result: T) -> None:
        self._found[digest(depends_on)] = result
        while len(self._found) > self._limit:
            self._found.popitem(last=False)

    def of(self, depends_on: object, work_out: Callable[[], T]) -> T:
        """The result, worked out where it is not kept."""
        found = self.get(depends_on)
        if found is None:
            found = work_out()
            self.put(depends_on, found)
        return found
