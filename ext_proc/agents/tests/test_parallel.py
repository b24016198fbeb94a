from __future__ import annotations

import asyncio

import pytest

from ext_proc.agents.asking import ClientCall
from ext_proc.agents.failures import AgentFailed, Reason
from ext_proc.agents.parallel import merged, title
from ext_proc.agents.pieces import Finished, Piece, Text, Waiting
from ext_proc.agents.tests.fake_agents import FakeUpstream, Reply, Ticks, agent, says, streams
from ext_proc.agents.usage import Usage
from ext_proc.conversation.tests.conversations import PATHS, SAME
from ext_proc.ports import UpstreamCut, UpstreamLate

CALL = ClientCall(path=PATHS[0], headers={"authorization": "Bearer x"}, body=SAME[PATHS[0]])


def merging(upstream, names, agent_failure="fail", progress_s=None):
    agents = [agent(name) for name in names]
    return merged(CALL, agents, upstream, Ticks(), total_s=30.0, agent_failure=agent_failure, progress_s=progress_s)


async def collect(upstream, names, agent_failure="fail") -> tuple[str, Finished]:
    async with merging(upstream, names, agent_failure) as pieces:
        found: list[Piece] = [piece async for piece in pieces]
    assert isinstance(found[-1], Finished)
    return "".join(piece.text for piece in found if isinstance(piece, Text)), found[-1]


def test_answers_stand_in_the_routers_order_under_headings():
    upstream = FakeUpstream({"flight_agent": streams("No ", "flights."), "hotel_agent": says("One hotel.")})
    text, end = asyncio.run(collect(upstream, ["flight_agent", "hotel_agent"]))
    assert text == "## Flight agent\n\nNo flights.\n\n## Hotel agent\n\nOne hotel."
    assert end.usage == Usage(6, 4)
    assert [(step.agent_id, step.reason) for step in end.steps] == [("flight_agent", None), ("hotel_agent", None)]
    assert [sent.deadline_s for sent in upstream.sent] == [30.0, 30.0]
    assert upstream.open == 0


def test_the_first_speaks_live_while_the_others_are_held():
    async def scene() -> None:
        first, gate = streams("No ", "flights."), asyncio.Event()
        first.chunks.insert(1, gate)
        upstream = FakeUpstream({"flight": first, "hotel": says("One hotel.")})
        async with merging(upstream, ["flight", "hotel"]) as pieces:
            assert await anext(pieces) == Text("## Flight\n\nNo ")
            while upstream.open > 1:
                await asyncio.sleep(0)
            gate.set()
            rest = [piece async for piece in pieces]
        assert "".join(piece.text for piece in rest if isinstance(piece, Text)) == "flights.\n\n## Hotel\n\nOne hotel."

    asyncio.run(scene())


def test_all_are_asked_at_once():
    async def scene() -> None:
        upstream = FakeUpstream({name: Reply([asyncio.Event()]) for name in "abc"})
        async with merging(upstream, "abc", progress_s=0.001) as pieces:
            assert await anext(pieces) == Waiting("a")
            assert upstream.open == 3

    asyncio.run(scene())


def test_silence_names_the_agent_that_has_the_floor():
    async def scene() -> None:
        gate = asyncio.Event()
        second = says("One hotel.")
        second.chunks.insert(0, gate)
        upstream = FakeUpstream({"flight": says("No flights."), "hotel": second})
        async with merging(upstream, ["flight", "hotel"], progress_s=0.001) as pieces:
            while isinstance(await anext(pieces), Waiting):
                pass
            assert [await anext(pieces) for _ in range(3)] == [Waiting("hotel")] * 3
            gate.set()
            assert [piece async for piece in pieces if isinstance(piece, Text)] == [Text("\n\n## Hotel\n\nOne hotel.")]

    asyncio.run(scene())


@pytest.mark.parametrize("broken", ["flight", "hotel"])
def test_a_failure_fails_the_answer(broken):
    replies = {"flight": says("No flights."), "hotel": says("One hotel.")}
    upstream = FakeUpstream({**replies, broken: Reply(status=500)})
    with pytest.raises(AgentFailed) as caught:
        asyncio.run(collect(upstream, ["flight", "hotel"]))
    assert (caught.value.agent_id, caught.value.reason, caught.value.status) == (broken, Reason.STATUS, 500)
    assert upstream.open == 0


