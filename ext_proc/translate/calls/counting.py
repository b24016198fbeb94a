"""How many tokens a request has, asked in one API and answered by another.

In: the body of a counting call, which is a chat request. Out: the provider's counting call, whose members are those of
its chat request that count. Where a provider counts for nobody the answer is a guess, and is marked as one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from ext_proc.chat.dialect import Encoded, Model
from ext_proc.chat.jsontext import dumps
from ext_proc.chat.parts import Plain
from ext_proc.chat.reading import Node
from ext_proc.chat.request import Request
from ext_proc.translate import languages
from ext_proc.translate.calls.table import CLIENTS
from ext_proc.translate.calls.values import Heard, Sending, Told, Translate, Wanted

BYTES_PER_TOKEN = 4
_ANTHROPIC = ("model", "messages", "system", "tools", "tool_choice", "thinking", "output_config", "cache_control")
_OPENAI = (
    "model",
    "input",
    "instructions",
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "reasoning",
    "text",
    "truncation",
    "previous_response_id",
    "conversation",
)
_BEDROCK = ("messages", "system", "toolConfig", "additionalModelRequestFields")


def _anthropic(body: Plain, model: str) -> Plain:
    return _only(body, _ANTHROPIC)


def _openai(body: Plain, model: str) -> Plain:
    return _only(body, _OPENAI)


def _gemini(body: Plain, model: str) -> Plain:
    return {"generateContentRequest": {"model": f"models/{model}", **body}}


def _bedrock(body: Plain, model: str) -> Plain:
    return {"input": {"converse": _only(body, _BEDROCK)}}


def _counting(dialect: str, member: str, write: Callable[[Plain, str], Plain]) -> Translate:
    """A provider's call: the dialect it counts, the member of its answer that says how many, how it is written."""

    def translate(wanted: Wanted) -> Sending:
        encoded = _encoded(wanted, dialect)

        def tell(heard: Sequence[Heard]) -> Told:
            (one,) = heard
            return Told(body=_answer(wanted.call, _count(one.body, member)))

        return Sending(
            bodies=(write(encoded.body, wanted.model),),
            tell=tell,
            dropped=_dropped(encoded),
            headers=encoded.headers,
        )

    return translate


def estimate(wanted: Wanted) -> Sending:
    """A quarter of the bytes the provider would be sent."""
    encoded = _encoded(wanted, wanted.chat)
    tokens = -(-len(dumps(encoded.body)) // BYTES_PER_TOKEN)

    def tell(_: Sequence[Heard]) -> Told:
        return Told(body=_answer(wanted.call, tokens), estimated=True)

    return Sending(bodies=(), tell=tell, dropped=_dropped(encoded))


SHAPES: dict[str, Translate] = {
    "anthropic_count": _counting("anthropic_messages", "input_tokens", _anthropic),
    "openai_count": _counting("openai_responses", "input_tokens", _openai),
    "gemini_count": _counting("gemini", "totalTokens", _gemini),
    "bedrock_count": _counting("bedrock_converse", "inputTokens", _bedrock),
    "estimate": estimate,
}


def _encoded(wanted: Wanted, dialect: str) -> Encoded:
    request = replace(_request(wanted), stream=False, include_usage=False)
    return languages.provider(dialect).encode_request(request, Model(id=wanted.model))


def _request(wanted: Wanted) -> Request:
    """Gemini's clients may wrap the request; the others send it as it is, without what only an answer needs."""
    body = wanted.body
    for name in ("generateContentRequest", "generate_content_request"):
        if wanted.call.endswith(":countTokens") and (inner := Node(body).plain_object(name)) is not None:
            body = inner
    return languages.client(CLIENTS[wanted.call]).decode_request(body, wanted.asked)


def _count(body: Plain, member: str) -> int:
    node = Node(body, trusted=True)
    found = node.integer(member)
    return node.wrong(member, "is missing") if found is None or found < 0 else found


def _answer(call: str, tokens: int) -> Plain:
    if call.endswith(":countTokens"):
        return {"totalTokens": tokens}
    if call.endswith("/input_tokens"):
        return {"object": "response.input_tokens", "input_tokens": tokens}
    return {"input_tokens": tokens}


def _only(body: Plain, names: Sequence[str]) -> dict[str, Any]:
    return {name: body[name] for name in names if name in body}


def _dropped(encoded: Encoded) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.at for each in encoded.dropped))
