"""A client's request read.

In: the body of POST /v1/chat/completions. Out: a `Request`; members with no word there stay in `rest`. Raises
Malformed.
"""

from __future__ import annotations

from typing import Any

from ext_proc.chat.dialect import Asked
from ext_proc.chat.parts import Plain
from ext_proc.chat.reading import Node
from ext_proc.chat.request import JsonOutput, Request, Sampling
from ext_proc.dialects.openai_chat.thinking_in import left_of_thinking, read_thinking
from ext_proc.dialects.openai_chat.tools_in import is_legacy, read_choice, read_tools
from ext_proc.dialects.openai_chat.turns_in import read_turns
from ext_proc.dialects.openai_chat.words import MEMBERS, NAME, WEB_SEARCH

TAKEN = (
    "model",
    "messages",
    "tools",
    "functions",
    "tool_choice",
    "function_call",
    "parallel_tool_calls",
    "max_completion_tokens",
    "max_tokens",
    "stop",
    "temperature",
    "top_p",
    "top_k",
    "frequency_penalty",
    "presence_penalty",
    "seed",
    "n",
    "logprobs",
    "top_logprobs",
    "logit_bias",
    "response_format",
    "reasoning_effort",
    "reasoning",
    "thinking",
    "user",
    "service_tier",
    "verbosity",
    "prompt_cache_key",
    "metadata",
    "stream",
    "stream_options",
    WEB_SEARCH,
)
_LARGEST = 1e9
_FORMATS = ("text", "json_object", "json_schema")


def decode_request(body: Plain, asked: Asked) -> Request:
    del asked  # The path says nothing the body does not.
    node = Node(body)
    system, turns = read_turns(node)
    tools = read_tools(node)
    limit = "max_completion_tokens" if node.has("max_completion_tokens") else "max_tokens"
    return Request(
        origin=NAME,
        model=node.text("model"),
        turns=turns,
        system=system,
        tools=tools,
        tool_choice=read_choice(node),
        parallel_tool_calls=False if is_legacy(tools) else node.flag("parallel_tool_calls"),
        max_tokens=node.integer(limit),
        stop=_stop(node),
        sampling=_sampling(node),
        output=_output(node),
        thinking=read_thinking(node),
        user=node.text("user"),
        service_tier=node.text("service_tier"),
        verbosity=node.text("verbosity"),
        cache_key=node.text("prompt_cache_key"),
        metadata=node.plain_object("metadata") or {},
        stream=bool(node.flag("stream")),
        include_usage=bool(_stream_options(node).flag("include_usage")),
        rest=_rest(node, limit),
        names=MEMBERS | {"max_tokens": limit},
    )


def _stop(node: Node) -> tuple[str, ...]:
    found = node.plain.get("stop")
    if isinstance(found, str):
        return (found,)
    texts = node.items("stop")
    if not all(isinstance(each, str) for each in texts):
        node.wrong("stop", "must be a string or a list of strings")
    return tuple(texts)


def _sampling(node: Node) -> Sampling:
    return Sampling(
        temperature=_finite(node, "temperature"),
        top_p=_finite(node, "top_p"),
        top_k=node.integer("top_k"),
        frequency_penalty=_finite(node, "frequency_penalty"),
        presence_penalty=_finite(node, "presence_penalty"),
        seed=node.integer("seed"),
        choices=node.integer("n"),
        logprobs=node.flag("logprobs"),
        top_logprobs=node.integer("top_logprobs"),
        logit_bias=_bias(node),
    )


def _finite(node: Node, name: str) -> float | None:
    found = node.number(name)
    return found if found is None or -_LARGEST < found < _LARGEST else node.wrong(name, "must be a number")


def _bias(node: Node) -> dict[str, float] | None:
    found = node.node("logit_bias")
    if found is None:
        return None
    values = {name: _finite(found, name) for name in found.plain}
    return {name: value for name, value in values.items() if value is not None}


def _output(node: Node) -> JsonOutput | None:
    form = node.node("response_format")
    match form.needed_text("type") if form is not None else "":
        case "json_object":
            return JsonOutput()
        case "json_schema" if form is not None:
            inner = form.node("json_schema") or form.wrong("json_schema", "is missing")
            return JsonOutput(
                schema=inner.plain_object("schema") or {},
                name=inner.text("name"),
                description=inner.text("description"),
                strict=inner.flag("strict"),
                extra=inner.rest("schema", "name", "description", "strict"),
                at=form.at,
            )
        case _:
            return None


def _stream_options(node: Node) -> Node:
    return node.node("stream_options") or Node({}, "stream_options")


def _rest(node: Node, limit: str) -> dict[str, Any]:
    """Members with no word of their own, and what is left of those that have some."""
    rest = {name: value for name, value in node.rest(*TAKEN).items() if value is not None}
    if limit != "max_tokens" and node.has("max_tokens"):
        rest["max_tokens"] = node.plain["max_tokens"]
    form = node.plain_object("response_format")
    if form is not None and form["type"] not in _FORMATS:
        rest["response_format"] = form
    if left := _stream_options(node).rest("include_usage"):
        rest["stream_options"] = left
    return rest | left_of_thinking(node)
