"""Which call a path is, and the translators by the words of the plan.

In: a client's path, a shape's word. Out: the call, the dialect its client reads errors in, the translator, who reads a
provider's errors.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module

from ext_proc.chat.errors import ProviderError
from ext_proc.translate import languages
from ext_proc.translate.calls.values import Translate

CLIENTS = {
    "/v1/messages/count_tokens": "anthropic_messages",
    "/v1/responses/input_tokens": "openai_responses",
    "/v1beta/models/{model}:countTokens": "gemini",
    "/v1/embeddings": "openai_chat",
    "/v1beta/models/{model}:embedContent": "gemini",
    "/v1beta/models/{model}:batchEmbedContents": "gemini",
    "/v1/rerank": "openai_chat",
}
"""Calls and the dialects of their clients."""
COUNTS = frozenset({"/v1/messages/count_tokens", "/v1/responses/input_tokens", "/v1beta/models/{model}:countTokens"})
ESTIMATE = "estimate"
"""The shape of a count nobody can be asked for."""
_ROOMS = {"count": "counting", "estimate": "counting", "embed": "embed_providers", "rerank": "ranking"}
_SPEAKERS = {"anthropic": "anthropic_messages", "gemini": "gemini", "bedrock": "bedrock_converse"}
_IN_PATH = re.compile(r"/v1[A-Za-z0-9]*/models/.+:([A-Za-z]+)")

DecodeError = Callable[[int, Mapping[str, str], bytes], ProviderError]


def call_of(path: str) -> str | None:
    """The call a client's path (without its query) asks for; None for chat."""
    named = _IN_PATH.fullmatch(path)
    call = f"/v1beta/models/{{model}}:{named[1]}" if named else path
    return call if call in CLIENTS else None


@cache
def translator(shape: str) -> Translate:
    """Raises KeyError for a word that is none: a bug, since words come from the plan."""
    room = import_module(f"ext_proc.translate.calls.{_ROOMS[shape.rpartition('_')[2]]}")
    found: Translate = room.SHAPES[shape]
    return found


def error_reader(shape: str) -> DecodeError:
    """Cohere's errors are read by OpenAI's dialect, which knows a message alone."""
    return languages.provider(_SPEAKERS.get(shape.partition("_")[0], "openai_chat")).decode_error
