"""The official SDKs as clients that hold a conversation: they parse every answer, and what they found is compared.

In: a model, what the user says, the results of tools. Out: `Heard`, the same for every SDK: what its typed objects say.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import anthropic
import openai
from google import genai
from google.genai import types
from openai.lib.streaming.chat import ChatCompletionStreamState

PARAMETERS: dict[str, Any] = {
    "type": "object",
    "properties": {
        "city": {"type": "string"},
        "days": {"type": "integer"},
        "units": {"type": "object", "properties": {"temperature": {"type": "array", "items": {"type": "string"}}}},
    },
    "required": ["city"],
}
ABOUT = {"name": "get_weather", "description": "The weather of the next days"}
_KEY = "sk-of-the-client"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One answer. `stop`: "end", "tool" or "length"; the counts include what is cached and what is thought."""

    text: str
    thought: str
    calls: tuple[tuple[str, Any], ...]
    stop: str
    input: int
    cached: int
    output: int


class Talk(Protocol):
    """A conversation. `ask` sends it as it stands and takes the answer up; `result` answers the last call."""

    def ask(self, model: str, *, stream: bool, tools: bool = False, thinks: bool = False) -> Heard: ...

    def result(self, text: str) -> None: ...


@dataclass(slots=True)
class Chat:
    url: str
    said: list[Any] = field(default_factory=lambda: [{"role": "user", "content": "What is the weather?"}])

    def ask(self, model: str, *, stream: bool, tools: bool = False, thinks: bool = False) -> Heard:
        more: dict[str, Any] = {"reasoning_effort": "medium"} if thinks else {}
        if tools:
            more["tools"] = [{"type": "function", "function": {**ABOUT, "parameters": PARAMETERS}}]
        with openai.OpenAI(api_key=_KEY, base_url=f"{self.url}/v1", max_retries=0) as client:
            if stream:
                options: dict[str, Any] = {**more, "stream_options": {"include_usage": True}}
                answer = _chat_streamed(client, {"model": model, "messages": self.said, **options}, helped=tools)
            else:
                answer = client.chat.completions.create(model=model, messages=self.said, **more)
        (choice,), used = answer.choices, answer.usage
        self.said.append(choice.message.model_dump(exclude_none=True, exclude={"parsed"}))
        return Heard(
            text=choice.message.content or "",
            thought=getattr(choice.message, "reasoning_content", None) or "",
            calls=tuple((c.function.name, json.loads(c.function.arguments)) for c in choice.message.tool_calls or ()),
            stop={"stop": "end", "tool_calls": "tool", "length": "length"}[choice.finish_reason],
            input=used.prompt_tokens,
            cached=used.prompt_tokens_details.cached_tokens,
            output=used.total_tokens - used.prompt_tokens,
        )

    def result(self, text: str) -> None:
        self.said.append({"role": "tool", "tool_call_id": self.said[-1]["tool_calls"][0]["id"], "content": text})


def _chat_streamed(client: openai.OpenAI, asked: dict[str, Any], *, helped: bool) -> Any:
    """The final answer. The library's helper raises where the limit on tokens ends an answer: then chunks are added."""
    if helped:
        with client.chat.completions.stream(**asked) as events:
            return events.get_final_completion()
    state: Any = ChatCompletionStreamState()
    chunks = list(client.chat.completions.create(stream=True, **asked))
    for chunk in chunks:
        with contextlib.suppress(openai.LengthFinishReasonError):
            state.handle_chunk(chunk)
    return state.current_completion_snapshot


@dataclass(slots=True)
class Messages:
    url: str
    said: list[Any] = field(default_factory=lambda: [{"role": "user", "content": "What is the weather?"}])

    def ask(self, model: str, *, stream: bool, tools: bool = False, thinks: bool = False) -> Heard:
        more: dict[str, Any] = {"thinking": {"type": "enabled", "budget_tokens": 2000}} if thinks else {}
        if tools:
            more["tools"] = [{**ABOUT, "input_schema": PARAMETERS}]
        asked = {"model": model, "max_tokens": 4096, "messages": self.said, **more}
        with anthropic.Anthropic(api_key=_KEY, base_url=self.url, max_retries=0) as client:
            if stream:
                with client.messages.stream(**asked) as events:
                    answer: Any = events.get_final_message()
            else:
                answer = client.messages.create(**asked)
        self.said.append({"role": "assistant", "content": [b.model_dump(exclude_none=True) for b in answer.content]})
        used = answer.usage
        cached = used.cache_read_input_tokens or 0
        return Heard(
            text="".join(block.text for block in answer.content if block.type == "text"),
            thought="".join(block.thinking for block in answer.content if block.type == "thinking"),
            calls=tuple((block.name, block.input) for block in answer.content if block.type == "tool_use"),
            stop={"end_turn": "end", "tool_use": "tool", "max_tokens": "length"}[answer.stop_reason],
            input=used.input_tokens + cached + (used.cache_creation_input_tokens or 0),
            cached=cached,
            output=used.output_tokens,
        )

    def result(self, text: str) -> None:
        (call,) = [block for block in self.said[-1]["content"] if block["type"] == "tool_use"]
        content = [{"type": "tool_result", "tool_use_id": call["id"], "content": text}]
        self.said.append({"role": "user", "content": content})


