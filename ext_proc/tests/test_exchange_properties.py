"""Whatever happens in whatever order: one answer at most, one record exactly, and never silence for consent."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from ext_proc.call import Attempt, Decided, Forward, Rank, Refuse, Reply
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
from ext_proc.tests.test_exchange import BROKEN, CALL, RECORD, STREAM

OUTCOMES = (Forward("=m"), Rank((Attempt("c", "m"),), "m"), Refuse("no_model_fits"), Reply(200, b"{}"), STREAM)
EVENTS: st.SearchStrategy[Event] = st.one_of(
    st.just(Asked(CALL)),
    st.just(Unexpected("a body")),
    st.sampled_from([Decided(outcome, RECORD) for outcome in OUTCOMES]),
    st.just(Delayed(1.0)),
    st.just(Crashed(BROKEN)),
    st.just(Chunk(b"data")),
    st.just(Finished()),
    st.just(Left()),
)
# Half of the scripts begin as real ones do; else most would end before anything interesting.
SCRIPTS = st.one_of(
    st.lists(EVENTS, max_size=12),
    st.lists(EVENTS, max_size=12).map(lambda events: [Asked(CALL), *events]),
    st.lists(EVENTS, max_size=12).map(lambda events: [Asked(CALL), Decided(STREAM, RECORD), *events]),
)


def play(events: list[Event]) -> tuple[Exchange, list[tuple[Event, Command]]]:
    """The commands with what led to them; events no driver can cause are refused and change nothing."""
    exchange, log = Exchange("travel"), list[tuple[Event, Command]]()
    for event in events:
        with suppress(AssertionError):
            log += [(event, command) for command in exchange.handle(event)]
    return exchange, log


@given(SCRIPTS)
def test_one_answer_at_most(events: list[Event]) -> None:
    _, log = play(events)
    said = [type(command) for _, command in log if isinstance(command, Send | Open | Abort)]
    # Only an answer that breaks in its middle is followed by an error.
    assert said in ([], [Send], [Open], [Abort], [Open, Abort])


@given(SCRIPTS)
def test_one_record_exactly_once_the_exchange_is_over(events: list[Event]) -> None:
    exchange, log = play([*events, Left()])
    asked = any(isinstance(command, Decide) for _, command in log)
    aborted = any(isinstance(command, Abort) for _, command in log)
    assert exchange.state is State.DONE
    assert sum(isinstance(command, Note) for _, command in log) == (1 if asked or aborted else 0)


@given(SCRIPTS)
def test_what_ends_the_exchange_is_the_last_thing_said(events: list[Event]) -> None:
    _, log = play(events)
    commands = [command for _, command in log]
    for at, command in enumerate(commands):
        if isinstance(command, Send | Abort) or (isinstance(command, Pass) and command.last):
            assert commands[at + 1 :] == []
        if isinstance(command, Note):
            assert all(isinstance(later, Send | Abort | Pass) for later in commands[at + 1 :])


@given(SCRIPTS)
def test_nothing_is_said_to_somebody_who_left(events: list[Event]) -> None:
    _, log = play(events)
    assert not any(isinstance(event, Left) and not isinstance(command, Cancel | Note) for event, command in log)


@given(SCRIPTS)
def test_an_error_never_ends_in_silence(events: list[Event]) -> None:
    """Envoy takes a stream that ends well without an answer for leave to go on."""
    exchange = Exchange("travel")
    for event in events:
        open_before = exchange.state in (State.WAITING, State.DECIDING, State.STREAMING)
        streaming = exchange.state is State.STREAMING
        with suppress(AssertionError):
            commands = exchange.handle(event)
            if isinstance(event, Crashed) and open_before:
                assert any(isinstance(command, Abort) for command in commands)
            if isinstance(event, Unexpected) and open_before and not streaming:
                assert any(isinstance(command, Abort) for command in commands)


@given(SCRIPTS)
def test_time_is_asked_for_only_while_deciding(events: list[Event]) -> None:
    exchange = Exchange("travel")
    for event in events:
        state = exchange.state
        with suppress(AssertionError):
            if any(isinstance(command, Extend) for command in exchange.handle(event)):
                assert state is State.DECIDING
