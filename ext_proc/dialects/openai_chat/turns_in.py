"""The messages of a request as system texts and turns.

In: `messages`. Out: what system and developer messages say before all others as system texts, then one turn for each
message. `extra` of a turn keeps what only this dialect has of its message, that of a system text the whole of it but
the content.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, cast

from ext_proc.chat.parts import Media, Part, Reasoning, Refusal, Signature, StoredFile, Text, ToolCall, ToolResult
from ext_proc.chat.reading import Node
from ext_proc.chat.request import Turn
from ext_proc.chat.sealing import unseal, unseal_call
from ext_proc.dialects.openai_chat.content_in import read_citations, read_marked, read_result
from ext_proc.dialects.openai_chat.media_in import cache_mark
from ext_proc.dialects.openai_chat.thoughts import DETAILS, FIELDS, read_thoughts
from ext_proc.dialects.openai_chat.words import EXTRA_CONTENT, FIELD, GEMINI, LEGACY, MESSAGE, NAME

_ROLES = ("system", "developer", "user", "assistant", "tool", "function")
_SAID = ("role", "name", "content", "refusal", "tool_calls", "function_call", "audio", "annotations")


def read_turns(body: Node) -> tuple[tuple[Text, ...], tuple[Turn, ...]]:
    if not body.has("messages"):
        body.wrong("messages", "is missing")
    system: list[Text] = []
    turns: list[Turn] = []
    called: dict[str, str] = {}
    for message in body.nodes("messages"):
        role = _role(message)
        texts = _system_texts(message) if role in ("system", "developer") and not turns else None
        if texts is not None:
            system += texts
        else:
            turns.append(_turn(message, role, called))
    return tuple(system), tuple(turns)


def read_call(node: Node, *, sealed: bool = True) -> ToolCall:
    """`sealed`: ids may hold signatures, as they do in requests."""
    custom = node.text("type") == "custom" or (node.has("custom") and not node.has("function"))
    name, written = ("custom", "input") if custom else ("function", "arguments")
    inner = node.node(name)
    if inner is None:
        node.wrong(name, "is missing")
    id, signature = unseal_call(node.text("id")) if sealed else (node.text("id"), None)
    return ToolCall(
        id=id,
        name=inner.needed_text("name"),
        arguments=inner.text(written),
        custom=custom,
        signature=signature or thought_signature(node),
        extra={key: value for key, value in node.rest("id", "type", "index", name).items() if value is not None},
        at=node.at,
    )


def thought_signature(node: Node) -> Signature | None:
    """Gemini's, as its OpenAI surface writes it."""
    content = node.node(EXTRA_CONTENT)
    google = content.node("google") if content is not None else None
    found = google.text("thought_signature") if google is not None else ""
    return unseal(found, GEMINI)[0] if found else None


def _role(message: Node) -> str:
    role = message.needed_text("role")
    return role if role in _ROLES else message.wrong("role", f"must be one of {', '.join(_ROLES)}")


def _system_texts(message: Node) -> list[Text] | None:
    """None where the message holds something else."""
    parts = read_marked(message)
    if not parts or not all(isinstance(part, Text) for part in parts):
        return None
    members = {MESSAGE: message.rest("content")}
    return [replace(part, extra={**part.extra, **members}) for part in cast("list[Text]", parts)]


def _turn(message: Node, role: str, called: dict[str, str]) -> Turn:
    match role:
        case "tool" | "function":
            return Turn(role="user", parts=(_result(message, role, called),), at=message.at)
        case "assistant":
            return _said(message, called)
        case _:
            return Turn(
                role=cast("Literal['user', 'system', 'developer']", role),
                parts=tuple(read_marked(message)),
                name=message.text("name"),
                extra=message.rest("role", "name", "content"),
                at=message.at,
            )


def _said(message: Node, called: dict[str, str]) -> Turn:
    calls = [read_call(node) for node in message.nodes("tool_calls")] + _legacy_call(message)
    called.update((call.name, call.id) for call in calls if call.extra.get(LEGACY))
    parts: list[Part] = [*_thoughts(message), *_cited(message), *_refusal(message), *_sound(message), *calls]
    return Turn(
        role="assistant",
        parts=tuple(parts),
        name=message.text("name"),
        extra=message.rest(*_SAID, *_thought_members(message)),
        at=message.at,
    )


def _thoughts(message: Node) -> list[Reasoning]:
    """What a client sends as thoughts without a proof has none."""
    return [replace(part, signature=None) if _is_field(part) else part for part in read_thoughts(message)]


def _is_field(part: Reasoning) -> bool:
    return FIELD in part.extra


def _thought_members(message: Node) -> tuple[str, ...]:
    """Members that are told as thoughts, or again beside details made by this gateway."""
    if not message.has(DETAILS):
        return FIELDS
    made = any(part.signature is None or part.signature.origin != NAME for part in read_thoughts(message))
    return (DETAILS, *FIELDS) if made else (DETAILS,)


def _cited(message: Node) -> list[Part]:
    """Citations belong to the first text."""
    parts, citations = read_marked(message), read_citations(message)
    for number, part in enumerate(parts):
        if isinstance(part, Text) and citations:
            parts[number] = replace(part, citations=citations)
            break
    return parts


def _refusal(message: Node) -> list[Part]:
    found = message.text("refusal")
    return [Refusal(text=found, at=message.address("refusal"))] if found else []


def _sound(message: Node) -> list[Part]:
    """Sound said before, by its id."""
    node = message.node("audio")
    if node is None:
        return []
    stored = StoredFile(node.needed_text("id"), NAME)
    return [Media(kind="audio", source=stored, origin=NAME, extra=node.rest("id"), at=node.at)]


def _legacy_call(message: Node) -> list[ToolCall]:
    node = message.node("function_call")
    if node is None:
        return []
    number = message.at.partition("[")[2].partition("]")[0]
    return [
        ToolCall(
            id=f"call_function_{number}",
            name=node.needed_text("name"),
            arguments=node.text("arguments"),
            extra={LEGACY: True},
            at=node.at,
        )
    ]


def _result(message: Node, role: str, called: dict[str, str]) -> ToolResult:
    name = message.text("name")
    legacy = role == "function"
    id = called.get(name, f"call_function_{name}") if legacy else unseal_call(message.needed_text("tool_call_id"))[0]
    left = message.rest("role", "name", "content", "tool_call_id")
    return ToolResult(
        call_id=id,
        content=read_result(message),
        name=name,
        cache=cache_mark(message),
        extra=left | ({LEGACY: True} if legacy else {}),
        at=message.at,
    )
