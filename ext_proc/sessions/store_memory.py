"""Bindings in this process: at most so many, each for so long, the least recently used go first.

In: keys and bindings. Out: bindings not older than the time to live. Never: more entries than allowed.
"""

from __future__ import annotations

from collections import Counter, OrderedDict

from ext_proc.ports import Clock
from ext_proc.sessions.binding import Binding
from ext_proc.sessions.stores import Found, Outcome, Trouble


class MemoryStore:
    """Satisfies `Store`. Reading keeps an entry from being crowded out, but only writing makes it live longer."""

    def __init__(self, max_entries: int, ttl_s: float, clock: Clock) -> None:
        self._max_entries, self._ttl_s, self._clock = max(1, max_entries), ttl_s, clock
        self._entries: OrderedDict[str, tuple[float, Binding]] = OrderedDict()
        self.counts: Counter[Outcome] = Counter()
        self.troubles: Counter[Trouble] = Counter()

    def __len__(self) -> int:
        return len(self._entries)

    async def read(self, key: str, deadline_s: float) -> Found:
        expires_s, binding = self._entries.get(key, (0.0, None))
        if binding is None or expires_s < self._clock():
            self._entries.pop(key, None)
            self.counts[Outcome.MISS] += 1
            return Found(None)
        self._entries.move_to_end(key)
        self.counts[Outcome.HIT] += 1
        return Found(binding)

    async def write(self, key: str, binding: Binding, deadline_s: float) -> Trouble | None:
        now_s = self._clock()
        self._entries[key] = (now_s + self._ttl_s, binding)
        self._entries.move_to_end(key)
        while len(self._entries) > self._max_entries or next(iter(self._entries.values()))[0] < now_s:
            self._entries.popitem(last=False)
        self.counts[Outcome.STORE] += 1
        return None

    async def close(self) -> None:
        self._entries.clear()
