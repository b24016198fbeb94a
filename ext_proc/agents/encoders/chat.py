"""OpenAI chat completions: chunks that end with a finish_reason and [DONE], or one completion.

Source: the OpenAI API reference, "Chat completion" and "Chat completion chunk".
"""

from __future__ import annotations

from ext_proc.agents.encoders import AnswerHead, event
from ext_proc.agents.usage import Usage
from ext_proc.conversation import write_body
from schemas.errors import GatewayError

_DONE = b"data: [DONE]\n\n"


class ChatEvents:
    def __init__(self, head: AnswerHead, *, include_usage: bool) -> None:
        self._head = head
        self._include_usage = include_usage

    def begin(self) -> bytes:
        return self._chunk({"role": "assistant", "content": ""})

    def text(self, text: str) -> bytes:
        return self._chunk({"content": text})

    def end(self, usage: Usage | None) -> bytes:
        """The usage comes in a chunk of its own, without a choice, where the client asked for it."""
        counted = {**self._frame(), "choices": [], "usage": _usage(usage or Usage())}
        return self._chunk({}, "stop") + (event(counted) if self._include_usage else b"") + _DONE

    def fail(self, error: GatewayError) -> bytes:
        plain = {"message": error.message, "type": error.openai_type, "param": None, "code": error.code}
        return event({"error": plain})

    def _chunk(self, delta: dict[str, str], finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        absent = {"usage": None} if self._include_usage else {}
        return event({**self._frame(), "choices": [choice], **absent})

    def _frame(self) -> dict[str, object]:
        return _frame(self._head, "chat.completion.chunk")


def chat_body(head: AnswerHead, text: str, usage: Usage | None) -> bytes:
    message = {"role": "assistant", "content": text, "refusal": None}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    counted = {} if usage is None else {"usage": _usage(usage)}
    return write_body({**_frame(head, "chat.completion"), "choices": [choice], **counted})


def _frame(head: AnswerHead, kind: str) -> dict[str, object]:
    return {"id": f"chatcmpl-{head.id}", "object": kind, "created": head.created_s, "model": head.model}


def _usage(usage: Usage) -> dict[str, int]:
    asked, answered = usage.input_tokens or 0, usage.output_tokens or 0
    return {"prompt_tokens": asked, "completion_tokens": answered, "total_tokens": asked + answered}
