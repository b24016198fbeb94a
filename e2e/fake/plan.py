"""What to send for a request: pure. In: target, body, scripts. Out: the script used, and steps of pauses and bytes."""

from __future__ import annotations

import functools
import json
from enum import Enum
from typing import Any

from e2e.fake.answers import Answer, answer
from e2e.fake.http1 import framed, head, pieces
from e2e.fake.script import Script, from_model

# Bytes in flight are dropped by a reset: wait until they were read.
_BEFORE_CUT_S = 0.05


class End(Enum):
    """How an answer ends: complete (and the connection kept or closed), or cut by FIN, by RST, or never."""

    KEEP = "keep"
    CLOSE = "close"
    FIN = "fin"
    RST = "rst"
    HANG = "hang"


_ENDS = {
    "hang": End.HANG,
    "hang_body": End.HANG,
    "hang_mid": End.HANG,
    "fin": End.FIN,
    "fin_mid": End.FIN,
    "reset": End.RST,
    "reset_mid": End.RST,
}
# (seconds to wait first, what to send or how to end)
Steps = tuple[tuple[float, bytes | End], ...]


@functools.lru_cache(maxsize=512)
def plan(target: str, body: bytes, told: Script | None, always: Script) -> tuple[Script, Steps]:
    """The script (told, else by model id, else `always`) and its steps."""
    parsed = _json(body)
    told = told or _by_model(parsed) or always
    try:
        found = answer(target, parsed, told)
    except KeyError as missing:
        found = Answer(404, (("content-type", "text/plain"),), f"no recording {missing}".encode())
    return told, steps(found, told, streamed=_asks_stream(target, parsed))


def _asks_stream(target: str, parsed: Any) -> bool:
    """The body says so, or the path."""
    by_path = target.partition("?")[0].endswith((":streamGenerateContent", "/converse-stream"))
    return by_path or (isinstance(parsed, dict) and bool(parsed.get("stream")))


def _json(body: bytes) -> Any:
    try:
        return json.loads(body) if body.lstrip()[:1] in (b"{", b"[") else None
    except ValueError:
        return None


def _by_model(parsed: Any) -> Script | None:
    model = parsed.get("model") if isinstance(parsed, dict) else None
    return from_model(model) if isinstance(model, str) else None


def steps(found: Answer, script: Script, *, streamed: bool) -> Steps:
    """An answer as bytes over time."""
    delay_s = script.delay_ms / 1000
    if script.fault in ("hang", "reset", "fin"):
        return ((delay_s, _ENDS[script.fault]),)
    framing = script.framing or ("chunked" if streamed else "length")
    start = head(found.status, found.headers, framing, len(found.body) + script.length_lie)
    if script.fault == "hang_body":
        return ((delay_s, start), (0, End.HANG))
    cut = script.fault.endswith("_mid")
    body = found.body[: script.cut] if cut else found.body
    parts = _paused(start, [framed(p, framing) for p in pieces(body, script.chunk)], script)
    if cut:
        return (*parts, (_BEFORE_CUT_S, _ENDS[script.fault]))
    end = End.CLOSE if framing == "close" or script.length_lie else End.KEEP
    return (*_terminated(parts, framing), (0, end))


def _paused(start: bytes, parts: list[bytes], script: Script) -> list[tuple[float, bytes]]:
    delay_s = script.delay_ms / 1000
    if not script.gap_ms and not script.first_ms and not script.chunk:
        return [(delay_s, start + b"".join(parts))]
    first = [(script.first_ms / 1000, p) for p in parts[:1]]
    return [(delay_s, start), *first, *((script.gap_ms / 1000, p) for p in parts[1:])]


def _terminated(parts: list[tuple[float, bytes]], framing: str) -> list[tuple[float, bytes]]:
    if framing != "chunked":
        return parts
    pause_s, last = parts[-1]
    return [*parts[:-1], (pause_s, last + b"0\r\n\r\n")]
