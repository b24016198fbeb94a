from __future__ import annotations

import asyncio
import json

import pytest

from ext_proc.agents.asking import ClientCall
from ext_proc.agents.chain import Prepared, prepare_last
from ext_proc.agents.failures import AgentFailed, Reason
from ext_proc.agents.tests.fake_agents import FakeUpstream, Reply, Ticks, agent, says, streams
from ext_proc.agents.usage import Usage
from ext_proc.conversation import Dialect, turns
from ext_proc.conversation.tests.conversations import PATHS, SAME
from ext_proc.ports import UpstreamCut, UpstreamError, UpstreamLate, UpstreamUnreachable

HEADERS = {
    ":path": "/v1/chat/completions",
    ":authority": "gateway",
    "host": "gateway",
    "authorization": "Bearer of-the-client",
    "content-length": "3",
    "content-type": "text/json",
    "accept-encoding": "br",
    "x-request-id": "r1",
    "traceparent": "00-a-b-01",
    "x-envoy-external-address": "10.0.0.1",
    "x-forwarded-for": "10.0.0.1",
    "x-plano-internal-outbound": "agent/elsewhere",
    "x-plano-cache": "off",
    "x-tenant": "t",
}


def prepare(upstream, names, path=PATHS[0], agent_failure="fail", ticks=None, total_s=30.0) -> Prepared:
    call = ClientCall(path=path, headers=HEADERS, body=SAME[path.partition("?")[0]])
    agents = [agent(name) for name in names]
    return asyncio.run(
        prepare_last(call, agents, upstream, ticks or Ticks(), total_s=total_s, agent_failure=agent_failure)
    )


def texts(path: str, body: bytes) -> str:
    return "\n".join(turn.text for turn in turns(path, json.loads(body)))


@pytest.mark.parametrize("path", PATHS)
def test_each_answer_is_known_to_the_next_agent_and_to_the_last(path):
    dialect = Dialect(path)
    upstream = FakeUpstream(
        {"flight": says("No flights.", dialect), "train": streams("One ", "train.", dialect=dialect)}
    )
    prepared = prepare(upstream, ["flight", "train", "hotel"], path)
    assert [sent.outbound for sent in upstream.sent] == ["flight", "train"]
    assert [(sent.method, sent.path) for sent in upstream.sent] == [("POST", path)] * 2
    assert "No flights." not in texts(path, upstream.sent[0].body)
    assert "Cold.\nNo flights.\nAnd tomorrow?" in texts(path, upstream.sent[1].body)
    assert "Cold.\nNo flights.\nOne train.\nAnd tomorrow?" in texts(path, prepared.body)
    assert prepared.last.id == "hotel" and prepared.changed
    assert [(step.agent_id, step.reason, step.usage) for step in prepared.steps] == [
        ("flight", None, Usage(3, 2)),
        ("train", None, Usage(3, 2)),
    ]


def test_the_query_of_the_path_stays():
    upstream = FakeUpstream({"flight": says("No flights.", Dialect.MESSAGES)})
    prepare(upstream, ["flight", "hotel"], "/v1/messages?beta=true")
    assert upstream.sent[0].path == "/v1/messages?beta=true"


def test_agents_get_the_clients_headers_but_none_of_the_connection_or_of_the_gateway():
    upstream = FakeUpstream({"flight": says("No flights.")})
    prepare(upstream, ["flight", "hotel"])
    assert upstream.sent[0].headers == {
        "authorization": "Bearer of-the-client",
        "content-type": "application/json",
        "x-request-id": "r1",
        "traceparent": "00-a-b-01",
        "x-plano-cache": "off",
        "x-tenant": "t",
    }


FAILURES = [
    (Reply(error=UpstreamLate("late")), Reason.LATE, None),
    (Reply(error=UpstreamUnreachable("gone")), Reason.UNREACHABLE, None),
    (Reply(error=UpstreamError("odd")), Reason.CONFUSED, None),
    (Reply([b"{", UpstreamCut("cut")]), Reason.CUT, None),
    (Reply([b'{"error":{}}']), Reason.SAID_ERROR, None),
    (Reply([b"{}"], status=503), Reason.STATUS, 503),
    (Reply([b"<html>"], content_type="text/html"), Reason.CONFUSED, None),
]
FAILURE_IDS = ["late", "unreachable", "unknown", "cut", "error", "status", "page"]


