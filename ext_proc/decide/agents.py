"""Which agents answer a call: the page that decides it, from the conversation to the last agent.

In: a call on a listener with several agents. Out: what Envoy does with it, and the record. One agent: Envoy forwards.
Several: the earlier ones are asked here and the last one answers through Envoy, or all at once and the answers are
merged here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from ext_proc import conversation
from ext_proc.agents.asking import ClientCall, Step
from ext_proc.agents.chain import prepare_last
from ext_proc.agents.failures import AgentFailed
from ext_proc.call import Call, Decided, Forward, Outcome, Record, Refuse
from ext_proc.conversation import ConversationError
from ext_proc.decide import asking, merging
from ext_proc.decide.asking import NoChoice
from ext_proc.decide.means import Means
from ext_proc.decide.trace import request_id, trace_id
from ext_proc.decide.watch import Watch
from ext_proc.rules import Rules
from router_model.choice import Choice, Option
from schemas.decisions import Why
from schemas.runtime import Agent

Delay = Callable[[float], Awaitable[None]]
_FAILED = (Why.ROUTER_FAILED, Why.ROUTER_LATE)
_ANSWER_S = 2.0
"""Envoy waits that much longer than agents may take, so that it still hears that they were late."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chosen:
    """Who is to answer, in order; nobody where the listener refuses."""

    agents: tuple[Agent, ...]
    why: Why
    refusal: str | None = None


async def decide(call: Call, rules: Rules, means: Means, delay: Delay) -> Decided:
    """The agent, or the agents one after the other or all at once."""
    watch = Watch(means.clock)
    able = tuple(agent for agent in rules.agents if call.path in agent.endpoints)
    try:
        with watch.step("read"):
            body = conversation.view_body(call.body)
        choice = await _ask(call, rules, means, able, body, watch)
        chosen = _choose(rules, able, choice)
        outcome, steps = await _carry_out(call, rules, means, delay, chosen, watch)
    except ConversationError:
        return Decided(Refuse("invalid_json"), _record(call, rules, able, _refusal("invalid_json"), None, (), watch))
    except AgentFailed as error:
        refusal = _Chosen(agents=(), why=Why.REFUSED, refusal="agent_failed")
        record = _record(call, rules, able, refusal, choice, (), watch, problem=str(error))
        return Decided(Refuse("agent_failed"), record)
    return Decided(outcome, _record(call, rules, able, chosen, choice, steps, watch))


async def _ask(
    call: Call, rules: Rules, means: Means, able: Sequence[Agent], body: Mapping[str, object], watch: Watch
) -> Choice | NoChoice:
    if len(able) < 2:
        return NoChoice(Why.ONLY_ONE)
    turns = conversation.turns(call.path, body)
    if not any(turn.role == "user" for turn in turns):
        return NoChoice(Why.NOTHING_TO_ROUTE)
    options = tuple(Option(agent.id, agent.description, agent.examples) for agent in able)
    with watch.step("router"):
        return await asking.ask(means.router, turns, options, several=True, deadline_s=rules.decision.deadline_s)


def _choose(rules: Rules, able: tuple[Agent, ...], choice: Choice | NoChoice) -> _Chosen:
    """What the router's answer, or its silence, means on this listener."""
    if not able:
        return _refusal("translation_required")
    if isinstance(choice, NoChoice):
        if choice.why is Why.ONLY_ONE:
            return _Chosen(agents=able, why=Why.ONLY_ONE)
        if choice.why in _FAILED and rules.decision.router_failure == "refuse":
            return _refusal("router_failed")
        return _default(rules, able, choice.why)
    by_id = {agent.id: agent for agent in able}
    agents = tuple(by_id[score.name] for score in choice.chosen)
    if agents:
        return _Chosen(agents=agents, why=Why.MATCHED if len(agents) == 1 else Why.MATCHED_SEVERAL)
    return _refusal("no_agent_fits") if rules.decision.no_match == "refuse" else _default(rules, able, Why.NO_MATCH)


def _default(rules: Rules, able: tuple[Agent, ...], why: Why) -> _Chosen:
    """The default agent; another one only where it does not speak what the client speaks."""
    return _Chosen(agents=(rules.default_agent if rules.default_agent in able else able[0],), why=why)


def _refusal(code: str) -> _Chosen:
    return _Chosen(agents=(), why=Why.REFUSED, refusal=code)


async def _carry_out(
    call: Call,
    rules: Rules,
    means: Means,
    delay: Delay,
    chosen: _Chosen,
    watch: Watch,
) -> tuple[Outcome, tuple[Step, ...]]:
    if chosen.refusal is not None:
        return Refuse(chosen.refusal), ()
    if len(chosen.agents) == 1:
        return Forward(chosen.agents[0].key), ()
    # A single agent gets the client's bytes; here they are written anew, so every number has to be held.
    body = conversation.read_body(call.body)
    await delay(rules.decision.total_s + _ANSWER_S)
    client = ClientCall(path=call.headers.get(":path", call.path), headers=call.headers, body=body)
    with watch.step("agents"):
        if rules.decision.mode == "parallel":
            return await merging.merge(client, chosen.agents, rules.decision, means), ()
        prepared = await prepare_last(
            client,
            chosen.agents,
            means.upstream,
            means.clock,
            total_s=rules.decision.total_s,
            agent_failure=rules.decision.agent_failure,
        )
    return Forward(prepared.last.key, prepared.body if prepared.changed else None), prepared.steps


def _record(
    call: Call,
    rules: Rules,
    able: tuple[Agent, ...],
    chosen: _Chosen,
    choice: Choice | NoChoice | None,
    steps: tuple[Step, ...],
    watch: Watch,
    *,
    problem: str = "",
) -> Record:
    ids = tuple(agent.id for agent in chosen.agents)
    agents_ms = {f"agent {step.agent_id}{f' ({step.reason})' if step.reason else ''}": step.ms for step in steps}
    record = Record(
        listener=rules.listener.name,
        why=chosen.why,
        candidates=tuple(agent.id for agent in able),
        chosen=ids,
        agents=ids,
        choice="several" if len(ids) > 1 else "".join(ids),
        error=chosen.refusal,
        request_id=request_id(call),
        trace_id=trace_id(call),
        steps_ms={**watch.steps_ms, **agents_ms},
        total_ms=watch.total_ms,
        more={"problem": problem} if problem else {},
    )
    return asking.with_facts(record, choice)
