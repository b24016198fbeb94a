"""JSON lines on standard error: an event word and fields. Never a prompt, an answer or a credential."""

from __future__ import annotations

import logging
import sys
import time
import traceback
from types import TracebackType
from typing import Any

import orjson

from ext_proc.call import Record


class Lines(logging.Handler):
    """Every record as one line. `extra={"fields": {...}}` adds fields; an exception is shown by its type and place
    only, since its text may quote a request."""

    def emit(self, record: logging.LogRecord) -> None:
        fields: dict[str, Any] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info and record.exc_info[0] is not None:
            fields["error"] = record.exc_info[0].__name__
            fields["at"] = _places(record.exc_info[2])
        sys.stderr.write(orjson.dumps(fields, default=str).decode() + "\n")


def _places(found: TracebackType | None) -> list[str]:
    frames = traceback.extract_tb(found)[-6:]
    return [f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno} {frame.name}" for frame in frames]


def set_up(level: str) -> None:
    """Send everything there; the libraries' own chatter only from warnings on."""
    logging.basicConfig(level=logging.WARNING, handlers=[Lines()], force=True)
    logging.getLogger("ext_proc").setLevel(level.upper())


def decision(log: logging.Logger, record: Record) -> None:
    """The one line of a decision."""
    if not log.isEnabledFor(logging.INFO):
        return
    fields = {
        "listener": record.listener,
        "why": record.why.value,
        "candidates": record.candidates,
        "chosen": record.chosen,
        "route": record.route,
        "model": record.model,
        "confidence": None if record.confidence is None else round(record.confidence, 4),
        "router": record.router,
        "prompt": record.prompt,
        "steps_ms": {step: round(ms, 3) for step, ms in record.steps_ms.items()},
        "total_ms": round(record.total_ms, 3),
        "request_id": record.request_id,
        "trace_id": record.trace_id,
        "decision_error": record.error,
        **record.more,
    }
    log.info("decision", extra={"fields": {name: value for name, value in fields.items() if value not in (None, "")}})
