"""Chat completions with constrained decoding, as JSON: our question out, the server's answer in.

The fields are vLLM's: `structured_outputs` (before 0.12: `guided_choice`, `guided_regex`) makes every answer one of
those allowed, `continue_final_message` lets the model go on from a beginning, `top_logprobs` shows what else it thought
of. A server that knows none of them is asked with `plain`, and its answer is read from its text alone.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from router_model.choice import RouterConfused

PATH = "/v1/chat/completions"
TOP_LOGPROBS = 20
"""vLLM's default of --max-logprobs."""


@dataclass(frozen=True, slots=True)
class Step:
    """One token: its bytes, and the probabilities of the tokens that could have stood there, itself among them."""

    token: bytes
    alternatives: Mapping[bytes, float]


@dataclass(frozen=True, slots=True)
class Reply:
    """`steps` is empty where the server sends no log-probabilities."""

    text: str
    steps: tuple[Step, ...]


def constrained(model: str, prompt: str, *, prefill: str, allowed: Sequence[str] | str, max_tokens: int) -> bytes:
    """`allowed`: the continuations to choose from, or a regular expression for them."""
    kind = "regex" if isinstance(allowed, str) else "choice"
    return _dump(
        model,
        prompt,
        max_tokens,
        structured_outputs={kind: allowed if isinstance(allowed, str) else list(allowed)},
        logprobs=True,
        top_logprobs=TOP_LOGPROBS,
        chat_template_kwargs={"enable_thinking": False},
        prefill=prefill,
    )


def plain(model: str, prompt: str, *, max_tokens: int) -> bytes:
    """What every OpenAI-compatible server understands."""
    return _dump(model, prompt, max_tokens)


def _dump(model: str, prompt: str, max_tokens: int, *, prefill: str = "", **more: object) -> bytes:
    messages = [{"role": "user", "content": prompt}]
    if prefill:
        messages.append({"role": "assistant", "content": prefill})
        more |= {"continue_final_message": True, "add_generation_prompt": False}
    body = {"model": model, "messages": messages, "temperature": 0, "max_tokens": max_tokens, "stream": False, **more}
    return json.dumps(body).encode()


def read(body: bytes) -> Reply:
    """Raises RouterConfused for anything but a chat completion."""
    try:
        choice = json.loads(body)["choices"][0]
        text = choice["message"]["content"]
        logprobs = choice.get("logprobs") or {}
        steps = tuple(_step(token) for token in logprobs.get("content") or ())
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as problem:
        raise RouterConfused("the router model's server answered with something else than a completion") from problem
    if not isinstance(text, str):
        raise RouterConfused("the router model's answer has no text")
    return Reply(text, steps)


def _step(token: Mapping[str, Any]) -> Step:
    seen = {_bytes(each): math.exp(min(each["logprob"], 0.0)) for each in token.get("top_logprobs") or ()}
    own = _bytes(token)
    seen.setdefault(own, math.exp(min(token["logprob"], 0.0)))
    return Step(own, seen)


def _bytes(token: Mapping[str, Any]) -> bytes:
    """A token may end within a character: its bytes say more than its text."""
    exact = token.get("bytes")
    return bytes(exact) if exact is not None else str(token["token"]).encode()
