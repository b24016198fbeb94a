"""Embeddings at providers: Gemini, Cohere, Titan and Cohere on Bedrock, OpenAI's call.

In: `Texts`. Out: bodies, as many as the provider's limits ask for, and `Vectors` of its answers. A vector of another
length than asked for is of no use, so a length a model does not have is refused; other settings are dropped and named.
Nothing is cut off silently: what is too long for a model is its error.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ext_proc.chat.answer import Usage
from ext_proc.chat.errors import Garbled, Unable
from ext_proc.chat.parts import Plain
from ext_proc.chat.reading import Node
from ext_proc.translate.calls import embed_clients
from ext_proc.translate.calls.values import Heard, Sending, Told, Translate, Wanted
from ext_proc.translate.calls.vectors import Piece, Texts, Vectors, batches, joined, vector

MAX_CALLS = 100
"""Calls made for one of a client: beyond that it is told to send fewer texts."""
GEMINI_TASKS = {
    "query": "RETRIEVAL_QUERY",
    "document": "RETRIEVAL_DOCUMENT",
    "similarity": "SEMANTIC_SIMILARITY",
    "classification": "CLASSIFICATION",
    "clustering": "CLUSTERING",
    "question": "QUESTION_ANSWERING",
    "fact": "FACT_VERIFICATION",
    "code_query": "CODE_RETRIEVAL_QUERY",
}
COHERE_TYPES = {
    "query": "search_query",
    "document": "search_document",
    "classification": "classification",
    "clustering": "clustering",
    "question": "search_query",
    "fact": "search_query",
    "code_query": "search_query",
}
_COHERE_USUAL = "search_document"
"""Cohere must be told; what nobody said anything about is most often stored to be found."""
_GEMINI_LIMIT, _COHERE_LIMIT, _OPENAI_LIMIT = 100, 96, 2048
_BEDROCK_TOKENS = "x-amzn-bedrock-input-token-count"

Write = Callable[[tuple[Piece, ...], str], Plain]
Hear = Callable[[Heard], Vectors]


def _embedding(
    write: Write, hear: Hear, limit: int, lacks: Callable[[Piece], Sequence[str]], sized: Callable[[str], bool]
) -> Translate:
    """A provider's call. `lacks`: what of a piece it has no place for; `sized`: which models vary in dimensions."""

    def translate(wanted: Wanted) -> Sending:
        texts = embed_clients.read(wanted)
        if not sized(wanted.model):
            _refuse_size(texts)
        together = batches(texts.pieces, _settings, limit)
        if len(together) > MAX_CALLS:
            raise Unable("", "content", f"at most {MAX_CALLS} calls are made for one: send fewer texts at a time")

        def tell(heard: Sequence[Heard]) -> Told:
            found = joined(map(hear, heard), len(texts.pieces))
            return Told(body=embed_clients.answer(wanted, found), usage=Usage(input=found.tokens))

        lost = dict.fromkeys(texts.spelled[name] for piece in texts.pieces for name in lacks(piece))
        bodies = tuple(write(each, wanted.model) for each in together)
        return Sending(bodies=bodies, tell=tell, dropped=(*texts.dropped, *lost))

    return translate


def _settings(piece: Piece) -> object:
    return piece.purpose, piece.dimensions


def _refuse_size(texts: Texts) -> None:
    if any(piece.dimensions is not None for piece in texts.pieces):
        raise Unable(texts.spelled["dimensions"], "content", "the model's vectors have one length only")


def _lacking(piece: Piece, **has: bool) -> list[str]:
    """Of what a piece says, that which `has` denies."""
    said = {"purpose": piece.purpose, "title": piece.title}
    return [name for name, value in said.items() if value and not has.get(name, False)]


def _write_gemini(pieces: tuple[Piece, ...], model: str) -> Plain:
    return {"requests": [_gemini_request(piece, model) for piece in pieces]}


def _gemini_request(piece: Piece, model: str) -> Plain:
    written: dict[str, Any] = {"model": f"models/{model}", "content": {"parts": [{"text": piece.text}]}}
    if piece.purpose:
        written["taskType"] = GEMINI_TASKS[piece.purpose]
    if piece.title:
        written["title"] = piece.title
    if piece.dimensions is not None:
        written["outputDimensionality"] = piece.dimensions
    return written


