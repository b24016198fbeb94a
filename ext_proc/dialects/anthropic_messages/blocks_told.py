"""Blocks in the pieces a stream tells them in: how a block begins, what follows.

In: parts and whole blocks. Out: the start of a block and its deltas.
"""

from __future__ import annotations

from ext_proc.chat.flattening import flat_call
from ext_proc.chat.jsontext import dumps
from ext_proc.chat.parts import Part, Reasoning, Refusal, Text, ToolCall
from ext_proc.dialects.anthropic_messages.answer_out import Block, call


def grown(part: Part | None, text: str) -> Block:
    match part:
        case ToolCall():
            return {"type": "input_json_delta", "partial_json": text}
        case Reasoning():
            return {"type": "thinking_delta", "thinking": text}
        case _:
            return {"type": "text_delta", "text": text}


def head(part: Part | None, id: str, number: int) -> Block:
    match part:
        case ToolCall():
            return call(flat_call(part), part.signature, id, number)
        case Reasoning():
            return {"type": "thinking", "thinking": "", "signature": ""}
        case _:
            return {"type": "text", "text": ""}


def said(part: Part | None) -> str:
    """What a part says already when it opens."""
    match part:
        case Text() | Refusal():
            return part.text
        case Reasoning() if not part.redacted:
            return part.text
        case ToolCall():
            return part.arguments
        case _:
            return ""


def split(block: Block) -> tuple[Block, list[Block]]:
    """A whole block as the dialect streams one: what it begins with, and what follows."""
    match block.get("type"):
        case "text":
            told = [{"type": "citations_delta", "citation": each} for each in block.get("citations", ())]
            return {"type": "text", "text": ""}, [{"type": "text_delta", "text": block["text"]}, *told]
        case "thinking":
            thought = {"type": "thinking_delta", "thinking": block["thinking"]}
            signed = {"type": "signature_delta", "signature": block["signature"]}
            return {**block, "thinking": "", "signature": ""}, [*([thought] if block["thinking"] else []), signed]
        case "tool_use" | "server_tool_use" | "mcp_tool_use":
            argued = dumps(block.get("input", {})).decode()
            return {**block, "input": {}}, [{"type": "input_json_delta", "partial_json": argued}]
        case "compaction":
            moved: Block = {name: block[name] for name in ("content", "encrypted_content") if name in block}
            kept = {name: value for name, value in block.items() if name not in moved}
            return {**kept, "content": None}, [{"type": "compaction_delta", **moved}]
        case _:
            return block, []
