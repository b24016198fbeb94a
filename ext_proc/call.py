"""One request as the sidecar meets it, and where it may go. Values only."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

from schemas.decisions import Why


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What Envoy tells about a request. `headers` in lower case, without credentials; `model` "" where none is named;
    `caller` is the kind of caller allow-lists know, `caller_id` who it is; both "" without caller authentication."""

    listener: str
    path: str
    model: str
    body: bytes
    headers: Mapping[str, str]
    caller: str
    caller_id: str = ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A cluster and the model it is asked for."""

    cluster: str
    model: str


@dataclass(frozen=True, slots=True)
class Forward:
    """Go on by this route key; `body` replaces the client's where it is not None."""

    key: str
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Rank:
    """Go on by these attempts, the next one only where one fails. `model` is the name the first goes by."""

    attempts: tuple[Attempt, ...]
    model: str
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Refuse:
    """Answer with an error of the closed list."""

    code: str


@dataclass(frozen=True, slots=True)
class Reply:
    """Answer with this JSON. `shows`: the answer's headers tell the decision."""

    status: int
    body: bytes
    shows: bool = False


@dataclass(frozen=True, slots=True)
class Stream:
    """Answer with these events as they come. An error in the middle is among them, as an event of the dialect.
    `shows` as in `Reply`."""

    chunks: AsyncIterator[bytes]
    shows: bool = False


Outcome = Forward | Rank | Refuse | Reply | Stream


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Everything there is to say about one decision; no prompt, no answer, no credential.

    `candidates` are all names that could have been chosen, `chosen` those that were, in order. `steps_ms` says where
    the time went. `error` is the code of a refusal. `confidence` None where no router was asked. `choice` is a label
    for metrics: an agent, "several", a preference of the configuration, "inline", or nothing.
    """

    listener: str
    why: Why
    candidates: tuple[str, ...] = ()
    chosen: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()
    choice: str = ""
    route: str | None = None
    model: str | None = None
    confidence: float | None = None
    router: str = ""
    prompt: str = ""
    steps_ms: Mapping[str, float] = field(default_factory=dict)
    total_ms: float = 0.0
    request_id: str = ""
    trace_id: str = ""
    error: str | None = None
    more: Mapping[str, str | float | bool] = field(default_factory=dict)
    """Facts of the session and the budget, by the fields of names.SPAN_ATTRIBUTES."""


@dataclass(frozen=True, slots=True)
class Decided:
    """The end of deciding: what to do, and its record."""

    outcome: Outcome
    record: Record
