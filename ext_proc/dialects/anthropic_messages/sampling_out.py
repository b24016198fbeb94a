"""How the next token is chosen, written.

In: a request, the model and whether it will think. Out: `temperature`, `top_p`, `top_k`. Temperatures above 1 become 1.
Newer models take a temperature or a top_p, never both, and the newest neither; with thinking hardly anything may be
said. What is left out is named, unless it says what is so anyway.
"""

from __future__ import annotations

from typing import Any

from ext_proc.chat.dialect import Model
from ext_proc.chat.errors import Unable
from ext_proc.chat.request import Request
from ext_proc.dialects.anthropic_messages.losses import Losses
from ext_proc.dialects.anthropic_messages.thinking_out import is_adaptive

_UNKNOWN = ("frequency_penalty", "presence_penalty", "seed", "logprobs", "top_logprobs", "logit_bias")
_LEAST_TOP_P_OF_THOUGHTS = 0.95


def write_sampling(request: Request, model: Model, losses: Losses, *, thinks: bool) -> dict[str, Any]:
    sampling = request.sampling
    if sampling.choices is not None and sampling.choices > 1:
        at = request.names.get("sampling.choices", "n")
        raise Unable(at, "several_choices", "one answer only can be asked for")
    for name in _UNKNOWN:
        if getattr(sampling, name):
            losses.member(f"sampling.{name}", "the API has no such setting")
    said = {name: getattr(sampling, name) for name in ("temperature", "top_p", "top_k")}
    found = {name: value for name, value in said.items() if value is not None}
    if losses.own and not is_adaptive(model):
        return found
    if "temperature" in found:
        found["temperature"] = min(found["temperature"], 1)
    for name, value in list(found.items()):
        if reason := _refused(name, value, found, adaptive=is_adaptive(model), thinks=thinks):
            del found[name]
            if name == "top_k" or value != 1:
                losses.member(f"sampling.{name}", reason)
    return found


def _refused(name: str, value: float, beside: dict[str, Any], *, adaptive: bool, thinks: bool) -> str:
    """Why the API would not take it; "" = it would."""
    if adaptive:
        return "the model has no such setting"
    if thinks and (name == "top_k" or value < (1 if name == "temperature" else _LEAST_TOP_P_OF_THOUGHTS)):
        return "not beside thinking"
    if name == "top_p" and "temperature" in beside:
        return "not beside a temperature"
    if name == "temperature" and value == 1 and "top_p" in beside:
        return "the default"
    return ""
