"""One agent asked what the client asked.

In: the client's call, perhaps with a body enriched on the way, and an agent. Out: the pieces of its answer, and how
that went. Never: headers that belong to a connection, to Envoy or to the decision itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ext_proc.agents.answers import listen, reader_for
from ext_proc.agents.failures import AnswerError, Reason, as_answer_error
from ext_proc.agents.usage import Usage
from ext_proc.conversation import dialect_of
from ext_proc.ports import Upstream, UpstreamError
from schemas import names
from schemas.runtime import Agent

# Of one connection, or of the body as it was before.
_LEFT_BEHIND = frozenset(
    {
        "accept-encoding",
        "connection",
        "content-encoding",
        "content-length",
        "content-md5",
        "content-type",
        "digest",
        "expect",
        "forwarded",
        "host",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "range",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "via",
        "x-real-ip",
    }
)
_LEFT_BEHIND_PREFIXES = (":", "x-envoy-", "x-forwarded-", names.INTERNAL_PREFIX)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientCall:
    """`path` as the client sent it, query included; `headers` with lower-case names; `body` parsed."""

    path: str
    headers: Mapping[str, str]
    body: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """How an agent did. `reason` None: it answered. `status` is set where it refused."""

    agent_id: str
    reason: Reason | None
    status: int | None
    ms: float
    usage: Usage


def step(agent_id: str, ms: float, outcome: Usage | AnswerError) -> Step:
    if isinstance(outcome, AnswerError):
        return Step(agent_id=agent_id, reason=outcome.reason, status=outcome.status, ms=ms, usage=Usage())
    return Step(agent_id=agent_id, reason=None, status=None, ms=ms, usage=outcome)


def passed_on(headers: Mapping[str, str]) -> dict[str, str]:
    """The client's headers as an agent gets them. Credentials are not among them: Envoy keeps those to itself."""
    kept = {
        name: value
        for name, value in headers.items()
        if name not in _LEFT_BEHIND and not name.startswith(_LEFT_BEHIND_PREFIXES)
    }
    return {**kept, "content-type": "application/json"}


async def ask(
    call: ClientCall, body: bytes, agent: Agent, upstream: Upstream, deadline_s: float, take: Callable[[str], None]
) -> Usage:
    """Hands the agent's text over as it comes; returns when the answer is whole. Raises AnswerError."""
    dialect = dialect_of(call.path)
    if deadline_s <= 0:
        raise AnswerError(Reason.LATE)
    try:
        async with upstream.stream(
            agent.outbound, "POST", call.path, headers=passed_on(call.headers), body=body, deadline_s=deadline_s
        ) as answer:
            reader = reader_for(answer.status, answer.headers, dialect)
            await listen(answer, reader, take)
            return reader.usage
    except UpstreamError as error:
        raise as_answer_error(error) from error
