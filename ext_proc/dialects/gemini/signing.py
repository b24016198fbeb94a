"""Signatures in `thoughtSignature`, which holds base64 of bytes.

In: a part of a body, or a signature. Out: the signature with what was kept beside it, or the member's text. Signatures
of other dialects travel sealed, as bytes: Google's libraries decode the member and encode it again.
"""

from __future__ import annotations

import base64
from typing import Any

from ext_proc.chat import sealing
from ext_proc.chat.parts import Reasoning, Signature
from ext_proc.chat.reading import Node
from ext_proc.dialects.gemini.spelling import decoded
from ext_proc.dialects.gemini.words import NAME

_SEAL = "plano1."


def read_signature(node: Node) -> tuple[Signature | None, str]:
    """The signature of a part, and the note beside it."""
    text = node.text("thoughtSignature")
    if not text:
        return None, ""
    inner = decoded(text)
    if inner.startswith(_SEAL.encode()):
        return sealing.unseal(inner.decode("ascii", "replace"), NAME)
    return Signature(NAME, text), ""


def write_signature(signature: Signature | None, note: str = "") -> dict[str, Any]:
    """The member for a client's body."""
    if signature is None:
        return {}
    if signature.origin == NAME:
        return {"thoughtSignature": signature.data}
    sealed = sealing.seal(signature, NAME, note)
    return {"thoughtSignature": base64.b64encode(sealed.encode()).decode()}


def own_signature(signature: Signature | None) -> dict[str, Any]:
    """The member for a provider's body: only what this dialect's providers can read."""
    return {"thoughtSignature": signature.data} if signature is not None and signature.origin == NAME else {}


def note_of(thought: Reasoning) -> str:
    """What other dialects say of a thought and this one cannot."""
    return f"{'r' * thought.redacted}{'s' * thought.summary}:{thought.id}"


def signed_thought(text: str, signature: Signature | None, note: str, *, at: str, extra: dict[str, Any]) -> Reasoning:
    flags, _, id = note.partition(":")
    return Reasoning(
        text=text,
        signature=signature,
        redacted="r" in flags,
        summary="s" in flags,
        id=id,
        extra=extra,
        at=at,
    )
