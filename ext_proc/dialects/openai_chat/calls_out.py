"""A model's call while it is told to a client.

In: events of `chat.answer` about one call. Out: deltas. A text tool that was a function for the provider is a text tool
again: its input can only be told when it is whole. Signatures travel in the id, which every client returns; one that
comes behind the id goes where Gemini's OpenAI surface has it.
"""

from __future__ import annotations

from typing import Any

from ext_proc.chat.answer import Closed, Event, Grew, Signed
from ext_proc.chat.dialect import Saying
from ext_proc.chat.flattening import called_tool, unwrapped
from ext_proc.chat.parts import Signature, ToolCall
from ext_proc.chat.request import CustomTool
from ext_proc.chat.sealing import seal, seal_call
from ext_proc.dialects.openai_chat.words import EXTRA_CONTENT, GEMINI

Delta = dict[str, Any]


class CallSaid:
    """`index`: among the calls of its choice. `legacy`: the client knows a `function_call` only."""

    def __init__(self, call: ToolCall, saying: Saying, id: str, index: int, *, legacy: bool) -> None:
        tool = called_tool(call, saying.request.tools)
        self._unwraps = isinstance(tool, CustomTool) and not call.custom
        self._custom = call.custom or self._unwraps
        self._index = index
        self._legacy = legacy
        self._call = call
        self._id = call.id or id
        self._name = tool.name if tool is not None else call.name
        self._told = False

    def begin(self) -> list[Delta]:
        if self._legacy:
            head: Delta = {"function_call": {"name": self._name, "arguments": ""}}
            return [head, *self._grow(self._call.arguments)]
        kind, written = ("custom", "input") if self._custom else ("function", "arguments")
        id = seal_call(self._id, self._call.signature)
        head = self._entry(id=id, type=kind, **{kind: {"name": self._name, written: ""}})
        return [head, *self._grow(self._call.arguments)]

    def take(self, event: Event) -> list[Delta]:
        match event:
            case Grew(text=text):
                return self._grow(text)
            case Signed(signature=signature) if self._call.signature is None and not self._legacy:
                return [self._signed(signature)]
            case Closed(part=ToolCall(arguments=arguments)) if not self._told:
                return self._delta(unwrapped(arguments) if self._unwraps else arguments)
            case _:
                return []

    def _grow(self, text: str) -> list[Delta]:
        return [] if self._unwraps else self._delta(text)

    def _delta(self, text: str) -> list[Delta]:
        if not text:
            return []
        self._told = True
        if self._legacy:
            return [{"function_call": {"arguments": text}}]
        return [self._entry(custom={"input": text})] if self._custom else [self._entry(function={"arguments": text})]

    def _signed(self, signature: Signature) -> Delta:
        return self._entry(**{EXTRA_CONTENT: {"google": {"thought_signature": seal(signature, GEMINI)}}})

    def _entry(self, **members: Any) -> Delta:  # noqa: ANN401
        return {"tool_calls": [{"index": self._index, **members}]}
