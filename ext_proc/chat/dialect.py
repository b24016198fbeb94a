"""What a dialect can do, as a client's language and as a provider's.

Every dialect is a package of `ext_proc.dialects` with a constant `CLIENT` (ClientDialect), `PROVIDER` (ProviderDialect)
or both. Bodies are JSON objects already parsed (`Plain`). Pure: no I/O, no clock, no randomness (`Saying` has ids).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from ext_proc.chat.answer import Answer, Event
from ext_proc.chat.errors import ProviderError
from ext_proc.chat.loss import Dropped
from ext_proc.chat.parts import Plain
from ext_proc.chat.request import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Where a client's request came to: `path` without query (Gemini's holds model and method), `query` parsed,
    `headers` in lower case."""

    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """The model a request goes to, as data says: `id` upstream; `max_output_tokens` where a dialect must name one
    (None: unknown); `lacks` words of loss.CAPABILITIES it does not have; `family` names a generation whose rules an
    encoder must know ("" = none)."""

    id: str
    max_output_tokens: int | None = None
    context_tokens: int | None = None
    lacks: frozenset[str] = frozenset()
    family: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """A provider's request: `body`, and headers that go beside it. `dropped`: what was left out, once each."""

    body: Plain
    dropped: tuple[Dropped, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying:
    """What an encoder of answers needs besides the answer: a fresh `id` (letters and digits, no dialect's prefix), the
    time, the `model` name the client shall see, and the request it answers."""

    id: str
    created_s: int
    model: str
    request: Request


class StreamDecoder(Protocol):
    """A provider's stream -> events. Any split of the bytes gives the same events."""

    def feed(self, data: bytes) -> list[Event]: ...

    def flush(self) -> list[Event]:
        """The bytes are over. Without the end marker the last event is Failed (CUT); after Ended or Failed: []."""
        ...


class StreamEncoder(Protocol):
    """Events -> the bytes of a client's stream. After Failed it has written the dialect's error event and nothing like
    a normal end; after Ended the dialect's end marker."""

    def encode(self, event: Event) -> bytes: ...


class ProviderDialect(Protocol):
    """`name` is the word of providers.yaml. `media_type`: the content type of its streams."""

    name: str
    media_type: str

    def encode_request(self, request: Request, model: Model) -> Encoded:
        """Raises Unable where content or a tool would be lost."""
        ...

    def decode_answer(self, body: Plain) -> Answer:
        """Raises Garbled; whole.AnswerFailed where the answer itself says that it failed (with a status of 200)."""
        ...

    def decode_error(self, status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
        """For any body at all, a web page of a proxy included."""
        ...

    def stream_decoder(self) -> StreamDecoder: ...


class ClientDialect(Protocol):
    name: str
    media_type: str

    def decode_request(self, body: Plain, asked: Asked) -> Request:
        """Raises Malformed."""
        ...

    def encode_answer(self, answer: Answer, saying: Saying) -> Plain: ...

    def encode_error(self, error: ProviderError) -> Plain:
        """The body; the status goes with it as it is."""
        ...

    def stream_encoder(self, saying: Saying) -> StreamEncoder: ...
