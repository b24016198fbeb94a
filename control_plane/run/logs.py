"""The log files of a gateway as one stream of lines. In: a run directory. Out: lines with time and source, in order.

Sources: `access` (one JSON object per request), `envoy`, `supervisor` (what was started, restarted and stopped),
`sidecar` (JSON lines of its workers, each in a file of its own: decisions, and what went wrong with them).
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from control_plane.run.state import RunDirectory

SIDECAR = "sidecar"
SOURCES = ("access", "envoy", "supervisor", SIDECAR)
TAIL_BYTES = 4 * 1024 * 1024
"""How much of the end of a log is looked at."""
POLL_S = 0.2
STAMP = re.compile(r"^\[?(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?)\]? ?")


@dataclass(frozen=True, slots=True)
class Line:
    """One line; `time_s` is Unix seconds (of the line before when it has none itself). `source` of a worker's line is
    the worker, such as sidecar-1."""

    time_s: float
    source: str
    text: str


def paths(directory: RunDirectory, sources: Sequence[str]) -> dict[str, Path]:
    """The log files of the sources, by what their lines are called; of the sidecar those there are now."""
    named = {source: directory.log_of(source) for source in sources if source != SIDECAR}
    if "access" in named:
        named["access"] = directory.access_log
    workers = directory.logs.glob(f"{SIDECAR}-*.log") if SIDECAR in sources else ()
    return named | {path.stem: path for path in sorted(workers)}


def is_sidecar(line: Line) -> bool:
    """Whether a worker of the sidecar wrote it."""
    return line.source.startswith(f"{SIDECAR}-")


def last(directory: RunDirectory, sources: Sequence[str]) -> list[Line]:
    """The lines at the end of the logs, all sources together."""
    lines = [line for source, path in paths(directory, sources).items() for line in _parse(source, _tail(path))]
    return sorted(lines, key=lambda line: line.time_s)


def follow(directory: RunDirectory, sources: Sequence[str]) -> Iterator[Line | None]:
    """New lines as they are written, also after a restart has begun new files; None whenever there is nothing new."""
    tails = {source: _Tail(source, path) for source, path in paths(directory, sources).items()}
    while True:
        for source, path in paths(directory, sources).items():
            if source not in tails:
                tails[source] = _Tail(source, path, from_start=True)
        found = sorted((line for tail in tails.values() for line in tail.fresh()), key=lambda line: line.time_s)
        yield from found
        if not found:
            yield None
            time.sleep(POLL_S)


class _Tail:
    """Remembers how far one file was read; a file that was replaced is read from its beginning."""

    def __init__(self, source: str, path: Path, *, from_start: bool = False) -> None:
        self.source = source
        self.path = path
        self.inode, size = self._now()
        self.offset = 0 if from_start else size
        self.rest = b""

    def _now(self) -> tuple[int, int]:
        try:
            found = self.path.stat()
        except OSError:
            return 0, 0
        return found.st_ino, found.st_size

    def fresh(self) -> list[Line]:
        inode, size = self._now()
        if inode != self.inode or size < self.offset:
            self.inode, self.offset, self.rest = inode, 0, b""
        if size <= self.offset:
            return []
        with self.path.open("rb") as file:
            file.seek(self.offset)
            content = self.rest + file.read(TAIL_BYTES)
            self.offset = file.tell()
        whole, _, self.rest = content.rpartition(b"\n")
        return _parse(self.source, whole.decode("utf-8", "replace"))


def _tail(path: Path) -> str:
    try:
        with path.open("rb") as file:
            start = max(0, path.stat().st_size - TAIL_BYTES)
            file.seek(start)
            content = file.read()
    except OSError:
        return ""
    if start:
        content = content.partition(b"\n")[2]
    return content.decode("utf-8", "replace")


def _parse(source: str, text: str) -> list[Line]:
    lines: list[Line] = []
    for row in text.splitlines():
        stamp = _time_of(source, row)
        lines.append(Line(stamp if stamp is not None else (lines[-1].time_s if lines else 0.0), source, row))
    return lines


def _time_of(source: str, row: str) -> float | None:
    if row.startswith("{"):
        written = fields(row).get("time")
        found = STAMP.match(written) if isinstance(written, str) else None
    else:
        found = STAMP.match(row)
    if found is None:
        return None
    try:
        return datetime.fromisoformat(found[1]).timestamp()
    except ValueError:
        return None


def fields(row: str) -> dict[str, object]:
    """The fields of a line of the access log or of the sidecar; nothing for a line that is not a JSON object."""
    try:
        plain = json.loads(row)
    except ValueError:
        return {}
    return plain if isinstance(plain, dict) else {}


def message(line: Line) -> str:
    """A line of `envoy` or `supervisor` without its time."""
    return STAMP.sub("", line.text, count=1)
