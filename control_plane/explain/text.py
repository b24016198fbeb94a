"""An `Explanation` as text for a terminal; colours only where asked for."""

from __future__ import annotations

from collections.abc import Iterator

from control_plane.explain.answer import Attempt, Explanation, ListenerTable, Request, Row, Step
from control_plane.problems import Place

_COLOURS = {"bold": "\x1b[1m", "dim": "\x1b[2m", "red": "\x1b[31m", "green": "\x1b[32m"}
_END = "\x1b[0m"
_WIDTH = 16
_INDENT = " " * (_WIDTH + 2)


def text(explanation: Explanation, *, colour: bool = False) -> str:
    """The whole explanation, one line ending included."""
    blocks = [
        *(_table(table, colour) for table in explanation.listeners),
        *(_request(request, colour) for request in explanation.requests),
    ]
    if explanation.not_enforced:
        blocks.append(
            "\n".join([_paint("Not enforced yet", "bold", colour), *_steps(explanation.not_enforced, colour)])
        )
    return "\n\n".join(blocks) + "\n"


def _request(request: Request, colour: bool) -> str:
    head = f"{request.path} on {request.listener}" + (f", model {request.model}" if request.model else ", no model")
    lines = [_paint(head, "bold", colour), *_steps(request.steps, colour)]
    for number, group in enumerate(request.attempts, 1):
        for attempt in group:
            share = f", {attempt.share}% of requests" if len(group) > 1 else ""
            lines.extend(_attempt(attempt, f"attempt {number}{share}", colour))
    lines += [_line(s.name, s.value, s.at, colour, default=True) for s in (*request.deciding, *request.settings)]
    lines += [_line("filter", name, None, colour) for name in request.filters]
    if request.refusal:
        refusal = request.refusal
        answer = f"{refusal.status} {refusal.code}: {refusal.message}"
        lines += [_paint(f"  {'answer':<{_WIDTH}}{answer}", "red", colour), f"{_INDENT}{refusal.do}"]
    return "\n".join(lines)


def _attempt(attempt: Attempt, title: str, colour: bool) -> Iterator[str]:
    where = f"{attempt.address}{attempt.path}" if attempt.path else "nobody: the answer is an estimate"
    yield _line("send to", f"{where}  [{title}]", attempt.at, colour)
    if attempt.translated and attempt.path:
        yield _line("translated", f"into {attempt.translated}, and the answer back", None, colour)
    model = f"{attempt.model} (the body is rewritten)" if attempt.rewritten else attempt.model
    headers = f"; headers {', '.join(attempt.headers)}" if attempt.headers else ""
    yield f"{_INDENT}cluster {attempt.cluster}; model {model}"
    yield f"{_INDENT}credential {attempt.credential}{headers}"


def _table(table: ListenerTable, colour: bool) -> str:
    head = f"{table.name} ({table.kind}) {table.address}, callers: {table.callers}"
    lines = [_paint(head, "bold", colour) + _place(table.at, colour)]
    for row in table.rows:
        lines += [f"  {row.name}{_place(row.at, colour)}", f"      {_destination(row)}"]
    lines += [_line(s.name, s.value, s.at, colour, default=True) for s in table.deciding]
    if table.kind != "agent":
        lines.append(f"  no model -> {table.default}" if table.default else "  no model -> refused (missing_model)")
    return "\n".join(lines)


def _destination(row: Row) -> str:
    """Where it leads, and on which paths; one that is served on no path is answered with an error."""
    if row.paths is None:
        return f"-> {row.leads_to}"
    if not row.paths:
        return f"-> {row.leads_to}: 501 until requests can be translated"
    shown = ", ".join(row.paths[:4]) + (f" and {len(row.paths) - 4} more" if len(row.paths) > 4 else "")
    return f"-> {row.leads_to}: {shown}"


def _steps(steps: tuple[Step, ...], colour: bool) -> list[str]:
    return [_line(step.topic, step.text, step.at, colour) for step in steps]


def _line(topic: str, value: str, at: Place | None, colour: bool, *, default: bool = False) -> str:
    origin = _place(at, colour) if at else _paint("  default", "dim", colour) if default else ""
    return f"  {topic:<{_WIDTH}}{value}{origin}"


def _place(at: Place, colour: bool) -> str:
    return _paint(f"  {at}", "dim", colour)


def _paint(value: str, colour: str, on: bool) -> str:
    return f"{_COLOURS[colour]}{value}{_END}" if on else value
