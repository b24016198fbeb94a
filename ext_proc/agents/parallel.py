"""Independent agents asked at once, their answers merged into one.

In: the client's call and the agents in the router's order. Out: pieces of one answer in that order, under headings; the
text of the first agent comes as it says it, that of the others is held until it is their turn. Never: a call that goes
on after the answer was left, more than `answers.MAX_TEXT_BYTES` held for an agent, a section cut short without a word.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field

from ext_proc.agents.asking import ClientCall, ask, step
from ext_proc.agents.failures import AgentFailed, AnswerError
from ext_proc.agents.pieces import Finished, Piece, Text, Waiting
from ext_proc.agents.usage import Usage, total
from ext_proc.conversation import write_body
from ext_proc.ports import Clock, Upstream
from schemas.runtime import Agent

_NO_ANSWER = "_This agent did not answer._"
_BROKE_OFF = "\n\n_This agent's answer broke off here._"
_NO_TEXT = "_This agent answered without text._"


@asynccontextmanager
async def merged(
    call: ClientCall,
    agents: Sequence[Agent],
    upstream: Upstream,
    clock: Clock,
    *,
    total_s: float,
    agent_failure: str,
    progress_s: float | None = None,
) -> AsyncIterator[AsyncIterator[Piece]]:
    """The merged answer; leaving the context ends every call.

    `agent_failure` is fail (AgentFailed as soon as one failed) or skip (its section says so; AgentFailed only where
    nobody answered). After every `progress_s` seconds of silence comes a `Waiting`; None: never. Raises
    ConversationError where the body cannot be passed on.
    """
    merge = _Merge(skips=agent_failure == "skip", progress_s=progress_s)
    body = write_body(call.body)
    try:
        for agent in agents:
            merge.start(_Section(agent), call, body, upstream, clock, total_s)
        async with aclosing(merge.pieces()) as pieces:
            yield pieces
    finally:
        await merge.stop()


def title(agent_id: str) -> str:
    """An agent's id as a heading: "flight_agent" -> "Flight agent"."""
    words = " ".join(agent_id.replace("_", " ").replace("-", " ").split())
    return words[:1].upper() + words[1:]


@dataclass(slots=True, eq=False)
class _Section:
    """What an agent said and nobody took yet, as bytes: thousands of small strings would take many times their size."""

    agent: Agent
    held: bytearray = field(default_factory=bytearray)
    opened: bool = False
    ms: float = 0.0

    def put(self, text: str) -> None:
        self.held += text.encode()

    def take(self) -> str:
        text, self.held = self.held.decode(), bytearray()
        return text


class _Merge:
    def __init__(self, *, skips: bool, progress_s: float | None) -> None:
        self._skips = skips
        self._progress_s = progress_s
        self._calls: dict[_Section, asyncio.Task[Usage | AnswerError]] = {}
        self._stirred = asyncio.Event()
        self._unsent = ""
        """Notes about agents that did not answer, until somebody does: with nobody, there is no answer to send."""
        self._spoken = False

    def start(
        self, section: _Section, call: ClientCall, body: bytes, upstream: Upstream, clock: Clock, total_s: float
    ) -> None:
        def put(text: str) -> None:
            section.put(text)
            self._stirred.set()

        async def outcome() -> Usage | AnswerError:
            begun = clock()
            try:
                return await ask(call, body, section.agent, upstream, total_s, put)
            except AnswerError as error:
                return error
            finally:
                section.ms = (clock() - begun) * 1000

        task = asyncio.create_task(outcome())
        task.add_done_callback(lambda _: self._stirred.set())
        self._calls[section] = task

    async def stop(self) -> None:
        for task in self._calls.values():
            task.cancel()
        await asyncio.gather(*self._calls.values(), return_exceptions=True)

    async def pieces(self) -> AsyncGenerator[Piece, None]:
        for section, task in self._calls.items():
            while section.held or not task.done():
                self._refuse_failure()
                if section.held:
                    yield Text(self._next(section))
                elif not await self._stirs():
                    yield Waiting(section.agent.id)
            self._refuse_failure()
            if (rest := self._rest(section, task.result())) and self._spoken:
                yield Text(rest)
        yield self._finished()

    def _next(self, section: _Section) -> str:
        lead = "" if section.opened else self._heading(section)
        section.opened = True
        return lead + section.take()

    def _heading(self, section: _Section) -> str:
        """With the notes that were kept back."""
        lead, self._unsent = self._unsent + _between(self._spoken or bool(self._unsent)), ""
        self._spoken = True
        return f"{lead}## {title(section.agent.id)}\n\n"

    def _rest(self, section: _Section, outcome: Usage | AnswerError) -> str:
        """What is said after an agent's text, or instead of it; "" where that has to wait."""
        if section.opened:
            return _BROKE_OFF if isinstance(outcome, AnswerError) else ""
        if isinstance(outcome, Usage):
            return self._heading(section) + _NO_TEXT
        note = f"{_between(self._spoken or bool(self._unsent))}## {title(section.agent.id)}\n\n{_NO_ANSWER}"
        if self._spoken:
            return note
        self._unsent += note
        return ""

    async def _stirs(self) -> bool:
        """Whether something happened before it is time to say that somebody waits."""
        self._stirred.clear()
        try:
            async with asyncio.timeout(self._progress_s):
                await self._stirred.wait()
        except TimeoutError:
            return False
        return True

    def _outcomes(self) -> list[tuple[_Section, Usage | AnswerError]]:
        """Of the calls that are over. A bug in one of them comes out here."""
        return [(section, task.result()) for section, task in self._calls.items() if task.done()]

    def _refuse_failure(self) -> None:
        for section, outcome in [] if self._skips else self._outcomes():
            if isinstance(outcome, AnswerError):
                raise AgentFailed(section.agent.id, outcome.reason, outcome.status) from outcome

    def _finished(self) -> Finished:
        outcomes = self._outcomes()
        if not self._spoken:
            section, outcome = outcomes[0]
            assert isinstance(outcome, AnswerError)
            raise AgentFailed(section.agent.id, outcome.reason, outcome.status) from outcome
        steps = tuple(step(section.agent.id, section.ms, outcome) for section, outcome in outcomes)
        return Finished(total(each.usage for each in steps), steps)


def _between(something_before: bool) -> str:
    return "\n\n" if something_before else ""
