"""What the exchange does with each event in each state, as scripts of events and the commands that must follow."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import cast

import pytest

from ext_proc.call import Attempt, Call, Decided, Forward, Outcome, Rank, Record, Refuse, Reply, Stream
from ext_proc.exchange import (
    Abort,
    Asked,
    Cancel,
    Chunk,
    Command,
    Crashed,
    Decide,
    Delayed,
    Event,
    Exchange,
    Extend,
    Finished,
    Left,
    Note,
    Open,
    Pass,
    Send,
    State,
    Unexpected,
)
from schemas.decisions import Why

CALL = Call(
    listener="travel",
    path="/v1/chat/completions",
    model="",
    body=b"{}",
    headers={"x-request-id": "r-1"},
    caller="",
)
RECORD = Record(listener="travel", why=Why.MATCHED, request_id="r-1")
FAULT = Record(listener="travel", why=Why.FAULT, request_id="r-1")
UNASKED_FAULT = Record(listener="travel", why=Why.FAULT)
LEFT = Record(listener="travel", why=Why.CLIENT_LEFT, request_id="r-1")
STREAM = Stream(cast(AsyncIterator[bytes], None))
BROKEN = ValueError("a prompt")
DECIDING = (Asked(CALL),)
STREAMING = (*DECIDING, Decided(STREAM, RECORD))
DONE = (*DECIDING, Decided(Forward("=m"), RECORD))
LATE = (Asked(CALL), Unexpected("x"), Decided(Forward("=m"), RECORD), Delayed(1), Crashed(BROKEN), Chunk(b"x"))


def play(*events: Event) -> list[list[Command]]:
    exchange = Exchange("travel")
    return [exchange.handle(event) for event in events]


def test_a_question_is_decided() -> None:
    assert play(Asked(CALL)) == [[Decide(CALL)]]


@pytest.mark.parametrize(
    "outcome",
    [
        Forward("=m"),
        Forward("@agent", b"{}"),
        Rank((Attempt("c", "m"), Attempt("d", "n")), "m"),
        Refuse("no_model_fits"),
        Reply(200, b"{}"),
    ],
    ids=lambda outcome: type(outcome).__name__,
)
def test_the_decision_is_noted_before_its_answer_ends_the_exchange(outcome: Forward | Rank | Refuse | Reply) -> None:
    assert play(*DECIDING, Decided(outcome, RECORD))[-1] == [Note(RECORD), Send(outcome, RECORD)]


def test_more_time_is_asked_for_as_often_as_deciding_needs_it() -> None:
    assert play(*DECIDING, Delayed(5), Delayed(9))[1:] == [[Extend(5)], [Extend(9)]]


def test_an_answer_is_streamed_piece_by_piece_and_noted_at_its_end() -> None:
    script = play(*STREAMING, Chunk(b"a"), Chunk(b"b"), Finished())
    assert script[1:] == [
        [Open(STREAM, RECORD)],
        [Pass(b"a")],
        [Pass(b"b")],
        [Note(RECORD), Pass(b"", last=True)],
    ]


@pytest.mark.parametrize(
    ("before", "event", "commands"),
    [
        pytest.param((), Unexpected("a body"), [Note(UNASKED_FAULT), Abort("a body")], id="waiting: unexpected"),
        pytest.param((), Left(), [], id="waiting: left before anything was asked"),
        pytest.param(DECIDING, Crashed(BROKEN), [Note(FAULT), Abort(BROKEN)], id="deciding: crashed"),
        pytest.param(DECIDING, Unexpected("x"), [Cancel(), Note(FAULT), Abort("x")], id="deciding: unexpected"),
        pytest.param(
            DECIDING,
            Asked(CALL),
            [Cancel(), Note(FAULT), Abort("a second question in one exchange")],
            id="deciding: asked again",
        ),
        pytest.param(DECIDING, Left(), [Cancel(), Note(LEFT)], id="deciding: left"),
        pytest.param(STREAMING, Crashed(BROKEN), [Note(RECORD), Abort(BROKEN)], id="streaming: crashed"),
        pytest.param(STREAMING, Left(), [Cancel(), Note(RECORD)], id="streaming: left"),
        pytest.param(STREAMING, Unexpected("x"), [Cancel(), Note(RECORD)], id="streaming: unexpected"),
        pytest.param(STREAMING, Asked(CALL), [Cancel(), Note(RECORD)], id="streaming: asked again"),
    ],
)
def test_what_goes_wrong_ends_the_exchange(before: tuple[Event, ...], event: Event, commands: list[Command]) -> None:
    exchange = Exchange("travel")
    for earlier in before:
        exchange.handle(earlier)
    assert exchange.handle(event) == commands
    assert exchange.state is State.DONE


@pytest.mark.parametrize("event", [*LATE, Finished(), Left()], ids=lambda event: type(event).__name__)
def test_nothing_follows_the_end(event: Event) -> None:
    assert play(*DONE, event)[-1] == []


@pytest.mark.parametrize(
    ("before", "event"),
    [
        *(((), event) for event in (Decided(Forward("=m"), RECORD), Delayed(1), Crashed(BROKEN), Chunk(b""))),
        ((), Finished()),
        (DECIDING, Chunk(b"x")),
        (DECIDING, Finished()),
        (STREAMING, Delayed(1)),
        (STREAMING, Decided(Forward("=m"), RECORD)),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, tuple) else f"after {len(value)}",
)
def test_an_event_no_driver_can_cause_is_a_bug_and_loud(before: tuple[Event, ...], event: Event) -> None:
    exchange = Exchange("travel")
    for earlier in before:
        exchange.handle(earlier)
    with pytest.raises(AssertionError, match=type(event).__name__):
        exchange.handle(event)


def test_a_fault_keeps_the_id_of_its_request() -> None:
    outcome: Outcome = Forward("=m")
    assert play(Left(), Decided(outcome, RECORD)) == [[], []]
    assert play(*DECIDING, Crashed(BROKEN))[-1][0] == Note(FAULT)
