"""Bindings that the workers of one machine share: a small database file beside their sockets.

A conversation's turns reach any worker, so what one remembers the others must find. In: keys and bindings. Out:
bindings not older than the time to live. Never: a wait longer than the deadline for another worker's write, or an error
towards a request; what a lost file forgets is routed anew.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from pathlib import Path

from ext_proc.ports import Clock
from ext_proc.sessions.binding import Binding, decode, encode
from ext_proc.sessions.stores import Found, Outcome, Trouble

SWEEP_EVERY = 256
"""Writes between two looks for what is too old or too much."""
_TABLE = "CREATE TABLE IF NOT EXISTS binding (key TEXT PRIMARY KEY, record BLOB, expires_s REAL) WITHOUT ROWID"
_READ = "SELECT record FROM binding WHERE key = ? AND expires_s >= ?"
_WRITE = "INSERT OR REPLACE INTO binding VALUES (?, ?, ?)"
_TOO_OLD = "DELETE FROM binding WHERE expires_s < ?"
# The one written last expires last.
_TOO_MANY = "DELETE FROM binding WHERE key IN (SELECT key FROM binding ORDER BY expires_s DESC LIMIT -1 OFFSET ?)"


class SharedStore:
    """Satisfies `Store`. `clock` must be the same for all workers: the machine's monotonic clock is. Raises
    sqlite3.Error where the file cannot be made."""

    def __init__(self, file: Path, max_entries: int, ttl_s: float, clock: Clock) -> None:
        self._max_entries, self._ttl_s, self._clock = max(1, max_entries), ttl_s, clock
        self._writes = 0
        self._wait_ms = -1
        self.counts: Counter[Outcome] = Counter()
        self.troubles: Counter[Trouble] = Counter()
        self._database = sqlite3.connect(file, isolation_level=None)
        file.chmod(0o600)
        # Nothing here needs to survive the machine; readers never wait for a writer.
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = OFF")
        self._database.execute(_TABLE)

    async def read(self, key: str, deadline_s: float) -> Found:
        try:
            self._wait_at_most(deadline_s)
            row = self._database.execute(_READ, (key, self._clock())).fetchone()
        except sqlite3.Error as error:
            return Found(None, self._failed(error, Outcome.ERROR))
        binding = decode(row[0]) if row else None
        self.counts[Outcome.MISS if binding is None else Outcome.HIT] += 1
        return Found(binding)

    async def write(self, key: str, binding: Binding, deadline_s: float) -> Trouble | None:
        now_s = self._clock()
        try:
            self._wait_at_most(deadline_s)
            self._database.execute(_WRITE, (key, encode(binding), now_s + self._ttl_s))
            self._sweep(now_s)
        except sqlite3.Error as error:
            return self._failed(error, Outcome.STORE_ERROR)
        self.counts[Outcome.STORE] += 1
        return None

    async def close(self) -> None:
        self._database.close()

    def _sweep(self, now_s: float) -> None:
        self._writes += 1
        if self._writes % min(SWEEP_EVERY, self._max_entries) == 0:
            self._database.execute(_TOO_OLD, (now_s,))
            self._database.execute(_TOO_MANY, (self._max_entries,))

    def _wait_at_most(self, deadline_s: float) -> None:
        wait_ms = max(0, int(deadline_s * 1000))
        if wait_ms != self._wait_ms:
            self._database.execute(f"PRAGMA busy_timeout = {wait_ms}")
            self._wait_ms = wait_ms

    def _failed(self, error: sqlite3.Error, outcome: Outcome) -> Trouble:
        locked = isinstance(error, sqlite3.OperationalError) and "locked" in str(error)
        trouble = Trouble.LATE if locked else Trouble.UNREACHABLE
        self.counts[outcome] += 1
        self.troubles[trouble] += 1
        return trouble
