"""One log line as a person reads it. In: a `Line`. Out: text, coloured on a terminal. Never fails on a strange line."""

from __future__ import annotations

import json
from datetime import datetime

from control_plane.console import paint
from control_plane.run.logs import Line, fields, is_sidecar, message

NOTHING = (None, "")
"""Values that say a field has none."""
HEALTH_ROUTE = "healthz"
DECISION = "decision"
UNWANTED = frozenset(
    {"router_failed", "router_late", "sidecar_failed", "refused", "fault", "client_left", "switch_too_expensive"}
)
"""Reasons that something did not go as it could have."""


def is_health_check(line: Line) -> bool:
    """Whether the line is about a probe asking /healthz."""
    return line.source == "access" and fields(line.text).get("route") == HEALTH_ROUTE


def pretty(line: Line) -> str:
    """Time, then what happened: for a request listener, model, route, cluster, status, tokens and milliseconds; for a
    decision listener, why, what was chosen, how sure that is and milliseconds."""
    clock = datetime.fromtimestamp(line.time_s).strftime("%H:%M:%S.%f")[:-3] if line.time_s else "--:--:--.---"
    found = fields(line.text) if line.source == "access" or is_sidecar(line) else {}
    if line.source == "access" and found:
        return f"{clock} {_request(found)}"
    if found.get("event") == DECISION:
        return f"{clock} {_decision(found)}"
    said = _event(found) if "event" in found else message(line)
    return f"{clock} {paint(f'{line.source:10}', 'magenta')} {said}"


def _decision(record: dict[str, object]) -> str:
    why, chosen = str(record.get("why") or "-"), record.get("chosen")
    names = [str(name) for name in chosen if name] if isinstance(chosen, list) else []
    error = record.get("decision_error")
    words = [
        paint(str(record.get("listener") or "-"), "cyan"),
        "decided",
        paint(why, "yellow" if why in UNWANTED else "green", bold=True),
        f"-> {error or ', '.join(names) or '-'}",
        *(f"{name}={record[name]}" for name in ("route", "confidence", "router") if record.get(name) not in NOTHING),
        f"{record.get('total_ms', '-')} ms",
        *(f"{name}={record[name]}" for name in ("problem", "request_id") if record.get(name) not in NOTHING),
    ]
    return " ".join(words)


def _event(record: dict[str, object]) -> str:
    """Anything else a worker says: the event and its fields."""
    shown = (f"{name}={value}" for name, value in record.items() if name not in ("time", "level", "event"))
    return " ".join([str(record.get("level") or "-"), str(record["event"]), *shown])


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
    words += [f"why={text('decision_why')}"] if request.get("decision_why") not in NOTHING else []
    optional = (f"{name}={text(name)}" for name in ("first_byte_ms", "flags", "caller", "request_id"))
    return " ".join([*words, *(word for word in optional if not word.endswith("=-"))])


def _status_colour(status: str) -> str:
    return {"2": "green", "3": "green", "4": "yellow"}.get(status[:1], "red")


def raw(line: Line) -> str:
    """A line as JSON: the object of the access log or of the sidecar, or {time, source, message}."""
    if (line.source == "access" or is_sidecar(line)) and fields(line.text):
        return line.text
    stamp = datetime.fromtimestamp(line.time_s).astimezone().isoformat(timespec="milliseconds") if line.time_s else None
    return json.dumps({"time": stamp, "source": line.source, "message": message(line)}, ensure_ascii=False)
