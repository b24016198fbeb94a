"""A client's request read.

In: the body of a generateContent or streamGenerateContent call, and its path and query. Out: a `Request`; members with
no word there stay in `rest`, those of `generationConfig` and `toolConfig` under their whole address. Raises Malformed.
"""

from __future__ import annotations

import math
from typing import Any

from ext_proc.chat.dialect import Asked
from ext_proc.chat.parts import Plain
from ext_proc.chat.request import JsonOutput, Request, Sampling, Thinking
from ext_proc.dialects.gemini.paths import split_path
from ext_proc.dialects.gemini.schemas_in import json_schema
from ext_proc.dialects.gemini.spelling import Member
from ext_proc.dialects.gemini.tools_in import left_of_config, read_choice, read_tools
from ext_proc.dialects.gemini.turns_in import read_system, read_turns
from ext_proc.dialects.gemini.words import CONFIG, MEMBERS, NAME, RAW

_TAKEN = (
    "model",
    "contents",
    "systemInstruction",
    "tools",
    "toolConfig",
    "generationConfig",
    "serviceTier",
    "labels",
)
_NUMBERS = (
    "temperature",
    "topP",
    "topK",
    "frequencyPenalty",
    "presencePenalty",
    "seed",
    "candidateCount",
    "responseLogprobs",
    "logprobs",
    "maxOutputTokens",
    "stopSequences",
)
_OUTPUT = ("responseMimeType", "responseSchema", "responseJsonSchema", "_responseJsonSchema")
_USUAL_MODALITY = (f"{CONFIG}.responseModalities", ["TEXT"])
_THINKING = ("includeThoughts", "thinkingBudget", "thinkingLevel")
JSON = "application/json"
STREAM = "streamGenerateContent"


def decode_request(body: Plain, asked: Asked) -> Request:
    node = Member(body)
    config = node.node(CONFIG) or Member({}, CONFIG)
    model, method = split_path(asked.path)
    streamed = method == STREAM
    events = asked.query.get("alt", asked.query.get("$alt")) == "sse"
    return Request(
        origin=NAME,
        model=model,
        turns=read_turns(node),
        system=read_system(node),
        tools=read_tools(node),
        tool_choice=read_choice(node),
        max_tokens=config.integer("maxOutputTokens"),
        stop=_stop(config),
        sampling=_sampling(config),
        output=_output(config),
        thinking=_thinking(config),
        service_tier=node.text("serviceTier"),
        metadata=node.plain_object("labels") or {},
        stream=streamed,
        stream_form="json_array" if streamed and not events else "",
        include_usage=True,
        rest=_rest(node, config),
        names=_names(node, config),
    )


def _stop(config: Member) -> tuple[str, ...]:
    found = config.items("stopSequences")
    for number, word in enumerate(found):
        if not isinstance(word, str):
            config.wrong(f"stopSequences[{number}]", "must be a string")
    return tuple(found)


def _sampling(config: Member) -> Sampling:
    return Sampling(
        temperature=_finite(config, "temperature"),
        top_p=_finite(config, "topP"),
        top_k=config.integer("topK"),
        frequency_penalty=_finite(config, "frequencyPenalty"),
        presence_penalty=_finite(config, "presencePenalty"),
        seed=config.integer("seed"),
        choices=config.integer("candidateCount"),
        logprobs=config.flag("responseLogprobs"),
        top_logprobs=config.integer("logprobs"),
    )


def _finite(config: Member, name: str) -> float | None:
    found = config.number(name)
    return found if found is None or math.isfinite(found) else config.wrong(name, "must be a number")


def _output(config: Member) -> JsonOutput | None:
    """JSON, with a schema in one of two languages."""
    if config.text("responseMimeType") != JSON:
        return None
    for name in ("responseJsonSchema", "_responseJsonSchema"):
        if (schema := config.plain_object(name)) is not None:
            raw = {RAW: {name: schema}} if name.startswith("_") else {}
            return JsonOutput(schema=schema, extra=raw, at=config.address(name))
    if (written := config.plain_object("responseSchema")) is not None:
        at = config.address("responseSchema")
        return JsonOutput(schema=json_schema(written, at), extra={RAW: {"responseSchema": written}}, at=at)
    return JsonOutput(at=config.address("responseMimeType"))


def _thinking(config: Member) -> Thinking | None:
    found = config.node("thinkingConfig")
    if found is None:
        return None
    budget, level = found.integer("thinkingBudget"), found.text("thinkingLevel").lower()
    effort = "" if level.endswith("unspecified") else level
    return Thinking(
        enabled=budget != 0,
        effort=effort,
        budget_tokens=budget,
        adaptive=not effort and (budget is None or budget < 0),
        show=found.flag("includeThoughts"),
        at=found.at,
    )


def _rest(node: Member, config: Member) -> dict[str, Any]:
    """Other types of answer than JSON are nobody else's, and so are their schemas."""
    typed = _OUTPUT if config.text("responseMimeType") == JSON else ()
    rest = node.rest(*_TAKEN)
    rest |= {f"{CONFIG}.{name}": value for name, value in config.rest(*_NUMBERS, *typed, "thinkingConfig").items()}
    rest |= {f"toolConfig.{name}": value for name, value in left_of_config(node).items()}
    thinking = config.node("thinkingConfig")
    left = thinking.rest(*_THINKING) if thinking is not None else {}
    rest |= {f"{CONFIG}.thinkingConfig.{name}": value for name, value in left.items()}
    said = {name: value for name, value in rest.items() if value is not None}
    return {name: value for name, value in said.items() if (name, value) != _USUAL_MODALITY}


def _names(node: Member, config: Member) -> dict[str, str]:
    """Addresses as this client spells them."""
    inner = {name: _spelled(node, address) for name, address in MEMBERS.items()}
    return inner | {name: _spelled(node, name) for name in _rest(node, config)}


def _spelled(node: Member, address: str) -> str:
    at = ""
    for name in address.split("."):
        at = node.address(name)
        inner = node.plain.get(name)
        node = Member(inner if isinstance(inner, dict) else {}, at)
    return at
