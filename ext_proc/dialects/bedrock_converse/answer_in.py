"""A provider's answer read.

In: the body of an answer of Converse. Out: an `Answer` with one choice; the API gives it no id and no model. Raises
Garbled, and AnswerFailed where it is an error instead.
"""

from __future__ import annotations

from typing import Any

from ext_proc.chat.answer import Answer, Choice
from ext_proc.chat.parts import Plain, ToolCall
from ext_proc.chat.reading import Node
from ext_proc.chat.whole import AnswerFailed
from ext_proc.dialects.bedrock_converse import errors
from ext_proc.dialects.bedrock_converse.blocks_in import read_block
from ext_proc.dialects.bedrock_converse.stops import is_broken, read_stop
from ext_proc.dialects.bedrock_converse.usage import read_usage


def decode_answer(body: Plain) -> Answer:
    node = Node(body, trusted=True)
    if not node.has("output") and errors.is_error(body):
        raise AnswerFailed(errors.failure("", body))
    message = (node.node("output") or node).node("message")
    if message is None:
        node.wrong("output", "has no message")
    parts = tuple(read_block(block) for block in message.nodes("content"))
    stop = read_stop(node, called=any(isinstance(part, ToolCall) for part in parts))
    if is_broken(stop) and not parts:
        raise AnswerFailed(errors.garbled())
    usage = node.node("usage")
    return Answer(
        id="",
        model="",
        choices=(Choice(parts=parts, stop=stop),),
        usage=read_usage(usage) if usage else None,
        rest=read_rest(node),
    )


def read_rest(node: Node) -> dict[str, Any]:
    tier = node.node("serviceTier")
    return {"service_tier": tier.text("type")} if tier and tier.text("type") else {}
