"""One log line as a person reads it. In: a `Line`. Out: text, coloured on a terminal. Never fails on a strange line."""

from __future__ import annotations

import json
from datetime import datetime

from control_plane.console import paint
from control_plane.run.logs import Line, fields, message

NOTHING = (None, "")
"""Values that say a field has none."""
HEALTH_ROUTE = "healthz"


def is_health_check(line: Line) -> bool:
    """Whether the line is about a probe asking /healthz."""
    return line.source == "access" and fields(line.text).get("route") == HEALTH_ROUTE


def pretty(line: Line) -> str:
    """Time, then what happened: for a request listener, model, route, cluster, status, tokens and milliseconds."""
    clock = datetime.fromtimestamp(line.time_s).strftime("%H:%M:%S.%f")[:-3] if line.time_s else "--:--:--.---"
    request = fields(line.text) if line.source == "access" else {}
    if not request:
        return f"{clock} {paint(f'{line.source:10}', 'magenta')} {message(line)}"
    return f"{clock} {_request(request)}"


def _request(request: dict[str, object]) -> str:
    def text(name: str) -> str:
        value = request.get(name)
        return "-" if value in NOTHING else str(value)

    status = text("status")
    words = [
        paint(text("listener"), "cyan"),
        text("method"),
        text("path"),
        paint(status, _status_colour(status), bold=True),
        f"{text('duration_ms')} ms",
        f"model={text('requested_model')}",
        f"route={text('route')}",
        f"cluster={text('cluster')}",
        f"tokens={text('input_tokens')} in, {text('output_tokens')} out",
    ]
    attempts = request.get("attempts")
    if isinstance(attempts, int) and attempts > 1:
        words.append(f"attempts={attempts}")
    optional = (f"{name}={text(name)}" for name in ("first_byte_ms", "flags", "caller", "request_id"))
    return " ".join([*words, *(word for word in optional if not word.endswith("=-"))])


def _status_colour(status: str) -> str:
    return {"2": "green", "3": "green", "4": "yellow"}.get(status[:1], "red")


def raw(line: Line) -> str:
    """A line as JSON: the access log's own object, or {time, source, message}."""
    if line.source == "access" and fields(line.text):
        return line.text
    stamp = datetime.fromtimestamp(line.time_s).astimezone().isoformat(timespec="milliseconds") if line.time_s else None
    return json.dumps({"time": stamp, "source": line.source, "message": message(line)}, ensure_ascii=False)
