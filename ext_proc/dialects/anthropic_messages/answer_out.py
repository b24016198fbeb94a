"""An answer written for a client: whole, and the pieces a stream of it is made of.

In: an `Answer` of any provider. Out: a message object. The first choice only: clients of this dialect cannot ask for
more. What a client could not send back unharmed is sealed. Thoughts are told to clients that asked for them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ext_proc.chat.answer import Answer, Choice, Stop, Usage
from ext_proc.chat.dialect import Saying
from ext_proc.chat.flattening import flat_call
from ext_proc.chat.parts import Media, Opaque, Part, Plain, Reasoning, Refusal, Signature, Text, ToolCall
from ext_proc.chat.request import Request
from ext_proc.chat.sealing import seal, seal_call
from ext_proc.dialects.anthropic_messages.arguments import input_of
from ext_proc.dialects.anthropic_messages.citations import told_citation
from ext_proc.dialects.anthropic_messages.media_in import written_source
from ext_proc.dialects.anthropic_messages.stops import write_stop
from ext_proc.dialects.anthropic_messages.usage import write_usage
from ext_proc.dialects.anthropic_messages.words import NAME, UNSIGNED

Block = dict[str, Any]
_BESIDE = {"container": dict, "context_management": dict, "diagnostics": dict, "input_transformations": list}
"""What only this dialect's answers have, where it has the form it has there."""


def encode_answer(answer: Answer, saying: Saying) -> Block:
    choice = answer.choices[0] if answer.choices else Choice(parts=(), stop=Stop(reason="end"))
    blocks: list[Block] = []
    for part in choice.parts:
        if (asked := as_asked(part, saying.request)) is not None:
            blocks += write_part(asked, saying.id, len(blocks))
    said = {**answer.rest, **choice.stop.extra}
    return message(answer.id, saying, said, answer.usage) | {"content": blocks} | write_end(choice.stop) | beside(said)


def as_asked(part: Part, request: Request) -> Part | None:
    """A part as the client wants it. Who did not ask for thoughts expects the answer in the first block; who wants them
    without their text gets their proof."""
    if not isinstance(part, Reasoning):
        return part
    thinking = request.thinking
    if thinking is None or not thinking.enabled:
        return None
    return replace(part, text="") if thinking.show is False else part


def message(id: str, saying: Saying, rest: Plain, usage: Usage | None) -> Block:
    """A message that says nothing yet. Its id is the provider's where it is one of this dialect."""
    return {
        "id": id if id.startswith("msg_") else f"msg_{saying.id}",
        "type": "message",
        "role": "assistant",
        "model": saying.model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": write_usage(usage, rest),
    }


def write_end(stop: Stop) -> Block:
    details = stop.extra.get("stop_details")
    return write_stop(stop) | ({"stop_details": details} if isinstance(details, dict) else {})


def beside(said: Plain) -> Block:
    return {name: said[name] for name, form in _BESIDE.items() if isinstance(said.get(name), form)}


def write_part(part: Part, id: str, number: int) -> list[Block]:
    """No block for a part that says nothing to a client of this dialect."""
    match part:
        case Text() | Refusal():
            return _text(part)
        case Reasoning():
            return [thought(part)] if part.text or part.signature else []
        case ToolCall():
            flat = flat_call(part)
            return [call(flat, part.signature, id, number) | {"input": input_of(flat.arguments)}]
        case Opaque():
            return [dict(part.raw)] if part.origin == NAME else []
        case Media():
            return [{"type": part.kind, "source": written_source(part.source)}]
        case _:
            return []


def _text(part: Text | Refusal) -> list[Block]:
    citations = part.citations if isinstance(part, Text) else ()
    told = [found for each in citations if (found := told_citation(each)) is not None]
    if not part.text and not told:
        return []
    return [{"type": "text", "text": part.text} | ({"citations": told} if told else {})]


def call(call: ToolCall, signature: Signature | None, id: str, number: int) -> Block:
    """A call with no input yet."""
    known = call.id or f"toolu_{id}_{number}"
    kept = {name: value for name, value in call.extra.items() if name in ("caller", "toolset_name")}
    return {"type": "tool_use", "id": seal_call(known, signature), "name": call.name, "input": {}, **kept}


def thought(part: Reasoning) -> Block:
    sealed = sealed_thought(part.signature, part.id)
    if part.redacted:
        return {"type": "redacted_thinking", "data": sealed}
    return {"type": "thinking", "thinking": part.text, "signature": sealed}


def sealed_thought(signature: Signature | None, id: str) -> str:
    """Thoughts without a proof get a seal that says so: a provider of this dialect would refuse them."""
    return seal(signature or Signature(UNSIGNED, ""), NAME, id)