@dataclass(slots=True)
class Responses:
    url: str
    said: list[Any] = field(default_factory=lambda: [{"role": "user", "content": "What is the weather?"}])

    def ask(self, model: str, *, stream: bool, tools: bool = False, thinks: bool = False) -> Heard:
        more: dict[str, Any] = {"store": False}
        if thinks:
            more |= {"reasoning": {"effort": "medium", "summary": "auto"}, "include": ["reasoning.encrypted_content"]}
        if tools:
            more["tools"] = [{"type": "function", **ABOUT, "parameters": PARAMETERS, "strict": False}]
        with openai.OpenAI(api_key=_KEY, base_url=f"{self.url}/v1", max_retries=0) as client:
            if stream:
                answer = _streamed(client, {"model": model, "input": self.said, **more})
            else:
                answer = client.responses.create(model=model, input=self.said, **more)
        self.said += [item.model_dump(exclude_none=True, exclude={"parsed_arguments"}) for item in answer.output]
        calls = [item for item in answer.output if item.type == "function_call"]
        short = answer.incomplete_details and answer.incomplete_details.reason == "max_output_tokens"
        return Heard(
            text=answer.output_text,
            thought="".join(s.text for item in answer.output if item.type == "reasoning" for s in item.summary),
            calls=tuple((call.name, json.loads(call.arguments)) for call in calls),
            stop="length" if short else {"completed": "tool" if calls else "end"}[answer.status],
            input=answer.usage.input_tokens,
            cached=answer.usage.input_tokens_details.cached_tokens,
            output=answer.usage.output_tokens,
        )

    def result(self, text: str) -> None:
        call = next(item for item in self.said if item.get("type") == "function_call")
        self.said.append({"type": "function_call_output", "call_id": call["call_id"], "output": text})


def _streamed(client: openai.OpenAI, asked: dict[str, Any]) -> Any:
    """The final answer; the deltas must add up to it."""
    with client.responses.stream(**asked) as events:
        seen = list(events)
    last: Any = seen[-1]
    assert last.type in {"response.completed", "response.incomplete"}
    assert "".join(e.delta for e in seen if e.type == "response.output_text.delta") == last.response.output_text
    return last.response


@dataclass(slots=True)
class Gemini:
    url: str
    said: list[Any] = field(default_factory=lambda: [_gemini_user(types.Part(text="What is the weather?"))])

    def ask(self, model: str, *, stream: bool, tools: bool = False, thinks: bool = False) -> Heard:
        declared = types.FunctionDeclaration(
            name=ABOUT["name"], description=ABOUT["description"], parameters_json_schema=PARAMETERS
        )
        config = types.GenerateContentConfig(
            tools=[types.Tool(function_declarations=[declared])] if tools else None,
            thinking_config=types.ThinkingConfig(include_thoughts=True, thinking_budget=2000) if thinks else None,
            automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
        )
        with genai.Client(api_key=_KEY, http_options=types.HttpOptions(base_url=self.url)) as client:
            asked: dict[str, Any] = {"model": model, "contents": self.said, "config": config}
            call: Callable[..., Any] = (
                client.models.generate_content_stream if stream else client.models.generate_content
            )
            answers = list(call(**asked)) if stream else [call(**asked)]
        parts = [part for answer in answers for part in (answer.candidates[0].content or types.Content()).parts or []]
        self.said.append(types.Content(role="model", parts=parts))
        used, calls = answers[-1].usage_metadata, [part.function_call for part in parts if part.function_call]
        reason = next(a.candidates[0].finish_reason for a in reversed(answers) if a.candidates[0].finish_reason)
        assert used.total_token_count == used.prompt_token_count + used.candidates_token_count + (
            used.thoughts_token_count or 0
        )
        return Heard(
            text="".join(part.text for part in parts if part.text and not part.thought),
            thought="".join(part.text for part in parts if part.text and part.thought),
            calls=tuple((str(each.name), each.args) for each in calls),
            stop="length" if reason == types.FinishReason.MAX_TOKENS else "tool" if calls else "end",
            input=used.prompt_token_count,
            cached=used.cached_content_token_count or 0,
            output=used.total_token_count - used.prompt_token_count,
        )

    def result(self, text: str) -> None:
        (call,) = [part.function_call for part in self.said[-1].parts if part.function_call]
        answer = types.FunctionResponse(id=call.id, name=call.name, response={"output": text})
        self.said.append(_gemini_user(types.Part(function_response=answer)))


def _gemini_user(part: types.Part) -> types.Content:
    return types.Content(role="user", parts=[part])


TALKS: dict[str, Callable[[str], Talk]] = {"chat": Chat, "messages": Messages, "responses": Responses, "gemini": Gemini}
