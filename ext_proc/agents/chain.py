"""Agents one after the other: all but the last are asked here, the last one answers the client.

In: the client's call and the agents in the router's order. Out: the body for the last agent, to which Envoy forwards
the call, and how the earlier ones did. Never: more time than was given, an answer that is not whole.

The earlier agents get the client's own `stream`: one that streams shows early that it is at work, so the timeouts of
its route hold as they would for a single agent; a cut answer is a failure either way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ext_proc.agents.asking import ClientCall, Step, ask, step
from ext_proc.agents.enrich import with_answer
from ext_proc.agents.failures import AgentFailed, AnswerError
from ext_proc.agents.usage import Usage
from ext_proc.conversation import write_body
from ext_proc.ports import Clock, Upstream
from schemas.runtime import Agent


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """`changed`: whether `body` says more than the client's did."""

    last: Agent
    body: bytes
    changed: bool
    steps: tuple[Step, ...]


async def prepare_last(
    call: ClientCall,
    agents: Sequence[Agent],
    upstream: Upstream,
    clock: Clock,
    *,
    total_s: float,
    agent_failure: str,
) -> Prepared:
    """Asks all agents but the last; each answer is part of the conversation for the next.

    `agent_failure` is fail (AgentFailed is raised) or skip (the others go on without it, also when nobody is left but
    the last). Raises ConversationError where the body is no conversation.
    """
    *earlier, last = agents
    body, steps, end = dict(call.body), list[Step](), clock() + total_s
    for agent in earlier:
        text = bytearray()
        begun = clock()
        outcome = await _outcome(call, write_body(body), agent, upstream, end - begun, text)
        steps.append(step(agent.id, (clock() - begun) * 1000, outcome))
        if isinstance(outcome, Usage):
            body = with_answer(call.path, body, agent.id, text.decode())
        elif agent_failure != "skip":
            raise AgentFailed(agent.id, outcome.reason, outcome.status) from outcome
    return Prepared(last=last, body=write_body(body), changed=body != call.body, steps=tuple(steps))


async def _outcome(
    call: ClientCall, body: bytes, agent: Agent, upstream: Upstream, left_s: float, text: bytearray
) -> Usage | AnswerError:
    """The text is kept as bytes: thousands of small strings would take many times their size."""
    try:
        return await ask(call, body, agent, upstream, left_s, lambda piece: text.extend(piece.encode()))
    except AnswerError as error:
        return error
