"""A vLLM server without a model: the same requests and answers, decided by keywords. No sockets, no clock, no thread.

In: a path and a body. Out: a status and a body. It refuses what vLLM refuses, gives nothing that a constraint forbids,
and its log-probabilities are those of a known distribution: the wanted answer has `sureness`, the others share what is
left.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, field
from typing import Any, Literal

Fault = Literal["", "error", "busy", "refused", "too_long", "garbage", "empty", "no_logprobs", "prose", "unconstrained"]
"""Answered with: 500, 429, 400, 400 for the context's length, bytes that are no JSON, no choices, a completion without
log-probabilities, text instead of JSON, a completion that ignores vLLM's own fields as other servers do. Whoever
carries the bytes adds hanging, slowness and lost connections."""

_OF_VLLM = ("structured_outputs", "continue_final_message", "add_generation_prompt", "logprobs", "top_logprobs")
_TOKEN = re.compile(r"[ _]?[^\W_]+| ?[^\w\s]+|\s+|_")
_LETTER = re.compile(r"^([A-Z])\. (.*?): ", re.MULTILINE)
_TURN = re.compile(r"^user: (.*)$", re.MULTILINE)


@dataclass(slots=True)
class FakeVllm:
    """`rules`: (keyword, option name); what the last user turn contains is wanted, in the order it contains it."""

    rules: tuple[tuple[str, str], ...] = ()
    sureness: float = 0.9
    fault: Fault = ""
    context_bytes: int = 1 << 30
    models: tuple[str, ...] = ("Plano-Orchestrator",)
    requests: list[dict[str, Any]] = field(default_factory=list)
    queried_tokens: int = 0
    hit_tokens: int = 0
    seen: list[str] = field(default_factory=list)

    def answer(self, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
        match method, path:
            case "POST", "/v1/chat/completions":
                return self._complete(body)
            case "GET", "/v1/models":
                return 200, json.dumps({"object": "list", "data": [{"id": each} for each in self.models]}).encode()
            case "GET", "/health":
                return 200, b""
            case "GET", "/metrics":
                return 200, self.metrics().encode()
        return 404, b'{"detail":"Not Found"}'

    def metrics(self) -> str:
        label = f'{{engine="0",model_name="{self.models[0]}"}}'
        return (
            "# TYPE vllm:prefix_cache_queries_total counter\n"
            f"vllm:prefix_cache_queries_total{label} {float(self.queried_tokens)}\n"
            "# TYPE vllm:prefix_cache_hits_total counter\n"
            f"vllm:prefix_cache_hits_total{label} {float(self.hit_tokens)}\n"
        )

    def _complete(self, body: bytes) -> tuple[int, bytes]:
        request = json.loads(body)
        self.requests.append(request)
        if self.fault == "unconstrained":
            request = {key: value for key, value in request.items() if key not in _OF_VLLM}
        if refusal := self._refusal(request):
            return refusal
        prompt = request["messages"][0]["content"]
        self._remember(prompt)
        if self.fault == "garbage":
            return 200, b"<html>not what you asked for</html>"
        if self.fault == "empty":
            return 200, b'{"choices": []}'
        if self.fault == "prose":
            return 200, _completion(request, "I would rather not say.", [], "stop")
        return 200, self._said(request, prompt)

    def _refusal(self, request: dict[str, Any]) -> tuple[int, bytes] | None:
        match self.fault:
            case "error":
                return 500, _error("Internal Server Error")
            case "busy":
                return 429, _error("too many requests")
            case "refused":
                return 400, _error("no")
        if self.fault == "too_long" or len(request["messages"][0]["content"].encode()) > self.context_bytes:
            return 400, _error("This model's maximum context length is 8192 tokens. Please reduce the input.")
        if request.get("continue_final_message") and request.get("add_generation_prompt", True):
            return 400, _error("Cannot set both `continue_final_message` and `add_generation_prompt` to True.")
        if request.get("top_logprobs", 0) > 20 or (request.get("top_logprobs") and not request.get("logprobs")):
            return 400, _error("top_logprobs")
        if request["model"] not in self.models:
            return 404, _error("The model does not exist.")
        return None

    def _remember(self, prompt: str) -> None:
        alike = max((_common(prompt, other) for other in self.seen), default=0)
        self.queried_tokens += len(prompt) // 4
        self.hit_tokens += alike // 64 * 16
        self.seen.append(prompt)

    def _said(self, request: dict[str, Any], prompt: str) -> bytes:
        text, others = self._texts(request, prompt)
        rest = (1 - self.sureness) / max(len(others), 1)
        weights = {text: self.sureness if others else 1.0, **dict.fromkeys(others, rest)}
        tokens = _tokens(text)[: request["max_tokens"]]
        finish = "stop" if "".join(tokens) == text else "length"
        steps = [_step(weights, tokens[:at], request.get("top_logprobs", 0)) for at in range(len(tokens))]
        return _completion(request, "".join(tokens), [] if self.fault == "no_logprobs" else steps, finish)

    def _texts(self, request: dict[str, Any], prompt: str) -> tuple[str, list[str]]:
        """What is said, and what else could have been."""
        letters = {name: letter for letter, name in _LETTER.findall(prompt)} if "one letter" in prompt else {}
        wanted = self.wanted(_last_user_text(prompt))
        prefill = request["messages"][-1]["content"] if request.get("continue_final_message") else ""
        text = letters.get(wanted[0] if wanted else "none of these", "Z") if letters else _json(prompt, wanted, prefill)
        constraint = request.get("structured_outputs") or {}
        if "choice" in constraint:
            said = text if text in constraint["choice"] else constraint["choice"][0]
            return said, [each for each in constraint["choice"] if each != said]
        if "regex" in constraint:
            assert re.fullmatch(constraint["regex"], text), "what the rules want is forbidden by the constraint"
            names = dict.fromkeys(name for _, name in self.rules)
            singles = [_json(prompt, [name], prefill) for name in names] + [_json(prompt, [], prefill)]
            return text, [each for each in singles if each != text and re.fullmatch(constraint["regex"], each)]
        return text, []

    def wanted(self, text: str) -> list[str]:
        found = [(text.lower().find(keyword.lower()), name) for keyword, name in self.rules]
        return list(dict.fromkeys(name for at, name in sorted(found) if at >= 0))


def _json(prompt: str, wanted: list[str], prefill: str) -> str:
    if '{"route": "route_name"}' in prompt:
        whole = json.dumps({"route": wanted[0] if wanted else "other"})
    else:
        whole = json.dumps({"route": wanted}, ensure_ascii=False)
    assert whole.startswith(prefill)
    return whole[len(prefill) :]


def _last_user_text(prompt: str) -> str:
    if "one letter" in prompt:
        return str(json.loads(_TURN.findall(prompt)[-1]))
    inner = prompt.rpartition("<conversation>\n")[2].partition("</conversation>")[0]
    return next((turn["content"] for turn in reversed(json.loads(inner)) if turn["role"] == "user"), "")


def _tokens(text: str) -> list[str]:
    return _TOKEN.findall(text)


def _step(weights: dict[str, float], before: list[str], shown: int) -> dict[str, Any]:
    live = {text: weight for text, weight in weights.items() if _tokens(text)[: len(before)] == before}
    total = sum(live.values())
    chances: dict[str, float] = {}
    for text, weight in live.items():
        token = (_tokens(text)[len(before) : len(before) + 1] or ["<|im_end|>"])[0]
        chances[token] = chances.get(token, 0.0) + weight / total
    spoken = _tokens(next(iter(weights)))[len(before)]
    ranked = sorted(chances, key=lambda token: -chances[token])[:shown]
    return _logprob(spoken, chances[spoken]) | {"top_logprobs": [_logprob(each, chances[each]) for each in ranked]}


def _logprob(token: str, chance: float) -> dict[str, Any]:
    return {"token": token, "logprob": math.log(chance) if chance > 0 else -9999.0, "bytes": list(token.encode())}


def _completion(request: dict[str, Any], text: str, steps: list[dict[str, Any]], finish: str) -> bytes:
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": text},
        "logprobs": {"content": steps} if request.get("logprobs") and steps else None,
        "finish_reason": finish,
    }
    return json.dumps({"object": "chat.completion", "model": request["model"], "choices": [choice]}).encode()


def _error(message: str) -> bytes:
    return json.dumps({"error": {"message": message, "type": "BadRequestError", "code": 400}}).encode()


def _common(one: str, other: str) -> int:
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
