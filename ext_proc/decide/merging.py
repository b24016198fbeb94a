"""Several agents at once, one answer: streamed as it comes where the client wants a stream, else whole.

In: the client's call and the chosen agents. Out: an answer made here. Raises AgentFailed only while nothing was sent.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, suppress

from ext_proc.agents.asking import ClientCall
from ext_proc.agents.encode import Events, events_for, stream_answer, whole_answer
from ext_proc.agents.encoders import AnswerHead
from ext_proc.agents.failures import AgentFailed
from ext_proc.agents.parallel import merged
from ext_proc.agents.pieces import Piece
from ext_proc.call import Outcome, Reply, Stream
from ext_proc.conversation import dialect_of
from ext_proc.decide.means import Means
from schemas.runtime import Agent, Decision

PROGRESS_S = 2.0
"""After so much silence a stream says who is being waited for."""


async def merge(client: ClientCall, agents: Sequence[Agent], decision: Decision, means: Means) -> Outcome:
    """The outcome that answers for all these agents."""
    dialect = dialect_of(client.path)
    head = _head(client.body, means)
    streamed = client.body.get("stream") is True
    answers = merged(
        client,
        agents,
        means.upstream,
        means.clock,
        total_s=decision.total_s,
        agent_failure=decision.agent_failure,
        progress_s=PROGRESS_S if streamed else None,
    )
    if streamed:
        pieces = _stream(answers, events_for(dialect, head, include_usage=_wants_usage(client.body)))
        # Until the first of them the call can still be refused properly.
        return Stream(_resumed(await anext(pieces), pieces), decision.headers)
    async with answers as found:
        return Reply(200, await whole_answer(found, dialect, head), decision.headers)


async def _stream(answers: AbstractAsyncContextManager[AsyncIterator[Piece]], events: Events) -> AsyncGenerator[bytes]:
    async with answers as found:
        async for data in stream_answer(found, events):
            yield data


async def _resumed(first: bytes, rest: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    """An agent that fails from here on is told of by the dialect's error event, which is the last one."""
    async with aclosing(rest):
        yield first
        with suppress(AgentFailed):
            async for data in rest:
                yield data


def _head(body: Mapping[str, object], means: Means) -> AnswerHead:
    model = body.get("model")
    return AnswerHead(
        id=secrets.token_hex(12), model=model if isinstance(model, str) else "", created_s=int(means.now_s())
    )


def _wants_usage(body: Mapping[str, object]) -> bool:
    options = body.get("stream_options")
    return isinstance(options, dict) and options.get("include_usage") is True
