"""Embeddings for clients: OpenAI's call and Gemini's two, read and answered.

In: a client's body. Out: `Texts`, and a body again made of `Vectors`. Raises Malformed; Unable for what is no text.
"""

from __future__ import annotations

from collections.abc import Iterator

from ext_proc.chat.errors import Malformed, Unable
from ext_proc.chat.parts import Plain
from ext_proc.chat.reading import Node
from ext_proc.dialects.gemini.spelling import Member
from ext_proc.translate.calls.values import Wanted
from ext_proc.translate.calls.vectors import Piece, Texts, Vectors, packed

INPUT_TYPES = {
    "query": "query",
    "search_query": "query",
    "retrieval_query": "query",
    "document": "document",
    "passage": "document",
    "search_document": "document",
    "retrieval_document": "document",
    "semantic_similarity": "similarity",
    "similarity": "similarity",
    "classification": "classification",
    "clustering": "clustering",
    "question_answering": "question",
    "fact_verification": "fact",
    "code_retrieval_query": "code_query",
}
"""Words of Cohere, Voyage, NVIDIA and Gemini for what a vector is for, in lower case."""
_UNSAID = "task_type_unspecified"
_BATCH = ":batchEmbedContents"
_OPENAI = {"purpose": "input_type", "title": "title", "dimensions": "dimensions"}
_OPENAI_TAKEN = ("model", "input", "dimensions", "encoding_format", "input_type")
_GEMINI = {"purpose": "taskType", "title": "title", "dimensions": "outputDimensionality"}
_GEMINI_TAKEN = ("model", "content", *_GEMINI.values())


def read(wanted: Wanted) -> Texts:
    if "{model}" not in wanted.call:
        return _read_openai(Node(wanted.body))
    if wanted.call.endswith(_BATCH):
        return _read_batch(Member(wanted.body))
    node = Member(wanted.body)
    piece, dropped = _read_content(node)
    return Texts(pieces=(piece,), spelled=_GEMINI, dropped=dropped)


def answer(wanted: Wanted, found: Vectors) -> Plain:
    if "{model}" not in wanted.call:
        return _openai_answer(Node(wanted.body), found)
    vectors = [{"values": list(values)} for values in found.values]
    usage = {} if found.tokens is None else {"usageMetadata": {"promptTokenCount": found.tokens}}
    return ({"embeddings": vectors} if wanted.call.endswith(_BATCH) else {"embedding": vectors[0]}) | usage


def _read_openai(node: Node) -> Texts:
    dimensions, purpose = _size(node, "dimensions"), INPUT_TYPES.get(node.text("input_type").lower(), "")
    if node.text("encoding_format", "float") not in ("float", "base64"):
        node.wrong("encoding_format", "must be float or base64")
    dropped = [name for name, value in node.rest(*_OPENAI_TAKEN).items() if value is not None]
    if node.text("input_type") and not purpose:
        dropped.append("input_type")
    return Texts(
        pieces=tuple(Piece(text=text, purpose=purpose, dimensions=dimensions) for text in _inputs(node)),
        spelled=_OPENAI,
        dropped=tuple(dropped),
    )


def _inputs(node: Node) -> list[str]:
    found = node.plain.get("input")
    several = [found] if isinstance(found, str) else found
    if not isinstance(several, list) or not several:
        node.wrong("input", "must be a text, or a list of texts that is not empty")
    if all(isinstance(each, int | list) and not isinstance(each, bool) for each in several):
        raise Unable("input", "content", "token numbers mean something to the model they were made for only")
    if not all(isinstance(each, str) for each in several):
        node.wrong("input", "must be a text, or a list of texts that is not empty")
    return several


def _openai_answer(node: Node, found: Vectors) -> Plain:
    as_text = node.text("encoding_format") == "base64"
    data = [
        {"object": "embedding", "index": index, "embedding": packed(values) if as_text else list(values)}
        for index, values in enumerate(found.values)
    ]
    tokens = found.tokens or 0
    return {
        "object": "list",
        "data": data,
        "model": node.text("model"),
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }


def _read_batch(node: Member) -> Texts:
    read = [_read_content(each) for each in node.members("requests")]
    if not read:
        node.wrong("requests", "is missing or empty")
    spelled = {name: f"requests[].{address}" for name, address in _GEMINI.items()}
    dropped = dict.fromkeys(f"requests[].{at}" for _, each in read for at in each)
    unknown = [name for name, value in node.rest("requests", "model").items() if value is not None]
    return Texts(pieces=tuple(piece for piece, _ in read), spelled=spelled, dropped=(*dropped, *unknown))


def _read_content(node: Member) -> tuple[Piece, tuple[str, ...]]:
    """A piece, and what is dropped of it."""
    content = node.node("content") or node.wrong("content", "is missing")
    word = node.text("taskType").lower()
    purpose = INPUT_TYPES.get(word, "")
    dropped = [name for name, value in node.rest(*_GEMINI_TAKEN).items() if value is not None]
    if word and not purpose and word != _UNSAID:
        dropped.append("taskType")
    piece = Piece(
        text="".join(_part_texts(content)),
        purpose=purpose,
        title=node.text("title"),
        dimensions=_size(node, "outputDimensionality"),
    )
    return piece, tuple(dropped)


def _part_texts(content: Member) -> Iterator[str]:
    parts = list(content.members("parts"))
    if not parts:
        content.wrong("parts", "is missing or empty")
    for part in parts:
        if not part.has("text"):
            raise Unable(part.at, "content", "only texts can be embedded by another provider")
        yield part.text("text")


def _size(node: Node, name: str) -> int | None:
    found = node.integer(name)
    if found is not None and found < 1:
        raise Malformed(node.address(name), "must be positive")
    return found