def _hear_gemini(heard: Heard) -> Vectors:
    node = Node(heard.body, trusted=True)
    usage = node.node("usageMetadata")
    values = tuple(vector(each.plain.get("values")) for each in node.nodes("embeddings"))
    return Vectors(values=values, tokens=usage.integer("promptTokenCount") if usage else None)


def _write_bedrock_cohere(pieces: tuple[Piece, ...], model: str) -> Plain:
    first = pieces[0]
    size = {} if first.dimensions is None else {"output_dimension": first.dimensions}
    return {
        "texts": [piece.text for piece in pieces],
        "input_type": COHERE_TYPES.get(first.purpose, _COHERE_USUAL),
        "embedding_types": ["float"],
        "truncate": "NONE",
        **size,
    }


def _write_cohere(pieces: tuple[Piece, ...], model: str) -> Plain:
    return {"model": model, **_write_bedrock_cohere(pieces, model)}


def _cohere_sized(model: str) -> bool:
    """The third generation and those before have one length."""
    return "embed-english" not in model and "embed-multilingual" not in model


def _hear_cohere(heard: Heard) -> Vectors:
    node = Node(heard.body, trusted=True)
    by_type = heard.body.get("embeddings")
    found = by_type.get("float") if isinstance(by_type, dict) else by_type
    if not isinstance(found, list):
        node.wrong("embeddings", "has no vectors")
    units = (meta.node("billed_units") if (meta := node.node("meta")) else None) or Node({}, trusted=True)
    said = units.integer("input_tokens")
    return Vectors(values=tuple(map(vector, found)), tokens=_header_tokens(heard) if said is None else said)


def _write_titan(pieces: tuple[Piece, ...], model: str) -> Plain:
    (piece,) = pieces
    if piece.dimensions is None:
        return {"inputText": piece.text}
    if "titan-embed-image" in model:
        return {"inputText": piece.text, "embeddingConfig": {"outputEmbeddingLength": piece.dimensions}}
    return {"inputText": piece.text, "dimensions": piece.dimensions}


def _titan_sized(model: str) -> bool:
    return "titan-embed-image" in model or "titan-embed-text-v2" in model


def _hear_titan(heard: Heard) -> Vectors:
    tokens = Node(heard.body, trusted=True).integer("inputTextTokenCount")
    return Vectors(values=(vector(heard.body.get("embedding")),), tokens=tokens)


def _write_openai(pieces: tuple[Piece, ...], model: str) -> Plain:
    size = {} if pieces[0].dimensions is None else {"dimensions": pieces[0].dimensions}
    return {"model": model, "input": [piece.text for piece in pieces], "encoding_format": "float", **size}


def _hear_openai(heard: Heard) -> Vectors:
    node = Node(heard.body, trusted=True)
    rows = list(node.nodes("data"))
    order = [row.integer("index") for row in rows]
    if sorted(each if each is not None else -1 for each in order) != list(range(len(rows))):
        raise Garbled("data: the indices must count up from 0")
    by_index = dict(zip(order, rows, strict=True))
    usage = node.node("usage")
    values = tuple(vector(by_index[index].plain.get("embedding")) for index in range(len(rows)))
    return Vectors(values=values, tokens=usage.integer("prompt_tokens") if usage else None)


def _header_tokens(heard: Heard) -> int | None:
    text = heard.headers.get(_BEDROCK_TOKENS, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


def _cohere_lacks(piece: Piece) -> list[str]:
    return _lacking(piece, purpose=piece.purpose in COHERE_TYPES)


def _gemini_lacks(_: Piece) -> list[str]:
    return []


def _any(_: str) -> bool:
    return True


SHAPES: dict[str, Translate] = {
    "gemini_embed": _embedding(_write_gemini, _hear_gemini, _GEMINI_LIMIT, _gemini_lacks, _any),
    "cohere_embed": _embedding(_write_cohere, _hear_cohere, _COHERE_LIMIT, _cohere_lacks, _cohere_sized),
    "bedrock_cohere_embed": _embedding(
        _write_bedrock_cohere, _hear_cohere, _COHERE_LIMIT, _cohere_lacks, _cohere_sized
    ),
    "bedrock_titan_embed": _embedding(_write_titan, _hear_titan, 1, _lacking, _titan_sized),
    "openai_embed": _embedding(_write_openai, _hear_openai, _OPENAI_LIMIT, _lacking, _any),
}
