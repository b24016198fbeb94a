"""The dialect's names, and what is known of the models behind it.

Facts are from Amazon Bedrock's service model, its user guide and the guide to Amazon Nova.
"""

from __future__ import annotations

import re
from enum import StrEnum

from ext_proc.chat.dialect import Model

NAME = "bedrock_converse"

JSON_TOOL = "plano_json_answer"
"""The tool that stands for an answer in JSON. Nothing is remembered: a call of this name is such an answer."""


class Maker(StrEnum):
    """Who made the model: what stands beside the common members depends on it."""

    ANTHROPIC = "anthropic"
    NOVA = "nova"
    NOVA_2 = "nova-2"
    GPT_OSS = "gpt-oss"
    OTHER = ""


_MAKERS = (
    (re.compile(r"(^|[./])anthropic\."), Maker.ANTHROPIC),
    (re.compile(r"(^|[./])amazon\.nova-2"), Maker.NOVA_2),
    (re.compile(r"(^|[./])amazon\.nova"), Maker.NOVA),
    (re.compile(r"(^|[./])openai\.gpt-oss"), Maker.GPT_OSS),
)
_ALWAYS_ADAPTIVE = re.compile(r"claude-(fable|mythos)")
_ADAPTIVE = re.compile(r"claude-opus-(4-([7-9]|\d\d)|[5-9]|\d\d)(?!\d)")


def maker_of(model: Model) -> Maker:
    """By the model's id; ids of inference profiles and ARNs hold it too, those a customer made up do not."""
    if model.family in ("adaptive", "always_adaptive"):
        return Maker.ANTHROPIC
    return next((maker for pattern, maker in _MAKERS if pattern.search(model.id)), Maker.OTHER)


def is_always_adaptive(model: Model) -> bool:
    """The model thinks, whether asked or not."""
    return model.family == "always_adaptive" or bool(_ALWAYS_ADAPTIVE.search(model.id))


def is_adaptive(model: Model) -> bool:
    """The model decides itself how much to think and refuses budgets and sampling settings."""
    return model.family == "adaptive" or is_always_adaptive(model) or bool(_ADAPTIVE.search(model.id))
