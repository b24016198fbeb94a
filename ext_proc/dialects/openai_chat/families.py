"""What a model's name says about the rules it has: servers of this API differ in what they refuse.

In: a model. Out: words and flags. `Model.family` goes before the name: "openai_reasoning", "openai" (OpenAI's models
that do not think), "compatible" (all others).
"""

from __future__ import annotations

import re
from typing import Literal

from ext_proc.chat.dialect import Model

Family = Literal["openai_reasoning", "openai", "compatible"]

_ORDER = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
_COMMON = ("none", "low", "medium", "high")
"""What nearly every server that knows efforts knows."""
_EFFORTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"o\d", ("low", "medium", "high")),
    (r"gpt-5(-|$)", ("minimal", "low", "medium", "high")),
    (r"gpt-5\.1", ("none", "low", "medium", "high")),
    (r"gpt-", ("none", "low", "medium", "high", "xhigh")),
)
_REASONING = re.compile(r"o[1-9]\d*(-|$)|gpt-[5-9](?!.*chat)")
_OPENAI = re.compile(r"gpt-(?!oss|neo|j-)|chatgpt|o[1-9]\d*(-|$)")
_MISTRAL = re.compile(r"mistral|mixtral|codestral|ministral|magistral|devstral|pixtral|voxtral")


def family_of(model: Model) -> Family:
    match model.family:
        case "openai_reasoning" | "openai" | "compatible" as known:
            return known
        case _:
            name = _name(model)
    if _REASONING.match(name):
        return "openai_reasoning"
    return "openai" if _OPENAI.match(name) else "compatible"


def newer_limit(model: Model) -> bool:
    """Whether the limit of tokens is called max_completion_tokens: the newer models of OpenAI refuse the old name."""
    return family_of(model) == "openai_reasoning" or _name(model).startswith("gpt-5")


def searches(model: Model) -> bool:
    return model.family == "search" or "search" in _name(model)


def takes_text_tools(model: Model) -> bool:
    """Text tools came with GPT-5."""
    return family_of(model) == "openai_reasoning" and not _name(model).startswith("o")


def calls_one_by_one(model: Model) -> bool:
    """The o series refuses to be told whether calls may be parallel."""
    return family_of(model) == "openai_reasoning" and bool(re.match(r"o\d", _name(model)))


def is_gemini(model: Model) -> bool:
    return "gemini" in _name(model)


def is_claude(model: Model) -> bool:
    """Servers that offer Claude through this API take its cache marks."""
    return "claude" in _name(model)


def wants_thoughts_with_calls(model: Model) -> bool:
    """DeepSeek refuses messages with calls that have no thoughts, be they empty."""
    return "deepseek" in _name(model)


def is_mistral_api(model: Model) -> bool:
    """Mistral's own API refuses every member it does not know; its models elsewhere have a vendor in their names."""
    return is_mistral(model) and "/" not in model.id


def is_mistral(model: Model) -> bool:
    """Its models refuse ids of calls but their own kind, wherever they run."""
    return bool(_MISTRAL.search(_name(model)))


def fitting_effort(effort: str, model: Model) -> str:
    """The nearest word the model knows; "" where only "none" was asked for and the model always thinks. A word nobody
    knows goes out as it is."""
    known = _known_efforts(model)
    if effort in known or effort not in _ORDER:
        return effort
    if effort == "none":
        return "minimal" if "minimal" in known else ""
    asked = _ORDER.index(effort)
    words = [word for word in known if word != "none"]
    return next((word for word in words if _ORDER.index(word) >= asked), words[-1])


def _known_efforts(model: Model) -> tuple[str, ...]:
    if family_of(model) != "openai_reasoning":
        return _COMMON
    name = _name(model)
    return next((words for pattern, words in _EFFORTS if re.match(pattern, name)), _COMMON)


def _name(model: Model) -> str:
    """Without a vendor before it and the mark of a fine-tuned model."""
    return model.id.lower().rpartition("/")[2].removeprefix("ft:")
