"""Which conversation a request belongs to.

In: the request's headers (lower-case names), how its conversation begins, and the configuration. Out: a `Session`, or
None where there is nothing to recognise it by. Never: a key that holds what was said, or that another tenant reaches.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b

from ext_proc.conversation.turns import Opening
from ext_proc.sessions.fnv import fnv1a64
from schemas.names import AFFINITY_HEADER, CACHE_HEADER
from schemas.runtime import Sessions

SALT = "plano-affinity-v1"
IMPLICIT = "implicit:"
MAX_ID_CHARACTERS = 256


@dataclass(frozen=True, slots=True)
class Session:
    """`id` as clients know it, `key` as the store does. `prefix`: the hash of what every turn repeats, None unknown."""

    id: str
    key: str
    explicit: bool
    prefix: int | None


def identify(
    headers: Mapping[str, str], opening: Opening, sessions: Sessions, *, implicit: bool, caller: str = ""
) -> Session | None:
    """The conversation of a request. `implicit`: whether one without an id may be recognised by its beginning.

    `caller`: who was authenticated ("" without authentication); a caller's conversations are its own.
    """
    tenant = _tenant(headers, sessions, caller)
    off = cache_off(headers)
    prefix = None if off else prefix_hash(tenant or "", opening)
    named = headers.get(AFFINITY_HEADER, "").strip()
    if named:
        return Session(named, store_key(tenant, named), True, prefix)
    if off or not implicit:
        return None
    guessed = implicit_id(tenant or "", opening)
    return None if guessed is None else Session(guessed, store_key(tenant, guessed), False, prefix)


def _tenant(headers: Mapping[str, str], sessions: Sessions, caller: str) -> str | None:
    """Who a conversation belongs to: the caller, then what the tenant header says; None where neither is known."""
    if sessions.tenant_header is None:
        return caller or None
    said = headers.get(sessions.tenant_header.lower(), "").strip()
    return f"{caller.replace('%', '%25').replace('/', '%2F')}/{said}" if caller else said


def cache_off(headers: Mapping[str, str]) -> bool:
    """Whether the client wants neither an implicit session nor cache marks nor a prefix hash for this request."""
    return headers.get(CACHE_HEADER, "").strip().lower() == "off"


def implicit_id(tenant: str, opening: Opening) -> str | None:
    """The id of a conversation by its beginning; None where no user has said anything that tells it from others."""
    if opening.first is None or not opening.first.strip():
        return None
    return f"{IMPLICIT}{fnv1a64(SALT, *_stable(tenant, opening), opening.first):016x}"


def prefix_hash(tenant: str, opening: Opening) -> int:
    """The hash of the directions and tools: when it changes, every provider's prompt cache is cold."""
    return fnv1a64(SALT, *_stable(tenant, opening))


def store_key(tenant: str | None, id: str) -> str:
    """`tenant:id`; `tenant` None where no tenant header is configured, "" where a request lacks it.

    A colon inside a tenant is escaped: tenant "a" with id "b:c" is not tenant "a:b" with id "c".
    """
    id = _fit(id)
    return id if tenant is None else f"{_fit(tenant).replace('%', '%25').replace(':', '%3A')}:{id}"


def _fit(text: str) -> str:
    """Text every store can keep as a key: what is too long, or no Unicode, by its hash."""
    data = text.encode("utf-8", "surrogatepass")
    if len(text) <= MAX_ID_CHARACTERS and data.decode("utf-8", "replace") == text:
        return text
    return f"hash:{blake2b(data, digest_size=16).hexdigest()}"


def _stable(tenant: str, opening: Opening) -> tuple[str, str, str]:
    return tenant, opening.system, ",".join(opening.tools)
