"""What a polyglot provider's answers say, in every dialect: the constants a client is held against; nothing of HTTP."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

WORDS = ("It is ", "21 °C in Zürich", " — ", "bring ☂.")
TEXT = "".join(WORDS)
TOOL, ARGUMENTS = "get_weather", {"city": 'Zürich "ZH" ✓', "days": 3, "units": {"temperature": ["C"]}}
CALL_ID = "callNo001"
"""Every provider's rule for ids allows it, Mistral's of nine letters and digits too."""
THOUGHT, PROOF = "The user wants to know about the weather.", base64.b64encode(b"proof of the provider").decode()
INPUT, CACHED, OUTPUT, REASONING = 40, 12, 25, 7
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Meant:
    """What an answer is to say; `end`: "end", "tool" or "length"."""

    end: str
    thinks: bool = False


def sse(events: Iterable[Mapping[str, Any] | str], *, named: bool = False) -> bytes:
    """Server-sent events; `named`: with the event's type as its name."""
    out = []
    for event in events:
        data = event if isinstance(event, str) else json.dumps(event)
        name = f"event: {event['type']}\n" if named and not isinstance(event, str) else ""
        out.append(f"{name}data: {data}\n\n")
    return "".join(out).encode()


def halves(text: str) -> tuple[str, str]:
    return text[: len(text) // 2], text[len(text) // 2 :]
