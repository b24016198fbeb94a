"""A client's request read.

In: the body of POST /v1/messages or /v1/messages/count_tokens. Out: a `Request`; members with no word there stay in
`rest`. Raises Malformed.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from ext_proc.chat.dialect import Asked
from ext_proc.chat.parts import Plain
from ext_proc.chat.reading import Node
from ext_proc.chat.request import JsonOutput, Request, Sampling, Thinking
from ext_proc.dialects.anthropic_messages.tools_in import read_choice, read_tools
from ext_proc.dialects.anthropic_messages.turns_in import read_turns
from ext_proc.dialects.anthropic_messages.words import BETA, MEMBERS, NAME

_COUNT_PATH = "/count_tokens"
_SHOWN = {"summarized": True, "omitted": False}
_TAKEN = (
    "model",
    "messages",
    "system",
    "tools",
    "tool_choice",
    "max_tokens",
    "stop_sequences",
    "temperature",
    "top_p",
    "top_k",
    "metadata",
    "service_tier",
    "stream",
    "thinking",
    "output_config",
    "output_format",
)


def decode_request(body: Plain, asked: Asked) -> Request:
    node = Node(body)
    system, turns = read_turns(node)
    choice, parallel = read_choice(node)
    metadata = node.node("metadata") or Node({}, "metadata")
    return Request(
        origin=NAME,
        model=node.text("model"),
        turns=turns,
        system=system,
        tools=read_tools(node),
        tool_choice=choice,
        parallel_tool_calls=parallel,
        max_tokens=_max_tokens(node, asked),
        stop=_stop(node),
        sampling=_sampling(node),
        output=_output(node),
        thinking=_thinking(node),
        user=metadata.text("user_id"),
        service_tier=node.text("service_tier"),
        metadata=metadata.rest("user_id"),
        stream=bool(node.flag("stream")),
        include_usage=True,
        rest=_rest(node, asked),
        names=MEMBERS,
    )


def _max_tokens(node: Node, asked: Asked) -> int | None:
    found = node.integer("max_tokens")
    if found is None and not asked.path.rstrip("/").endswith(_COUNT_PATH):
        node.wrong("max_tokens", "is missing")
    return found


def _stop(node: Node) -> tuple[str, ...]:
    found = node.items("stop_sequences")
    if not all(isinstance(each, str) for each in found):
        node.wrong("stop_sequences", "must be a list of strings")
    return tuple(found)


def _sampling(node: Node) -> Sampling:
    return Sampling(temperature=_finite(node, "temperature"), top_p=_finite(node, "top_p"), top_k=node.integer("top_k"))


def _finite(node: Node, name: str) -> float | None:
    found = node.number(name)
    return found if found is None or math.isfinite(found) else node.wrong(name, "must be a number")


def _config(node: Node) -> Node:
    return node.node("output_config") or Node({}, "output_config")


def _output(node: Node) -> JsonOutput | None:
    """`output_format` is the older spelling."""
    form = _config(node).node("format") or node.node("output_format")
    if form is None:
        return None
    if form.needed_text("type") != "json_schema":
        form.wrong("type", 'must be "json_schema"')
    return JsonOutput(schema=form.plain_object("schema") or {}, at=form.at)


def _thinking(node: Node) -> Thinking | None:
    """An effort alone switches nothing on: it says how much, should the model think."""
    effort, found = _config(node).text("effort"), node.node("thinking")
    if found is None:
        return Thinking(effort=effort, at="output_config.effort") if effort else None
    base = Thinking(effort=effort, show=_SHOWN.get(found.text("display")), at="thinking")
    match found.needed_text("type"):
        case "disabled":
            return replace(base, enabled=False)
        case "enabled":
            return replace(base, budget_tokens=_budget(found))
        case _:
            return replace(base, adaptive=True)


def _budget(node: Node) -> int:
    found = node.integer("budget_tokens")
    return node.wrong("budget_tokens", "is missing") if found is None else found


def _rest(node: Node, asked: Asked) -> dict[str, Any]:
    """Members with no word of their own, and what is left of `thinking` and `output_config`."""
    rest = {name: value for name, value in node.rest(*_TAKEN).items() if value is not None}
    for name, left in (("output_config", _config(node).rest("effort", "format")), ("thinking", _left_thinking(node))):
        if known := {key: value for key, value in left.items() if value is not None}:
            rest[name] = known
    if beta := asked.headers.get(BETA):
        rest[BETA] = beta
    return rest


def _left_thinking(node: Node) -> dict[str, Any]:
    found = node.node("thinking")
    if found is None:
        return {}
    known = ("type",) if found.text("type") in ("enabled", "disabled", "adaptive") else ()
    shown = ("display",) if found.text("display") in _SHOWN else ()
    return found.rest("budget_tokens", *known, *shown)