@pytest.mark.parametrize(("reply", "reason", "status"), FAILURES, ids=FAILURE_IDS)
def test_a_failure_fails_the_call(reply, reason, status):
    upstream = FakeUpstream({"flight": reply})
    with pytest.raises(AgentFailed) as caught:
        prepare(upstream, ["flight", "train", "hotel"])
    assert (caught.value.agent_id, caught.value.reason, caught.value.status) == ("flight", reason, status)
    assert upstream.open == 0


@pytest.mark.parametrize(("reply", "reason", "status"), FAILURES, ids=FAILURE_IDS)
def test_a_skipped_failure_is_recorded_and_the_others_go_on(reply, reason, status):
    upstream = FakeUpstream({"flight": reply, "train": says("One train.")})
    prepared = prepare(upstream, ["flight", "train", "hotel"], agent_failure="skip")
    assert [(step.agent_id, step.reason, step.status) for step in prepared.steps] == [
        ("flight", reason, status),
        ("train", None, None),
    ]
    assert "Cold.\nOne train.\nAnd tomorrow?" in texts(PATHS[0], prepared.body)


def test_the_last_agent_answers_even_if_all_others_were_skipped():
    upstream = FakeUpstream({"flight": Reply(status=500), "train": Reply(status=500)})
    prepared = prepare(upstream, ["flight", "train", "hotel"], agent_failure="skip")
    assert prepared.last.id == "hotel" and not prepared.changed
    assert json.loads(prepared.body) == SAME[PATHS[0]]


def test_a_cut_after_the_end_marker_loses_nothing():
    reply = streams("No ", "flights.")
    upstream = FakeUpstream({"flight": Reply([*reply.chunks[:3], UpstreamCut("cut")], content_type=reply.content_type)})
    assert "No flights." in texts(PATHS[0], prepare(upstream, ["flight", "hotel"]).body)


def test_the_time_is_for_all_agents_together():
    ticks = Ticks()
    upstream = FakeUpstream({"a": says("1"), "b": says("2"), "c": says("3")}, on_call=lambda: ticks.tick(20))
    with pytest.raises(AgentFailed) as caught:
        prepare(upstream, ["a", "b", "c", "d"], ticks=ticks, total_s=30.0)
    assert [sent.deadline_s for sent in upstream.sent] == [30.0, 10.0]
    assert (caught.value.agent_id, caught.value.reason) == ("c", Reason.LATE)


def test_the_time_each_agent_took_is_recorded():
    ticks = Ticks()
    upstream = FakeUpstream({"a": says("1"), "b": says("2")}, on_call=lambda: ticks.tick(2))
    steps = prepare(upstream, ["a", "b", "c"], ticks=ticks).steps
    assert [step.ms for step in steps] == [2000, 2000]


def test_a_client_that_leaves_ends_the_call():
    async def leave() -> int:
        upstream = FakeUpstream({"flight": Reply([asyncio.Event()])})
        call = ClientCall(path=PATHS[0], headers={}, body=SAME[PATHS[0]])
        chain = asyncio.create_task(
            prepare_last(call, [agent("flight"), agent("hotel")], upstream, Ticks(), total_s=9, agent_failure="skip")
        )
        while not upstream.open:
            await asyncio.sleep(0)
        chain.cancel()
        with pytest.raises(asyncio.CancelledError):
            await chain
        return upstream.open

    assert asyncio.run(leave()) == 0


def test_no_error_quotes_a_prompt_or_an_answer():
    upstream = FakeUpstream({"flight": Reply([b'{"choices": "a secret answer"}'])})
    with pytest.raises(AgentFailed) as caught:
        prepare(upstream, ["flight", "hotel"])
    assert "secret" not in str(caught.value) and "tomorrow" not in str(caught.value)
