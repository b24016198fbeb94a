"""How one request is to be answered. In: keyword values, an `x-fake` header or a model id. Out: a `Script`."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args

Fault = Literal["", "hang", "hang_body", "reset", "fin", "reset_mid", "fin_mid", "hang_mid"]
Framing = Literal["", "length", "chunked", "close"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """One answer. Nothing set: the recording that fits the request, at once, as a whole.

    `recording` names an answer; `status`, `body`, `headers` override its parts. `chunk` bytes are sent per write
    (0 = all, -1 = one write per SSE event) with `gap_ms` between writes, `delay_ms` before the status line and
    `first_ms` between headers and body. `length_lie` is added to the true content-length. Faults: "hang" (no answer),
    "hang_body" (headers, then nothing), "reset"/"fin" before the status line, "reset_mid"/"fin_mid"/"hang_mid"
    after `cut` bytes of the body.
    """

    recording: str = ""
    status: int = 0
    body: bytes | None = None
    headers: tuple[tuple[str, str], ...] = ()
    framing: Framing = ""
    chunk: int = 0
    gap_ms: float = 0
    delay_ms: float = 0
    first_ms: float = 0
    length_lie: int = 0
    fault: Fault = ""
    cut: int = 0


DEFAULT = Script()
_KINDS = {f.name: f.type for f in fields(Script)}
_FAULTS = {f for f in get_args(Fault) if f}


def script(**values: Any) -> Script:
    """Build a script from loose values (text bodies, header dicts, numbers as text)."""
    unknown = values.keys() - _KINDS.keys()
    if unknown:
        raise ValueError(f"x-fake: unknown {sorted(unknown)}; known are {sorted(_KINDS)}")
    return Script(**{name: _value(name, value) for name, value in values.items()})


def _value(name: str, value: Any) -> Any:
    kind = _KINDS[name]
    if name == "headers":
        return tuple(value.items()) if isinstance(value, dict) else tuple(value)
    if name == "body":
        return value.encode() if isinstance(value, str) else value
    return int(value) if kind == "int" else float(value) if kind == "float" else value


def from_text(text: str) -> Script:
    """`{"status": 500}` or `status=500;gap_ms=10`."""
    if text.lstrip().startswith("{"):
        return script(**json.loads(text))
    return script(**dict(pair.strip().split("=", 1) for pair in text.split(";") if pair.strip()))


def from_model(model: str) -> Script | None:
    """The model id `fake-503`, `fake-hang`, `fake-chat-tools` asks for that status, fault or recording."""
    if not model.startswith("fake-"):
        return None
    word = model.removeprefix("fake-")
    if word.isdigit():
        return Script(status=int(word))
    return Script(fault=word) if word in _FAULTS else Script(recording=word)  # type: ignore[arg-type]
