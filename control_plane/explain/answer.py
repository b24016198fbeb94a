"""The values of an explanation: plain, complete, without any secret; explain_text.py and JSON show the same."""

from __future__ import annotations

from dataclasses import dataclass

from control_plane.problems import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that happens to the request and the line that decided it (None: nothing written, a default)."""

    topic: str
    text: str
    at: Place | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One place an attempt may go. `share` is its percentage inside its group; `credential` names a source, not a
    value. `translated`: the dialect the request is put into, "" where it goes as it is."""

    cluster: str
    address: str
    path: str
    model: str
    share: int
    rewritten: bool
    credential: str
    headers: tuple[str, ...]
    at: Place
    translated: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    name: str
    value: str
    at: Place | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """What the client gets instead: a code of schemas/errors.py, and what to do about it."""

    code: str
    status: int
    message: str
    do: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What happens to one request on one listener: `attempts` in order (groups), or `refusal`. Where `deciding` says
    who chooses, the attempts are those of the model asked for."""

    listener: str
    path: str
    model: str | None
    steps: tuple[Step, ...]
    route: str | None
    attempts: tuple[tuple[Attempt, ...], ...]
    settings: tuple[Setting, ...]
    deciding: tuple[Setting, ...]
    filters: tuple[str, ...]
    refusal: Refusal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Names a client may send (or patterns), and where they lead; `paths` that are served so, None for an agent
    (all)."""

    name: str
    leads_to: str
    paths: tuple[str, ...] | None
    at: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerTable:
    name: str
    kind: str
    address: str
    callers: str
    default: str | None
    rows: tuple[Row, ...]
    deciding: tuple[Setting, ...]
    at: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """`requests` answer a question about one request, `listeners` the question about everything; `not_enforced` are the
    keys of the configuration that do nothing yet."""

    listeners: tuple[ListenerTable, ...]
    requests: tuple[Request, ...]
    not_enforced: tuple[Step, ...]
