"""A chat request in the words of no dialect.

None or an empty value means that the client did not say. Numbers are as the client sent them; what a provider takes is
the encoder's matter. `at` and `extra` as in `parts`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ext_proc.chat.parts import CacheMark, Part, Plain, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One message. Results of tools stand in user turns; `system` and `developer` turns only behind the first other
    turn (those before it are `Request.system`). `name`: the participant, where a dialect has it."""

    role: Literal["user", "assistant", "system", "developer"]
    parts: tuple[Part, ...]
    name: str = ""
    extra: Plain = field(default_factory=dict)
    at: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A function the client runs. `parameters`: a JSON Schema, None where there is none."""

    name: str
    description: str = ""
    parameters: Plain | None = None
    strict: bool | None = None
    namespace: str = ""
    cache: CacheMark | None = None
    extra: Plain = field(default_factory=dict)
    at: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomTool:
    """A tool whose input is plain text, at times of a grammar (`format` as OpenAI writes it)."""

    name: str
    description: str = ""
    format: Plain | None = None
    namespace: str = ""
    extra: Plain = field(default_factory=dict)
    at: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltinTool:
    """A tool the provider runs or defines itself. `purpose` where several dialects have the like: web_search,
    code_execution, web_fetch, file_search, computer, image_generation, text_editor, bash, memory, mcp; else ""."""

    origin: str
    kind: str
    raw: Plain
    purpose: str = ""
    at: str = field(default="", compare=False)


AnyTool = Tool | CustomTool | BuiltinTool


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolChoice:
    """`named`: exactly `name`; `allowed`: only these names, with `required` saying whether one must be called."""

    mode: Literal["auto", "none", "required", "named", "allowed"]
    name: str = ""
    allowed: tuple[str, ...] = ()
    required: bool = False
    extra: Plain = field(default_factory=dict)
    at: str = field(default="tool_choice", compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonOutput:
    """The answer is JSON; with `schema`, of that JSON Schema."""

    schema: Plain | None = None
    name: str = ""
    description: str = ""
    strict: bool | None = None
    extra: Plain = field(default_factory=dict)
    at: str = field(default="response_format", compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Thinking:
    """How much to think. `effort`: none minimal low medium high xhigh max. `budget_tokens`: an upper limit, -1 = as the
    model likes. `adaptive`: the model decides. `summary`: auto concise detailed, "" = not asked for.
    `show`: whether thoughts shall be in the answer."""

    enabled: bool = True
    effort: str = ""
    budget_tokens: int | None = None
    adaptive: bool = False
    summary: str = ""
    show: bool | None = None
    at: str = field(default="reasoning", compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    seed: int | None = None
    choices: int | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = None
    logit_bias: Mapping[str, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request for an answer. `model` is what the client named.

    `rest` holds every other top-level member of the body exactly as sent, by its name: what several dialects share by
    name (metadata, user, store, service_tier, safety settings, verbosity...) an encoder takes from here; what it does
    not take it reports as dropped. `origin` is the client's dialect. `stream_form`: how the client wants its stream
    where its dialect knows several ("" = the dialect's usual); "json_array" has the media type application/json.
    """

    origin: str
    model: str
    turns: tuple[Turn, ...]
    system: tuple[Text, ...] = ()
    tools: tuple[AnyTool, ...] = ()
    tool_choice: ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()
    sampling: Sampling = Sampling()
    output: JsonOutput | None = None
    thinking: Thinking | None = None
    user: str = ""
    service_tier: str = ""
    verbosity: str = ""
    cache_key: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    stream: bool = False
    stream_form: Literal["", "json_array"] = ""
    include_usage: bool = False
    rest: Plain = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    """A member of this value -> its address in the body ("sampling.top_k": "top_k"), where it differs."""