def test_a_failure_of_a_later_agent_is_not_waited_for():
    async def scene() -> None:
        upstream = FakeUpstream({"flight": Reply([asyncio.Event()]), "hotel": Reply(error=UpstreamLate("late"))})
        with pytest.raises(AgentFailed) as caught:
            await collect(upstream, ["flight", "hotel"])
        assert caught.value.agent_id == "hotel"
        assert upstream.open == 0

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("replies", "text"),
    [
        (
            [says("A."), Reply(status=500), says("C.")],
            "## A\n\nA.\n\n## B\n\n_This agent did not answer._\n\n## C\n\nC.",
        ),
        (
            [Reply(status=500), Reply(status=500), says("C.")],
            "## A\n\n_This agent did not answer._\n\n## B\n\n_This agent did not answer._\n\n## C\n\nC.",
        ),
        (
            [says(""), Reply(status=500), says("C.")],
            "## A\n\n_This agent answered without text._\n\n## B\n\n_This agent did not answer._\n\n## C\n\nC.",
        ),
    ],
    ids=["middle", "beginning", "without text"],
)
def test_a_skipped_failure_says_so_in_its_section(replies, text):
    upstream = FakeUpstream(dict(zip("abc", replies, strict=True)))
    found, end = asyncio.run(collect(upstream, "abc", "skip"))
    assert found == text
    assert [step.reason for step in end.steps] == [Reason.STATUS if r.status == 500 else None for r in replies]


def test_a_skipped_answer_that_broke_off_says_so():
    reply = streams("No ", "flights.")
    upstream = FakeUpstream({"a": Reply([reply.chunks[0], UpstreamCut("cut")], content_type=reply.content_type)})
    upstream.replies = {**upstream.replies, "b": says("B.")}
    text, end = asyncio.run(collect(upstream, "ab", "skip"))
    assert text == "## A\n\nNo \n\n_This agent's answer broke off here._\n\n## B\n\nB."
    assert [step.reason for step in end.steps] == [Reason.CUT, None]


def test_an_answer_of_nobody_is_a_failure_before_anything_is_said():
    async def scene() -> list[Piece]:
        upstream = FakeUpstream({"a": Reply(status=500), "b": Reply(status=502)})
        found: list[Piece] = []
        with pytest.raises(AgentFailed) as caught:
            async with merging(upstream, "ab", "skip") as pieces:
                async for piece in pieces:
                    found.append(piece)
        assert (caught.value.agent_id, caught.value.status) == ("a", 500)
        return found

    assert asyncio.run(scene()) == []


def test_a_client_that_leaves_ends_every_call():
    async def scene() -> None:
        upstream = FakeUpstream({name: Reply([asyncio.Event()]) for name in "abc"})
        reading = asyncio.create_task(collect(upstream, "abc"))
        while upstream.open < 3:
            await asyncio.sleep(0)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        assert upstream.open == 0
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(scene())


def test_leaving_early_ends_every_call():
    async def scene() -> None:
        upstream = FakeUpstream({"a": says("A."), "b": Reply([asyncio.Event()])})
        async with merging(upstream, "ab") as pieces:
            await anext(pieces)
        assert upstream.open == 0
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(scene())


def test_a_bug_is_no_skipped_agent():
    upstream = FakeUpstream({"a": Reply(error=ZeroDivisionError()), "b": says("B.")})
    with pytest.raises(ZeroDivisionError):
        asyncio.run(collect(upstream, "ab", "skip"))


def test_an_agent_that_never_stops_talking_is_cut_off():
    piece = "x" * (1 << 20)
    upstream = FakeUpstream({"a": says("A."), "b": streams(*[piece] * 5)})
    with pytest.raises(AgentFailed) as caught:
        asyncio.run(collect(upstream, "ab"))
    assert caught.value.reason is Reason.TOO_LARGE


@pytest.mark.parametrize(
    ("agent_id", "heading"),
    [("flight_agent", "Flight agent"), ("FAQ-bot", "FAQ bot"), ("__x", "X"), ("été\nbot", "Été bot")],
)
def test_headings_are_readable_and_one_line(agent_id, heading):
    assert title(agent_id) == heading
