"""OpenAI Responses: response.created to response.completed, or one response.

Source: the OpenAI API reference, "Responses" and "Streaming events". A failure is told twice, as OpenAI does: by an
`error` event and by `response.failed`; clients look for one or the other.
"""

from __future__ import annotations

from ext_proc.agents.encoders import AnswerHead, event
from ext_proc.agents.usage import Usage
from ext_proc.conversation import write_body
from schemas.errors import GatewayError

_PLACE = {"output_index": 0, "content_index": 0}


class ResponsesEvents:
    def __init__(self, head: AnswerHead) -> None:
        self._head = head
        self._sent = 0
        self._said = bytearray()
        """The last events repeat the whole text. As bytes: many small strings would take many times their size."""

    def begin(self) -> bytes:
        response = _response(self._head, "in_progress", [], None)
        item = _message(self._head, "in_progress", [])
        return (
            self._created()
            + self._event("response.in_progress", response=response)
            + self._event("response.output_item.added", output_index=0, item=item)
            + self._event("response.content_part.added", **self._place(), part=_part(""))
        )

    def text(self, text: str) -> bytes:
        self._said += text.encode()
        return self._event("response.output_text.delta", **self._place(), delta=text, logprobs=[])

    def end(self, usage: Usage | None) -> bytes:
        text = self._said.decode()
        item = _message(self._head, "completed", [_part(text)])
        return (
            self._event("response.output_text.done", **self._place(), text=text, logprobs=[])
            + self._event("response.content_part.done", **self._place(), part=_part(text))
            + self._event("response.output_item.done", output_index=0, item=item)
            + self._event("response.completed", response=_response(self._head, "completed", [item], usage))
        )

    def fail(self, error: GatewayError) -> bytes:
        """Clients take no event before the one that creates the response."""
        failed = _response(self._head, "failed", [], None)
        failed["error"] = {"code": "server_error", "message": error.message}
        return (
            (b"" if self._sent else self._created())
            + self._event("error", code=error.code, message=error.message, param=None)
            + self._event("response.failed", response=failed)
        )

    def _created(self) -> bytes:
        return self._event("response.created", response=_response(self._head, "in_progress", [], None))

    def _event(self, name: str, **members: object) -> bytes:
        number, self._sent = self._sent, self._sent + 1
        return event({"type": name, "sequence_number": number, **members}, name)

    def _place(self) -> dict[str, object]:
        return {"item_id": _item_id(self._head), **_PLACE}


def responses_body(head: AnswerHead, text: str, usage: Usage | None) -> bytes:
    return write_body(_response(head, "completed", [_message(head, "completed", [_part(text)])], usage))


def _response(head: AnswerHead, status: str, output: list[object], usage: Usage | None) -> dict[str, object]:
    return {
        "id": f"resp_{head.id}",
        "object": "response",
        "created_at": head.created_s,
        "status": status,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "model": head.model,
        "output": output,
        "parallel_tool_calls": True,
        "temperature": None,
        "tool_choice": "auto",
        "tools": [],
        "top_p": None,
        "usage": None if usage is None else _usage(usage),
    }


def _message(head: AnswerHead, status: str, content: list[object]) -> dict[str, object]:
    return {"id": _item_id(head), "type": "message", "status": status, "role": "assistant", "content": content}


def _item_id(head: AnswerHead) -> str:
    return f"msg_{head.id}"


def _part(text: str) -> dict[str, object]:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _usage(usage: Usage) -> dict[str, object]:
    asked, answered = usage.input_tokens or 0, usage.output_tokens or 0
    return {
        "input_tokens": asked,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": answered,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": asked + answered,
    }
