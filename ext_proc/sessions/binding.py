"""What is remembered of a conversation, and its JSON in a store that gateways of another make may share.

In: a `Binding`, or bytes of a store. Out: the other one. Never: an exception for bytes, whoever wrote them; never what
was said, only names, hashes and sums.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from ext_proc.preferences.prices import number

MAX_HISTORY = 8
MAX_BYTES = 64 * 1024
MAX_NAME_CHARACTERS = 300
_MAX_COUNT = 2**53
_MAX_HASH = 2**64 - 1


@dataclass(frozen=True, slots=True)
class Visit:
    """A model that answered in this conversation, when last, and how much it had read then."""

    model: str
    last_used_s: int
    cached_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """`anchor_model` answered last; `default_model` is where the episode began, and what never switching would have
    used; `requested_model` is the model the client asked for. Times are whole seconds since 1970."""

    anchor_model: str
    default_model: str
    requested_model: str
    route_name: str | None
    prefix_hash: int | None
    last_used_s: int
    cached_tokens: int
    baseline_usd: float = 0.0
    switch_spend_usd: float = 0.0
    switches: int = 0
    history: tuple[Visit, ...] = ()
    session_cost_usd: float = 0.0


def visited(history: tuple[Visit, ...], visit: Visit) -> tuple[Visit, ...]:
    """The history with this visit in the place of an older one of the model; the oldest go first."""
    others = [known for known in history if known.model != visit.model]
    return tuple(sorted([*others, visit], key=lambda known: known.last_used_s)[-MAX_HISTORY:])


def encode(binding: Binding) -> bytes:
    """The record of a store; absent values are left out."""
    record: dict[str, object] = {
        "anchor_model": _text(binding.anchor_model),
        "default_model": _text(binding.default_model),
        "requested_model": _text(binding.requested_model),
        "route_name": None if binding.route_name is None else _text(binding.route_name),
        "prefix_hash": binding.prefix_hash,
        "last_used": binding.last_used_s,
        "cached_tokens": binding.cached_tokens,
        "baseline_usd": binding.baseline_usd,
        "switch_spend_usd": binding.switch_spend_usd,
        "switches": binding.switches,
        "history": [
            {"model": _text(visit.model), "last_used": visit.last_used_s, "cached_tokens": visit.cached_tokens}
            for visit in binding.history
        ],
        "session_cost_usd": binding.session_cost_usd,
    }
    return orjson.dumps({name: value for name, value in record.items() if value is not None})


def _text(name: str) -> str:
    """A client may ask for a model with half a surrogate pair in its name, which no JSON in UTF-8 can hold."""
    return name.encode("utf-8", "replace").decode()


def decode(record: bytes) -> Binding | None:
    """The binding of a record; None for what is none. A field that is absent or malformed counts as unknown."""
    if len(record) > MAX_BYTES:
        return None
    try:
        found = orjson.loads(record)
    except ValueError:
        return None
    if not isinstance(found, dict) or not (anchor := _name(found.get("anchor_model"))):
        return None
    return Binding(
        anchor_model=anchor,
        default_model=_name(found.get("default_model")) or anchor,
        requested_model=_name(found.get("requested_model")),
        route_name=_name(found.get("route_name")) or None,
        prefix_hash=_hash(found.get("prefix_hash")),
        last_used_s=_count(found.get("last_used")),
        cached_tokens=_count(found.get("cached_tokens")),
        baseline_usd=_sum(found.get("baseline_usd")),
        switch_spend_usd=_sum(found.get("switch_spend_usd")),
        switches=_count(found.get("switches")),
        history=_history(found.get("history")),
        session_cost_usd=_sum(found.get("session_cost_usd")),
    )


def _history(value: object) -> tuple[Visit, ...]:
    history: tuple[Visit, ...] = ()
    for entry in value if isinstance(value, list) else ():
        if isinstance(entry, dict) and (model := _name(entry.get("model"))):
            history = visited(history, _visit(model, entry))
    return history


def _visit(model: str, entry: Mapping[str, object]) -> Visit:
    return Visit(model, _count(entry.get("last_used")), _count(entry.get("cached_tokens")))


def _name(value: object) -> str:
    return value if isinstance(value, str) and len(value) <= MAX_NAME_CHARACTERS else ""


def _count(value: object) -> int:
    found = None if isinstance(value, str) else number(value)
    return 0 if found is None else int(min(found, _MAX_COUNT))


def _sum(value: object) -> float:
    found = None if isinstance(value, str) else number(value)
    return 0.0 if found is None else found


def _hash(value: object) -> int | None:
    return value if type(value) is int and 0 <= value <= _MAX_HASH else None
