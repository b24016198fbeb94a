"""The parts of a content read.

In: a part of a request or of an answer. Out: a part of `chat.parts`. Kinds nobody else has stay whole, as `Opaque`.
"""

from __future__ import annotations

from typing import Any

from ext_proc.chat.jsontext import dumps
from ext_proc.chat.parts import Media, Opaque, Part, Plain, Text, ToolCall, ToolResult
from ext_proc.dialects.gemini.media import read_file, read_inline
from ext_proc.dialects.gemini.signing import read_signature, signed_thought
from ext_proc.dialects.gemini.spelling import Member
from ext_proc.dialects.gemini.words import COMMON, NAME, NOT_ESSENTIAL, RAW, UNNUMBERED

_READ_APART = ("thought", "thoughtSignature")
_ANSWERS = ("output", "result")
"""A response with one of these alone says no more than its value; `output` is the API's own word."""


def read_part(part: Member) -> Part:
    if part.has("text"):
        return _read_words(part)
    if part.flag("thought") and not part.has("functionCall"):
        return _read_thought(part)
    if part.has("inlineData"):
        return read_inline(part)
    if part.has("fileData"):
        return read_file(part)
    if part.has("functionCall"):
        return _read_call(part)
    if part.has("functionResponse"):
        return _read_result(part)
    return _read_other(part)


def arguments_of(call: Member) -> str:
    """The JSON text of a call's arguments."""
    return _json(call, call.plain_object("args") or {})


def _read_words(part: Member) -> Part:
    if part.flag("thought"):
        return _read_thought(part)
    signature, _ = read_signature(part)
    extra = part.rest("text", *_READ_APART)
    return Text(text=part.text("text"), signature=signature, extra=extra, at=part.at)


def _read_thought(part: Member) -> Part:
    """A thought in words; one in another form (a draft of an image) is no part of what was said."""
    if not part.has("text") and _kinds(part):
        return Opaque(origin=NAME, kind="thought", raw=part.plain, essential=False, at=part.at)
    signature, note = read_signature(part)
    extra = part.rest("text", *_READ_APART)
    return signed_thought(part.text("text"), signature, note, at=part.at, extra=extra)


def _read_call(part: Member) -> ToolCall:
    call = part.needed("functionCall")
    signature, _ = read_signature(part)
    extra = part.rest("functionCall", "thoughtSignature") | _more(call, "id", "name", "args")
    return ToolCall(
        id=call.text("id"),
        name=call.needed_text("name"),
        arguments=arguments_of(call),
        signature=signature,
        extra=extra if call.text("id") else extra | {UNNUMBERED: True},
        at=part.at,
    )


def _read_result(part: Member) -> ToolResult:
    result = part.needed("functionResponse")
    response = result.plain_object("response")
    content, failed = _read_response(result, response or {})
    media = [read for node in result.members("parts") if isinstance(read := read_part(node), Text | Media)]
    extra = part.rest("functionResponse") | {RAW: result.rest("id", "name")}
    return ToolResult(
        call_id=result.text("id"),
        name=result.needed_text("name"),
        content=(*content, *media),
        error=failed,
        extra=extra if result.text("id") else extra | {UNNUMBERED: True},
        at=part.at,
    )


def _read_response(result: Member, response: Plain) -> tuple[tuple[Text, ...], bool]:
    at = result.address("response")
    match list(response.items()):
        case []:
            return (), False
        case [("error", told)]:
            return (Text(text=_told(result, told), at=at),), True
        case [(word, told)] if word in _ANSWERS:
            return (Text(text=_told(result, told), at=at),), False
        case _:
            return (Text(text=_json(result, response), at=at),), False


def _told(result: Member, value: object) -> str:
    return value if isinstance(value, str) else _json(result, value)


def _json(node: Member, value: object) -> str:
    """JSON text, however odd the value is."""
    try:
        return dumps(value).decode()
    except (ValueError, RecursionError):
        node.wrong("", "has values JSON cannot say")


def _more(call: Member, *taken: str) -> dict[str, Any]:
    more = call.rest(*taken)
    return {RAW: more} if more else {}


def _kinds(part: Member) -> list[str]:
    return [name for name, value in part.plain.items() if name not in COMMON and value is not None]


def _read_other(part: Member) -> Part:
    kinds = _kinds(part)
    if not kinds:
        signature, _ = read_signature(part)
        return Text(text="", signature=signature, extra=part.rest("text", *_READ_APART), at=part.at)
    kind = kinds[0]
    return Opaque(origin=NAME, kind=kind, raw=part.plain, essential=kind not in NOT_ESSENTIAL, at=part.at)
