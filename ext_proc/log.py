"""JSON lines on standard error: an event word and fields. Never a prompt, an answer or a credential."""

from __future__ import annotations

import json
import logging
import sys
import time
import traceback
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any

import orjson

from ext_proc.call import Record

_OURS = ("ext_proc", "router_model")
_NAME_CHARACTERS = 200
_NAMES = 20


class Lines(logging.Handler):
    """Every record as one line. `extra={"fields": {...}}` adds fields; an exception is shown by its type and place
    only, since its text may quote a request."""

    def emit(self, record: logging.LogRecord) -> None:
        fields: dict[str, Any] = dict(getattr(record, "fields", {}))
        if record.exc_info and record.exc_info[1] is not None:
            error = _root(record.exc_info[1])
            fields["error"] = type(error).__name__
            fields["at"] = _places(error.__traceback__)
        event = record.getMessage()
        if not record.name.startswith(_OURS):
            # What a library says may quote what it was given: that it spoke, and where, has to be enough.
            event, fields = (
                "library",
                {"library": record.name, "said_at": f"{record.filename}:{record.lineno}", **fields},
            )
        sys.stderr.write(_line(record.created, record.levelname.lower(), event, fields))


def _line(at_s: float, level: str, event: str, fields: Mapping[str, object]) -> str:
    seconds = int(at_s)
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{int((at_s - seconds) * 1000):03d}Z"
    whole = {"time": stamp, "level": level, "event": event, **fields}
    try:
        return orjson.dumps(whole, default=str).decode() + "\n"
    except TypeError:  # half of a surrogate pair, or an integer of more than 64 bits: a client's names may hold them
        return json.dumps(whole, default=str) + "\n"


def _root(error: BaseException) -> BaseException:
    """What was raised first: what was made of it on its way up has the place of the wrapping only."""
    while error.__cause__ is not None:
        error = error.__cause__
    return error


def _places(found: TracebackType | None) -> list[str]:
    frames = traceback.extract_tb(found)[-6:]
    return [f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno} {frame.name}" for frame in frames]


def set_up(level: str) -> None:
    """Send everything there; the libraries' own chatter only from warnings on."""
    logging.basicConfig(level=logging.WARNING, handlers=[Lines()], force=True)
    logging.getLogger("ext_proc").setLevel(level.upper())


def decisions(log: logging.Logger, records: Sequence[Record]) -> None:
    """One line for each decision, all written at once."""
    if records and log.isEnabledFor(logging.INFO):
        now_s = time.time()
        sys.stderr.write("".join(_line(now_s, "info", "decision", _told(record)) for record in records))


def _short(name: str | None) -> str | None:
    """Names may come from a request."""
    return name if name is None or len(name) <= _NAME_CHARACTERS else f"{name[:_NAME_CHARACTERS]}..."


def _few(names: Sequence[str]) -> list[str | None]:
    told = [_short(name) for name in names[:_NAMES]]
    return told if len(names) <= _NAMES else [*told, f"and {len(names) - _NAMES} more"]


def _told(record: Record) -> dict[str, object]:
    """What is known of a decision; nothing that is unknown is told."""
    fields = {
        "listener": record.listener,
        "why": record.why.value,
        "candidates": _few(record.candidates),
        "chosen": _few(record.chosen),
        "route": _short(record.route),
        "model": _short(record.model),
        "confidence": None if record.confidence is None else round(record.confidence, 4),
        "router": record.router,
        "prompt": record.prompt,
        "steps_ms": {step: round(ms, 3) for step, ms in record.steps_ms.items()},
        "total_ms": round(record.total_ms, 3),
        "request_id": record.request_id,
        "trace_id": record.trace_id,
        "decision_error": record.error,
        **{name: _short(fact) if isinstance(fact, str) else fact for name, fact in record.more.items()},
    }
    return {name: value for name, value in fields.items() if value not in (None, "")}
