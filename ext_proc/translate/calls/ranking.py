"""Documents ranked by what they have to do with a query: the shape Cohere and Jina share, and the models of Bedrock.

In: the body of POST /v1/rerank. Out: an InvokeModel body of a reranking model, and the client's answer of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ext_proc.chat.errors import Unable
from ext_proc.chat.parts import Plain
from ext_proc.chat.reading import Node
from ext_proc.translate.calls.values import Heard, Sending, Told, Translate, Wanted

_TAKEN = ("model", "query", "documents", "top_n", "return_documents")
_API_VERSION = 2


def _cohere(wanted: Wanted) -> Sending:
    node = Node(wanted.body)
    limit = node.integer("max_tokens_per_doc")
    more = {"api_version": _API_VERSION} | ({} if limit is None else {"max_tokens_per_doc": limit})
    return _sending(node, more, taken=("max_tokens_per_doc",))


def _amazon(wanted: Wanted) -> Sending:
    return _sending(Node(wanted.body), {}, taken=())


SHAPES: dict[str, Translate] = {"bedrock_cohere_rerank": _cohere, "bedrock_amazon_rerank": _amazon}


def _sending(node: Node, more: Plain, *, taken: tuple[str, ...]) -> Sending:
    documents, top = _documents(node), node.integer("top_n")
    if top is not None and top < 1:
        node.wrong("top_n", "must be positive")
    size = {} if top is None else {"top_n": min(top, len(documents))}

    def tell(heard: Sequence[Heard]) -> Told:
        (one,) = heard
        shown = documents if node.flag("return_documents") else ()
        return Told(body=_answer(Node(one.body, trusted=True), node.text("model"), len(documents), shown))

    return Sending(
        bodies=({"query": node.needed_text("query"), "documents": documents, **size, **more},),
        tell=tell,
        dropped=tuple(name for name, value in node.rest(*_TAKEN, *taken).items() if value is not None),
    )


def _documents(node: Node) -> list[str]:
    """Texts; objects with a text as well, which older clients send."""
    found = node.items("documents")
    if not found:
        node.wrong("documents", "is missing or empty")
    return [_text(node, number, each) for number, each in enumerate(found)]


def _text(node: Node, number: int, document: object) -> str:
    if isinstance(document, str):
        return document
    inner = node.element("documents", number, document)
    if set(inner.plain) - {"text"}:
        raise Unable(inner.at, "content", "only texts can be ranked by another provider")
    return inner.needed_text("text")


def _answer(found: Node, model: str, many: int, shown: Sequence[str]) -> Plain:
    return {"model": model, "results": [_result(each, many, shown) for each in found.nodes("results")]}


def _result(found: Node, many: int, shown: Sequence[str]) -> Plain:
    index, score = found.integer("index"), found.number("relevance_score")
    if index is None or not 0 <= index < many:
        found.wrong("index", "is no document's")
    if score is None:
        found.wrong("relevance_score", "is missing")
    told: dict[str, Any] = {"index": index, "relevance_score": score}
    return told | ({"document": {"text": shown[index]}} if shown else {})
