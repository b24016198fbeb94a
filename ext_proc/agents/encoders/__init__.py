"""One file for each dialect an answer is written in. What they share is here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ext_proc.conversation import write_body

# Ends of lines to some readers of event streams, though the standard knows only CR and LF.
_LINE_ENDS = {"\N{NEXT LINE}".encode(): rb"\u0085", "\u2028".encode(): rb"\u2028", "\u2029".encode(): rb"\u2029"}


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerHead:
    """`id` is unique, without the dialect's prefix; `model` is what the client asked for; `created_s` is Unix time."""

    id: str
    model: str
    created_s: int


def event(plain: Mapping[str, object], name: str = "") -> bytes:
    """One server-sent event."""
    data = write_body(plain)
    for raw, escaped in _LINE_ENDS.items():
        data = data.replace(raw, escaped)
    return (f"event: {name}\n".encode() if name else b"") + b"data: " + data + b"\n\n"
