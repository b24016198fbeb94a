"""What the model said earlier, written as messages of the assistant.

In: a turn of the model. Out: the members of its message, or the message. A call's signature goes to Gemini models, and
thoughts without a proof go to servers that want them while the model works on its tools' results; OpenAI's models take
neither.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ext_proc.chat.errors import Unable
from ext_proc.chat.flattening import flat_call
from ext_proc.chat.parts import Media, Part, Reasoning, Refusal, StoredFile, Text, ToolCall
from ext_proc.chat.request import Turn
from ext_proc.dialects.openai_chat.content_out import cache_of, name_of, write_content
from ext_proc.dialects.openai_chat.families import (
    family_of,
    is_gemini,
    is_mistral_api,
    takes_text_tools,
    wants_thoughts_with_calls,
)
from ext_proc.dialects.openai_chat.losses import Losses
from ext_proc.dialects.openai_chat.thoughts import DETAILS, FIELDS, field_of, own_fields, write_detail
from ext_proc.dialects.openai_chat.words import EXTRA_CONTENT, GEMINI, LEGACY, NAME

Message = dict[str, Any]


def write_own_answer(turn: Turn, losses: Losses) -> Message:
    """As this dialect's client sent it."""
    calls = [part for part in turn.parts if isinstance(part, ToolCall)]
    spoken = [part for part in turn.parts if _is_content(part)]
    message: Message = {"content": write_content(spoken, losses)} if spoken else {}
    message |= own_fields(part for part in turn.parts if isinstance(part, Reasoning))
    for part in turn.parts:
        match part:
            case Refusal(text=text, at=at) if at.endswith(".refusal"):
                message["refusal"] = text
            case Media(source=StoredFile(id=id), extra=extra) if part.kind == "audio":
                message["audio"] = {"id": id, **extra}
            case Text(citations=citations) if citations:
                message["annotations"] = [dict(each.raw) for each in citations]
            case _:
                pass
    for call in calls:
        if call.extra.get(LEGACY):
            message["function_call"] = {"name": call.name, "arguments": call.arguments}
        else:
            message.setdefault("tool_calls", []).append(_write_call(call, losses))
    return message


def write_answer(turn: Turn, losses: Losses, *, in_loop: bool) -> list[Message]:
    """[] where nothing is left of it."""
    calls = [_write_call(part, losses) for part in turn.parts if isinstance(part, ToolCall)]
    refusal = "".join(part.text for part in turn.parts if isinstance(part, Refusal))
    _check_media(turn.parts)
    content = write_content([part for part in turn.parts if not isinstance(part, Refusal | Reasoning)], losses)
    if not calls and not refusal and not content:
        return []
    always = bool(calls) and wants_thoughts_with_calls(losses.model)
    found = (part for part in turn.parts if isinstance(part, Reasoning))
    thoughts = _thoughts(found, losses, in_loop=in_loop or always)
    if always:
        thoughts.setdefault(FIELDS[0], "")
    named = name_of(turn, losses)
    return [
        {"role": "assistant", **named, "content": content or None}
        | ({"refusal": refusal} if refusal else {})
        | thoughts
        | ({"tool_calls": calls} if calls else {})
    ]


def _is_content(part: Part) -> bool:
    match part:
        case Reasoning():
            return "part" in part.extra
        case ToolCall():
            return False
        case Refusal(at=at):
            return not at.endswith(".refusal")
        case Media(kind="audio", source=StoredFile()):
            return False
        case _:
            return True


def _check_media(parts: Sequence[Part]) -> None:
    for part in parts:
        if isinstance(part, Media):
            raise Unable(part.at, "content", "what the model itself showed earlier cannot be sent back")


def _thoughts(parts: Iterable[Reasoning], losses: Losses, *, in_loop: bool) -> Message:
    if family_of(losses.model) != "compatible" or is_mistral_api(losses.model):
        return {}
    written: Message = {}
    for part in parts:
        if (detail := write_detail(part)) is not None:
            written.setdefault(DETAILS, []).append(detail)
        elif in_loop and (name := field_of(part)):
            written[name] = written.get(name, "") + part.text
    return written


def _write_call(call: ToolCall, losses: Losses) -> Message:
    """Text tools are known to few models; to all others they are functions."""
    as_text = call.custom and (losses.own or takes_text_tools(losses.model))
    if not losses.own:
        call = _flat(call, as_text=as_text)
    extra = {name: value for name, value in call.extra.items() if name != LEGACY} if losses.own else {}
    inner: Message = (
        {"custom": {"name": call.name, "input": call.arguments}}
        if as_text
        else {"function": {"name": call.name, "arguments": call.arguments or ("" if losses.own else "{}")}}
    )
    kind = "custom" if as_text else "function"
    signed = {} if EXTRA_CONTENT in extra else _signed(call, losses)
    cached = {} if losses.own else cache_of(call.cache, call.at, losses)
    return {"id": call.id, "type": kind, **inner, **extra, **signed, **cached}


def _flat(call: ToolCall, *, as_text: bool) -> ToolCall:
    flat = flat_call(call)
    if not as_text:
        return flat
    return ToolCall(id=call.id, name=flat.name, arguments=call.arguments, custom=True, signature=call.signature)


def _signed(call: ToolCall, losses: Losses) -> Message:
    signature = call.signature
    if signature is None:
        return {}
    if signature.origin == NAME or (signature.origin == GEMINI and is_gemini(losses.model)):
        return {EXTRA_CONTENT: {"google": {"thought_signature": signature.data}}}
    return {}
