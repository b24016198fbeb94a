"""Opaque proofs of one dialect carried through clients of another.

In: a signature and the dialect of the body it shall travel in. Out: text for that body's own field, and the signature
back. A client returns such fields unchanged, so a conversation that goes on at the first provider still has them; any
other provider is never sent them.
"""

from __future__ import annotations

import base64
import binascii
import json

from ext_proc.chat.parts import Signature

_MARK = "plano1."
_CALL_MARK = "__plano1_"


def seal(signature: Signature, own: str, id: str = "") -> str:
    """The text that stands for `signature` in a body of the dialect `own`; `id`: an item's id to be kept beside it."""
    if signature.origin == own and not id:
        return signature.data
    return _MARK + _packed(signature, id)


def unseal(text: str, own: str) -> tuple[Signature, str]:
    """The signature and id a text of a body of `own` stands for."""
    found = _unpacked(text.removeprefix(_MARK)) if text.startswith(_MARK) else None
    return found or (Signature(own, text), "")


def seal_call(id: str, signature: Signature | None) -> str:
    """A tool call's id that carries a signature along; every client returns ids."""
    return id if signature is None else f"{id}{_CALL_MARK}{_packed(signature, '')}"


def unseal_call(id: str) -> tuple[str, Signature | None]:
    plain, mark, packed = id.partition(_CALL_MARK)
    found = _unpacked(packed) if mark else None
    return (plain, found[0]) if found else (id, None)


def _packed(signature: Signature, id: str) -> str:
    text = json.dumps([signature.origin, signature.data, id], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _unpacked(text: str) -> tuple[Signature, str] | None:
    try:
        origin, data, id = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, ValueError, TypeError):
        return None
    if not (isinstance(origin, str) and isinstance(data, str) and isinstance(id, str)):
        return None
    return Signature(origin, data), id
