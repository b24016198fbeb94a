"""Anthropic Messages: message_start to message_stop, or one message.

Source: the Anthropic API reference, "Messages" and "Streaming Messages". Usage is no option there: where nobody told,
zeros stand for it.
"""

from __future__ import annotations

from ext_proc.agents.encoders import AnswerHead, event
from ext_proc.agents.usage import Usage
from ext_proc.conversation import write_body
from schemas.errors import GatewayError


class MessagesEvents:
    def __init__(self, head: AnswerHead) -> None:
        self._head = head

    def begin(self) -> bytes:
        """What was spent is known only at the end; the counts there are totals and replace these."""
        message = _message(self._head, [], None, Usage())
        block = {"type": "text", "text": ""}
        return _event("message_start", message=message) + _event("content_block_start", index=0, content_block=block)

    def text(self, text: str) -> bytes:
        return _event("content_block_delta", index=0, delta={"type": "text_delta", "text": text})

    def end(self, usage: Usage | None) -> bytes:
        delta = {"stop_reason": "end_turn", "stop_sequence": None}
        return (
            _event("content_block_stop", index=0)
            + _event("message_delta", delta=delta, usage=_usage(usage or Usage()))
            + _event("message_stop")
        )

    def fail(self, error: GatewayError) -> bytes:
        return _event("error", error={"type": error.anthropic_type, "message": error.message})


def messages_body(head: AnswerHead, text: str, usage: Usage | None) -> bytes:
    return write_body(_message(head, [{"type": "text", "text": text}], "end_turn", usage or Usage()))


def _message(head: AnswerHead, content: list[object], stop: str | None, usage: Usage) -> dict[str, object]:
    return {
        "id": f"msg_{head.id}",
        "type": "message",
        "role": "assistant",
        "model": head.model,
        "content": content,
        "stop_reason": stop,
        "stop_sequence": None,
        "usage": _usage(usage),
    }


def _usage(usage: Usage) -> dict[str, int]:
    return {"input_tokens": usage.input_tokens or 0, "output_tokens": usage.output_tokens or 0}


def _event(name: str, **members: object) -> bytes:
    return event({"type": name, **members}, name)
