"""Parts of an answer written for a client.

In: a whole part. Out: a part of a content; None for what this API cannot say. Signatures of other dialects go along
sealed, so that the client brings them back.
"""

from __future__ import annotations

from typing import Any

from ext_proc.chat.errors import Unable
from ext_proc.chat.jsontext import loads_object
from ext_proc.chat.parts import Media, Opaque, Part, Reasoning, Refusal, Text, ToolCall
from ext_proc.dialects.gemini.media import write_media
from ext_proc.dialects.gemini.signing import note_of, write_signature
from ext_proc.dialects.gemini.words import NAME

Told = dict[str, Any]


class Teller:
    """Writes the parts of one answer; calls without ids get `call_{id}_{n}`. `malformed`: choices in which a call had
    arguments that are no object."""

    def __init__(self, id: str) -> None:
        self.malformed: set[int] = set()
        self._id = id
        self._calls = 0

    def tell(self, part: Part, choice: int) -> Told | None:
        match part:
            case Text() | Reasoning():
                return {**piece(part, part.text), **signature_of(part)}
            case Refusal(text=text):
                return {"text": text}
            case ToolCall():
                return self._call(part, choice)
            case Media():
                return _media(part)
            case Opaque(origin=origin, raw=raw) if origin == NAME:
                return dict(raw)
            case _:
                return None

    def _call(self, call: ToolCall, choice: int) -> Told | None:
        self._calls += 1
        try:
            arguments = loads_object(call.arguments)
        except ValueError:
            self.malformed.add(choice)
            return None
        id = call.id or f"call_{self._id}_{self._calls}"
        return {"functionCall": {"id": id, "name": call.name, "args": arguments}, **write_signature(call.signature)}


def piece(part: Part, text: str) -> Told:
    """Some words of a part."""
    return {"text": text, "thought": True} if isinstance(part, Reasoning) else {"text": text}


def signature_of(part: Part) -> Told:
    match part:
        case Reasoning():
            return write_signature(part.signature, note_of(part))
        case Text():
            return write_signature(part.signature)
        case _:
            return {}


def _media(media: Media) -> Told | None:
    try:
        return write_media(media)
    except Unable:
        return None
