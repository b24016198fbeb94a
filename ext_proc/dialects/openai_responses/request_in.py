"""A client's request read.

In: the body of POST /v1/responses. Out: a `Request`; members with no word there stay in `rest`. Raises Malformed.
"""

from __future__ import annotations

from typing import Any

from ext_proc.chat.dialect import Asked
from ext_proc.chat.parts import Plain
from ext_proc.chat.reading import Node
from ext_proc.chat.request import JsonOutput, Request, Sampling, Thinking
from ext_proc.dialects.openai_responses.tools_in import read_choice, read_tools
from ext_proc.dialects.openai_responses.turns_in import read_turns
from ext_proc.dialects.openai_responses.words import LOGPROBS, MEMBERS, NAME

_TAKEN = (
    "model",
    "input",
    "instructions",
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "max_output_tokens",
    "temperature",
    "top_p",
    "top_logprobs",
    "text",
    "reasoning",
    "user",
    "service_tier",
    "prompt_cache_key",
    "metadata",
    "stream",
)

_LARGEST = 1e9


def decode_request(body: Plain, asked: Asked) -> Request:
    del asked  # The path says nothing the body does not.
    node = Node(body)
    system, turns = read_turns(node)
    return Request(
        origin=NAME,
        model=node.text("model"),
        turns=turns,
        system=system,
        tools=read_tools(node),
        tool_choice=read_choice(node),
        parallel_tool_calls=node.flag("parallel_tool_calls"),
        max_tokens=node.integer("max_output_tokens"),
        sampling=_sampling(node),
        output=_output(node),
        thinking=_thinking(node),
        user=node.text("user"),
        service_tier=node.text("service_tier"),
        verbosity=_text_node(node).text("verbosity"),
        cache_key=node.text("prompt_cache_key"),
        metadata=node.plain_object("metadata") or {},
        stream=bool(node.flag("stream")),
        include_usage=True,
        rest=_rest(node),
        names=MEMBERS,
    )


def _sampling(node: Node) -> Sampling:
    return Sampling(
        temperature=_finite(node, "temperature"),
        top_p=_finite(node, "top_p"),
        logprobs=True if LOGPROBS in node.items("include") else None,
        top_logprobs=node.integer("top_logprobs"),
    )


def _finite(node: Node, name: str) -> float | None:
    found = node.number(name)
    return found if found is None or -_LARGEST < found < _LARGEST else node.wrong(name, "must be a number")


def _text_node(node: Node) -> Node:
    return node.node("text") or Node({}, "text")


def _output(node: Node) -> JsonOutput | None:
    form = _text_node(node).node("format")
    match form.needed_text("type") if form is not None else "":
        case "json_object":
            return JsonOutput(at="text.format")
        case "json_schema" if form is not None:
            return JsonOutput(
                schema=form.plain_object("schema") or {},
                name=form.text("name"),
                description=form.text("description"),
                strict=form.flag("strict"),
                at=form.at,
            )
        case _:
            return None


def _thinking(node: Node) -> Thinking | None:
    """A summary asked for without an effort leaves it to the model how much to think."""
    found = node.node("reasoning")
    if found is None:
        return None
    effort, summary = found.text("effort"), found.text("summary") or found.text("generate_summary")
    if not effort and not summary:
        return None
    return Thinking(
        enabled=effort != "none",
        effort=effort,
        adaptive=not effort,
        summary=summary,
        show=True if summary else None,
    )


def _rest(node: Node) -> dict[str, Any]:
    """Members with no word of their own, and what is left of `text` and `reasoning`."""
    rest = {name: value for name, value in node.rest(*_TAKEN).items() if value is not None}
    form, thought = _text_node(node), node.node("reasoning")
    left_text = form.rest("verbosity", "format") | _unknown_format(form)
    left_thought = thought.rest("effort", "summary", "generate_summary") if thought is not None else {}
    for name, left in (("text", left_text), ("reasoning", left_thought)):
        if known := {key: value for key, value in left.items() if value is not None}:
            rest[name] = known
    return rest


def _unknown_format(form: Node) -> dict[str, Any]:
    found = form.plain_object("format")
    return {} if found is None or found["type"] in ("text", "json_object", "json_schema") else {"format": found}
