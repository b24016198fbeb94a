"""A client's call put into a provider's words, as tests write it."""

from __future__ import annotations

from typing import Any

from ext_proc.chat.dialect import Asked
from ext_proc.translate.calls import table
from ext_proc.translate.calls.values import Heard, Sending, Told, Wanted

EMBED = "/v1/embeddings"
ONE = "/v1beta/models/m:embedContent"
BATCH = "/v1beta/models/m:batchEmbedContents"
COUNT = "/v1/messages/count_tokens"
INPUT = "/v1/responses/input_tokens"
GEMINI_COUNT = "/v1beta/models/m:countTokens"
RERANK = "/v1/rerank"
PATHS = (EMBED, ONE, BATCH, COUNT, INPUT, GEMINI_COUNT, RERANK)


def sending(path: str, shape: str, body: Any, model: str = "m") -> Sending:
    call = table.call_of(path)
    assert call is not None
    return table.translator(shape)(
        Wanted(body=body, asked=Asked(path=path), call=call, model=model, chat="openai_chat")
    )


def told(path: str, shape: str, body: Any, *answers: Any, model: str = "m", **headers: str) -> Told:
    return sending(path, shape, body, model).tell([Heard(body=each, headers=headers) for each in answers])
