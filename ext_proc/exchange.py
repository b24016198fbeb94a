"""The state machine of one exchange with Envoy: events in, commands out; no sockets, no clock, no gRPC.

In: what Envoy sends, what deciding yields, that the stream ended. Out: what to send, what to note down. It sends
exactly one answer where Envoy waits for one, none where nobody waits, and notes exactly one record whatever happens.
An error never becomes a silent end of the stream: Envoy would let the request pass undecided.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import assert_never

from ext_proc.call import Call, Decided, Forward, Outcome, Rank, Record, Refuse, Reply, Stream
from schemas.decisions import Why


@dataclass(frozen=True, slots=True)
class Asked:
    """Envoy asks for a decision."""

    call: Call


@dataclass(frozen=True, slots=True)
class Unexpected:
    """Envoy sent something this service never asked for, or asks for a listener that is not configured."""

    what: str


@dataclass(frozen=True, slots=True)
class Delayed:
    """Deciding needs more time than Envoy grants by itself."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Crashed:
    """Deciding ended with an error nobody foresaw."""

    error: BaseException


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of an answer that is streamed from here."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Finished:
    """The streamed answer is complete, its own end or error event included."""


@dataclass(frozen=True, slots=True)
class Left:
    """Envoy ended the exchange: the client is gone, or time is up."""


Event = Asked | Unexpected | Decided | Delayed | Crashed | Chunk | Finished | Left


@dataclass(frozen=True, slots=True)
class Decide:
    """Start deciding."""

    call: Call


@dataclass(frozen=True, slots=True)
class Extend:
    """Ask Envoy for more time."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Send:
    """The one answer."""

    outcome: Forward | Rank | Refuse | Reply
    record: Record


@dataclass(frozen=True, slots=True)
class Open:
    """The head of a streamed answer; `Pull` its pieces next."""

    stream: Stream
    record: Record


@dataclass(frozen=True, slots=True)
class Pass:
    """A piece of the streamed answer; `last` closes it."""

    data: bytes
    last: bool = False


@dataclass(frozen=True, slots=True)
class Note:
    """Write the record down."""

    record: Record


@dataclass(frozen=True, slots=True)
class Abort:
    """End the exchange with an error, so that Envoy does not take silence for consent."""

    error: BaseException | str


@dataclass(frozen=True, slots=True)
class Cancel:
    """Stop deciding or streaming; nobody waits any more."""


Command = Decide | Extend | Send | Open | Pass | Note | Abort | Cancel


class State(Enum):
    WAITING = "waiting for the question"
    DECIDING = "deciding"
    STREAMING = "streaming an answer"
    DONE = "done"


class Exchange:
    """One exchange. `listener` names where it belongs, for records made before anything was decided."""

    def __init__(self, listener: str) -> None:
        self.listener = listener
        self.state = State.WAITING
        self.request_id = ""
        self.record: Record | None = None

    def handle(self, event: Event) -> list[Command]:
        """The commands an event leads to, in order. Events that come too late lead to none."""
        match self.state:
            case State.WAITING:
                return self._waiting(event)
            case State.DECIDING:
                return self._deciding(event)
            case State.STREAMING:
                return self._streaming(event)
            case State.DONE:
                return []
            case _:
                assert_never(self.state)

    def _waiting(self, event: Event) -> list[Command]:
        match event:
            case Asked(call):
                self.state = State.DECIDING
                self.request_id = call.headers.get("x-request-id", "")
                return [Decide(call)]
            case Unexpected(what):
                return self._abort(what)
            case Left():
                # Nothing was asked, so there is nothing to note.
                self.state = State.DONE
                return []
            case _:
                raise AssertionError(f"{type(event).__name__} before any question")

    def _deciding(self, event: Event) -> list[Command]:
        match event:
            case Decided(outcome, record):
                return self._answer(outcome, record)
            case Delayed(seconds):
                return [Extend(seconds)]
            case Crashed(error):
                return self._abort(error)
            case Unexpected(what):
                return [Cancel(), *self._abort(what)]
            case Left():
                return [Cancel(), *self._end(self._made_up(Why.CLIENT_LEFT))]
            case Asked():
                return [Cancel(), *self._abort("a second question in one exchange")]
            case _:
                raise AssertionError(f"{type(event).__name__} while deciding")

    def _answer(self, outcome: Outcome, record: Record) -> list[Command]:
        if isinstance(outcome, Stream):
            self.state, self.record = State.STREAMING, record
            return [Open(outcome, record)]
        # Noted first: with the answer Envoy ends the exchange, and with it whoever carries these commands out.
        return [*self._end(record), Send(outcome, record)]

    def _streaming(self, event: Event) -> list[Command]:
        assert self.record is not None, "a stream has a record"
        match event:
            case Chunk(data):
                return [Pass(data)]
            case Finished():
                return [*self._end(self.record), Pass(b"", last=True)]
            case Crashed(error):
                return [*self._end(self.record), Abort(error)]
            case Left() | Unexpected() | Asked():
                return [Cancel(), *self._end(self.record)]
            case _:
                raise AssertionError(f"{type(event).__name__} while streaming")

    def _abort(self, error: BaseException | str) -> list[Command]:
        return [*self._end(self._made_up(Why.FAULT)), Abort(error)]

    def _end(self, record: Record) -> list[Command]:
        self.state = State.DONE
        return [Note(record)]

    def _made_up(self, why: Why) -> Record:
        return Record(listener=self.listener, why=why, request_id=self.request_id)
