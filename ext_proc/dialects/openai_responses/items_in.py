"""The items of a conversation, and of an answer, read one by one.

In: an item. Out: whose it is and its parts. Calls, results and thoughts become parts of `chat.parts`; what only this
dialect has stays whole, as `Opaque`. Ids and proofs may be sealed by this gateway in a request,
never in an answer.
"""

from __future__ import annotations

from typing import Literal

from ext_proc.chat.parts import Opaque, Part, Reasoning, Signature, ToolCall, ToolResult
from ext_proc.chat.reading import Node
from ext_proc.chat.sealing import unseal, unseal_call
from ext_proc.dialects.openai_responses.content_in import read_content, read_output
from ext_proc.dialects.openai_responses.words import FROM_CLIENT, NAME, NOT_ESSENTIAL, REDACTED, UNSIGNED

Side = Literal["user", "assistant"]
_CALL = ("type", "id", "call_id", "name", "namespace")


def kind_of(item: Node) -> str:
    """An item without a type is a message where it has a role, a reference where it has an id."""
    if item.has("type"):
        return item.needed_text("type")
    if item.has("role"):
        return "message"
    return "item_reference" if item.has("id") else item.wrong("type", "is missing")


def read_item(item: Node) -> tuple[Side, list[Part]]:
    """A message's role is for the caller to read."""
    match kind_of(item):
        case "message":
            return "assistant", read_content(item, "content")
        case "function_call":
            return "assistant", [read_call(item)]
        case "custom_tool_call":
            return "assistant", [read_call(item, custom=True)]
        case "reasoning":
            return "assistant", [read_reasoning(item)]
        case "function_call_output":
            return "user", [_read_result(item)]
        case "custom_tool_call_output":
            return "user", [_read_result(item, custom=True)]
        case kind:
            return ("user" if kind in FROM_CLIENT else "assistant"), [_opaque(item, kind)]


def read_call(item: Node, *, custom: bool = False) -> ToolCall:
    written = "input" if custom else "arguments"
    id, signature = _call_id(item)
    return ToolCall(
        id=id,
        name=item.needed_text("name"),
        arguments=item.text(written),
        custom=custom,
        namespace=item.text("namespace"),
        item_id=item.text("id"),
        signature=signature,
        extra=item.rest(*_CALL, written),
        at=item.at,
    )


def read_reasoning(item: Node) -> Reasoning:
    summary = [node.text("text") for node in item.nodes("summary")]
    content = [node.text("text") for node in item.nodes("content")]
    text = "\n\n".join(summary or content)
    signature, kept = _proof(item)
    ours = kept == REDACTED or (signature is not None and signature.origin != NAME)
    return Reasoning(
        text=text,
        signature=None if signature is not None and signature.origin == UNSIGNED else signature,
        redacted=kept == REDACTED or (signature is not None and not ours and not text),
        summary=bool(summary) and not ours,
        id="" if ours else item.text("id"),
        extra={} if ours else item.rest("type", "id", "encrypted_content"),
        at=item.at,
    )


def _proof(item: Node) -> tuple[Signature | None, str]:
    text = item.text("encrypted_content")
    if item.trusted or not text:
        return (Signature(NAME, text) if text else None), ""
    return unseal(text, NAME)


def _call_id(item: Node) -> tuple[str, Signature | None]:
    id = item.needed_text("call_id")
    return (id, None) if item.trusted else unseal_call(id)


def _read_result(item: Node, *, custom: bool = False) -> Part:
    content = read_output(item)
    if content is None or not item.has("call_id"):
        return _opaque(item, "custom_tool_call_output" if custom else "function_call_output")
    id, _ = _call_id(item)
    extra = item.rest("type", "call_id", "output")
    return ToolResult(call_id=id, content=content, custom=custom, extra=extra, at=item.at)


def _opaque(item: Node, kind: str) -> Opaque:
    return Opaque(origin=NAME, kind=kind, raw=item.plain, essential=kind not in NOT_ESSENTIAL, at=item.at)
