"""Several agents through the real client, against servers on a unix socket."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from ext_proc.agents.asking import ClientCall
from ext_proc.agents.chain import prepare_last
from ext_proc.agents.encode import events_for, stream_answer
from ext_proc.agents.encoders import AnswerHead
from ext_proc.agents.parallel import merged
from ext_proc.agents.tests.answers_sent import events, stream, whole
from ext_proc.agents.tests.fake_agents import Ticks, agent
from ext_proc.conversation import Dialect
from ext_proc.conversation.tests.conversations import SAME
from ext_proc.tests.unix_server import UnixServer, chunk, http
from ext_proc.upstream import EnvoyUpstream

CALL = ClientCall(path=Dialect.CHAT, headers={}, body=SAME[Dialect.CHAT])
AGENTS = [agent("flight"), agent("hotel")]
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
JSON = "content-type: application/json"


async def stage(script, scene) -> UnixServer:
    server = UnixServer(script)
    with TemporaryDirectory() as folder:
        path = str(Path(folder, "envoy.sock"))
        async with server.listening(path), EnvoyUpstream(path) as upstream:
            await scene(upstream, server)
    return server


def test_an_answer_reaches_the_last_agent():
    async def scene(upstream, server):
        prepared = await prepare_last(CALL, AGENTS, upstream, Ticks(), total_s=30, agent_failure="fail")
        assert json.loads(prepared.body)["messages"][-2]["content"] == "Cold."

    server = asyncio.run(stage([http("200 OK", whole(Dialect.CHAT, "Cold."), JSON)], scene))
    assert [json.loads(body) for _, body in server.requests] == [SAME[Dialect.CHAT]]


def merging(upstream):
    return merged(CALL, AGENTS, upstream, Ticks(), total_s=30, agent_failure="fail")


def test_streams_become_one_stream():
    async def scene(upstream, server):
        head = AnswerHead(id="1", model="m", created_s=0)
        async with merging(upstream) as pieces:
            sent = b"".join([data async for data in stream_answer(pieces, events_for(Dialect.CHAT, head))])
        said = [json.loads(line[6:]) for line in sent.decode().split("\n\n")[:-2]]
        text = "".join(plain["choices"][0]["delta"].get("content", "") for plain in said)
        assert text == "## Flight\n\nVery cold.\n\n## Hotel\n\nVery cold."

    sent = stream(events(Dialect.CHAT, ["Very ", "cold."]))
    asyncio.run(stage([HEAD, *(chunk(bytes([byte])) for byte in sent), b"0\r\n\r\n"], scene))


@pytest.mark.parametrize("script", [[asyncio.Event()], [HEAD, asyncio.Event()]], ids=["no head", "no end"])
def test_a_client_that_leaves_closes_every_connection(script):
    async def scene(upstream, server):
        async def read() -> None:
            async with merging(upstream) as pieces:
                async for _ in pieces:
                    pass

        reading = asyncio.create_task(read())
        while len(server.requests) < len(AGENTS):
            await asyncio.sleep(0)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        while server.open:
            await asyncio.sleep(0)

    asyncio.run(stage(script, scene))
