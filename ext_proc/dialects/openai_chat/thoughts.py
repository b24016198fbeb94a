"""Thoughts, in the members that servers of this API and their clients have for them.

`reasoning_content` (DeepSeek, vLLM) and `reasoning` hold text; `reasoning_details` (OpenRouter) are objects with
proofs. A detail travels as a signature of this dialect whose data is the detail without its text; text without a proof
travels as one that names its member, so that a provider which wants its thoughts back gets them. Proofs of other
dialects are sealed into details for this dialect's clients.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from ext_proc.chat.parts import Reasoning, Signature
from ext_proc.chat.reading import Node
from ext_proc.chat.sealing import seal, unseal
from ext_proc.dialects.openai_chat.words import FIELD, NAME

Written = dict[str, Any]
FIELDS = ("reasoning_content", "reasoning")
DETAILS = "reasoning_details"
BETWEEN = "\n\n"
"""What stands between thoughts that are told as one text."""
_TEXT, _SUMMARY, _ENCRYPTED = "reasoning.text", "reasoning.summary", "reasoning.encrypted"
_WORDS = {_TEXT: "text", _SUMMARY: "summary"}
"""A detail's type -> the member that can be read."""
_MADE = "plano"
"""`format` of details this gateway made of other dialects' thoughts."""


def read_thoughts(message: Node, *, sealed: bool = True) -> list[Reasoning]:
    """Details tell all of it; without them the text does. `sealed`: this gateway may have made details, as in
    requests."""
    details = [read_detail(node, sealed=sealed) for node in message.nodes(DETAILS)]
    if details:
        return details
    name, text = field_text(message)
    if not text:
        return []
    return [Reasoning(text=text, signature=unproved(name), extra={FIELD: name}, at=message.address(name))]


def field_text(node: Node) -> tuple[str, str]:
    """The member that holds thoughts as text, and the text."""
    for name in FIELDS:
        found = node.plain.get(name)
        if isinstance(found, str) and found:
            return name, found
    return "", ""


def unproved(field: str) -> Signature:
    """Stands for thoughts that this API's provider told in `field` without a proof."""
    return Signature(NAME, _packed({FIELD: field}))


def read_detail(node: Node, *, sealed: bool = True) -> Reasoning:
    kind = node.text("type")
    if sealed and node.text("format") == _MADE:
        return _unsealed(node, kind)
    told = _WORDS.get(kind)
    return Reasoning(
        text=node.text(told) if told else "",
        signature=Signature(NAME, proof_of(node)),
        redacted=told is None,
        summary=kind == _SUMMARY,
        extra={DETAILS: True},
        at=node.at,
    )


def proof_of(node: Node) -> str:
    """A detail without what can be read of it."""
    told = _WORDS.get(node.text("type"), "")
    return _packed(node.rest(told))


def write_detail(part: Reasoning) -> Written | None:
    """The detail that a thought of this dialect came as; None where it was none, or is another dialect's."""
    signature = part.signature
    if signature is None or signature.origin != NAME:
        return None
    found = _unpacked(signature.data)
    if found is None:
        return {"type": _TEXT, "text": part.text, "signature": signature.data}
    if FIELD in found:
        return None
    told = _WORDS.get(str(found.get("type")))
    return {**found, told: part.text} if told and part.text else dict(found)


def field_of(part: Reasoning) -> str:
    """The member a thought without proof came in; "" for any other."""
    if part.signature is None or part.signature.origin != NAME:
        return ""
    found = (_unpacked(part.signature.data) or {}).get(FIELD)
    return found if found in FIELDS else ""


def show_detail(part: Reasoning) -> Written | None:
    """For a client: what it shall send back. None where the text alone says all."""
    if part.signature is None or field_of(part):
        return None
    if part.signature.origin == NAME:
        return write_detail(part)
    sealed = seal(part.signature, NAME, part.id)
    named = {"id": part.id} if part.id else {}
    if part.redacted:
        return {"type": _ENCRYPTED, "data": sealed, **named, "format": _MADE}
    if part.summary:
        return {"type": _SUMMARY, "summary": part.text, "signature": sealed, **named, "format": _MADE}
    return {"type": _TEXT, "text": part.text, "signature": sealed, **named, "format": _MADE}


def own_fields(parts: Iterable[Reasoning]) -> Written:
    """A message's thoughts as its client sent them."""
    written: Written = {}
    for part in parts:
        if name := part.extra.get(FIELD):
            written[name] = part.text
        elif part.extra.get(DETAILS) and (detail := write_detail(part)) is not None:
            written.setdefault(DETAILS, []).append(detail)
    return written


def _unsealed(node: Node, kind: str) -> Reasoning:
    redacted = kind == _ENCRYPTED
    sealed = node.text("data" if redacted else "signature")
    signature, id = unseal(sealed, NAME)
    return Reasoning(
        text=node.text(_WORDS.get(kind, "text")),
        signature=signature if signature.data else None,
        redacted=redacted,
        summary=kind == _SUMMARY,
        id=id,
        at=node.at,
    )


def _packed(found: Mapping[str, Any]) -> str:
    return json.dumps(found, ensure_ascii=True, separators=(",", ":"))


def _unpacked(data: str) -> Written | None:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
