"""FNV-1a, 64 bits, over texts: the hash other gateways of a shared store use for conversations.

In: texts. Out: a number of 64 bits. Never: twice the work for a text that comes with every turn of a conversation.
"""

from __future__ import annotations

from hashlib import blake2b

OFFSET = 0xCBF29CE484222325
PRIME = 0x100000001B3
SEPARATOR = b"\x1f"
"""Ends every text, so that ("ab", "c") and ("a", "bc") differ."""

LIMIT_BYTES = 32 * 1024
"""Of one text. A byte costs 150 ns here: a longer text enters with this much and a quick digest of the rest, so that
nobody buys seconds of this process with one request. Only such texts get another hash than elsewhere."""

_MASK = (1 << 64) - 1
_SHORT_BYTES = 48
_REMEMBERED = 4096
_remembered: dict[tuple[int, bytes], int] = {}


def fnv1a64(*texts: str) -> int:
    """The hash of the texts, each followed by the separator."""
    state = OFFSET
    for text in texts:
        state = _feed(state, text.encode("utf-8", "surrogatepass"))
    return state


def _feed(state: int, text: bytes) -> int:
    """What all but the shortest texts lead to is remembered: the directions and the first message come with every
    turn of a conversation, and looking one up costs what 20 bytes do."""
    if len(text) <= _SHORT_BYTES:
        return _step(state, text)
    key = (state, blake2b(text, digest_size=16).digest())
    known = _remembered.get(key)
    if known is None:
        if len(_remembered) >= _REMEMBERED:
            _remembered.clear()
        known = _remembered[key] = _step(state, _within_limit(text))
    return known


def _within_limit(text: bytes) -> bytes:
    if len(text) <= LIMIT_BYTES:
        return text
    return text[:LIMIT_BYTES] + blake2b(text[LIMIT_BYTES:], digest_size=16).digest()


def _step(state: int, text: bytes) -> int:
    for byte in text + SEPARATOR:
        state = ((state ^ byte) * PRIME) & _MASK
    return state
