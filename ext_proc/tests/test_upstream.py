from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from ext_proc.ports import UpstreamCut, UpstreamError, UpstreamLate, UpstreamUnreachable
from ext_proc.tests.unix_server import CUT, Script, UnixServer, chunk, http
from ext_proc.upstream import SPAN, EnvoyUpstream

CHUNKED = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
END = b"0\r\n\r\n"
LONG_S = 30.0
SHORT_S = 0.02

Scene = Callable[[EnvoyUpstream, UnixServer], Awaitable[object]]


def play(
    scene: Scene, script: Script | None = None, max_answer_bytes: int = 1 << 20, leave_s: float = 0.0
) -> UnixServer:
    """Runs the scene between a client and a server; afterwards nothing may be left of either."""

    async def stage() -> UnixServer:
        server = UnixServer(script or [])
        with TemporaryDirectory() as folder:
            path = str(Path(folder, "envoy.sock"))
            async with server.listening(path), EnvoyUpstream(path, max_answer_bytes, leave_s) as upstream:
                await scene(upstream, server)
        await no_other_tasks()
        return server

    return asyncio.run(stage())


async def no_other_tasks() -> None:
    """What is over may need some turns of the loop to end; what is not, never ends."""
    for _ in range(1000):
        if asyncio.all_tasks() == {asyncio.current_task()}:
            return
        await asyncio.sleep(0)
    raise AssertionError("a task was left behind")


def call(upstream, body=b"{}", deadline_s=LONG_S, headers=None, path="/v1/messages", method="POST"):
    return upstream.call("agent/a/b", method, path, headers=headers or {}, body=body, deadline_s=deadline_s)


def stream(upstream, deadline_s=LONG_S):
    return upstream.stream("agent/a/b", "POST", "/v1/messages", headers={}, body=b"{}", deadline_s=deadline_s)


def test_a_call_says_where_it_goes_and_nothing_more_than_it_was_told(monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    headers = {"Authorization": "Bearer x", "x-plano-internal-outbound": "elsewhere", "X-Plano-Internal-Y": "z"}

    async def scene(upstream, server):
        await call(upstream, headers=headers, path="/v1/messages?a=%2F&b=c d".replace(" ", "%20"))

    server = play(scene, [http("200 OK")])
    head, body = server.requests[0]
    assert head[0] == "POST /v1/messages?a=%2F&b=c%20d HTTP/1.1"
    assert sorted(line.lower() for line in head[1:]) == [
        "accept-encoding: identity",
        "authorization: bearer x",
        "content-length: 2",
        "host: envoy",
        "x-plano-internal-outbound: agent/a/b",
    ]
    assert body == b"{}"


def test_a_get_has_no_body():
    async def scene(upstream, server):
        await call(upstream, method="GET", body=b"")

    head, _ = play(scene, [http("200 OK")]).requests[0]
    assert head[0].startswith("GET ")
    assert not [line for line in head if line.lower().startswith(("content-", "transfer-"))]


@pytest.mark.parametrize("status", [200, 404, 429, 503])
def test_every_status_is_an_answer(status):
    async def scene(upstream, server):
        answer = await call(upstream)
        assert (answer.status, answer.body) == (status, b"body")

    play(scene, [http(f"{status} Word", b"body")])


def test_names_of_headers_come_in_lower_case_and_repeated_ones_joined():
    async def scene(upstream, server):
        answer = await call(upstream)
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["x-two"] == "1, 2"

    play(scene, [http("200 OK", b"", "Content-TYPE: application/json", "X-Two: 1", "x-two: 2")])


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (http("302 Found", b"", "location: http://127.0.0.1:1/"), 302),
        (http("200 OK", b"\x1f\x8bnot really", "content-encoding: gzip"), 200),
    ],
    ids=["redirect", "compressed"],
)
def test_answers_are_handed_over_as_they_are(answer, status):
    async def scene(upstream, server):
        assert (await call(upstream)).status == status

    assert len(play(scene, [answer]).requests) == 1


def test_cookies_are_not_kept():
    async def scene(upstream, server):
        await call(upstream)
        await call(upstream)

    server = play(scene, [http("200 OK", b"", "set-cookie: a=b")])
    assert not [line for line in server.requests[1][0] if line.lower().startswith("cookie")]


def test_connections_are_used_again_and_as_many_as_needed():
    gate, calls = asyncio.Event(), 150

    async def scene(upstream, server):
        calling = [asyncio.create_task(call(upstream)) for _ in range(calls)]
        while len(server.requests) < calls:
            await asyncio.sleep(0)
        assert server.connections == calls
        gate.set()
        await asyncio.gather(*calling)
        await asyncio.gather(*(call(upstream) for _ in range(calls)))
        assert server.connections == calls

    play(scene, [gate, http("200 OK")])


def test_large_bodies_travel_both_ways():
    big = b"x" * (3 << 20)

    async def scene(upstream, server):
        answer = await call(upstream, body=big)
        assert answer.body == big

    server = play(scene, [http("200 OK", big)], max_answer_bytes=len(big))
    assert server.requests[0][1] == big


def test_an_answer_beyond_the_limit_is_refused_before_it_is_all_here():
    async def scene(upstream, server):
        with pytest.raises(UpstreamError):
            await call(upstream)

    play(scene, [CHUNKED, *[chunk(b"x" * 1000)] * 10, asyncio.Event()], max_answer_bytes=5000)


def test_a_stream_comes_as_it_is_sent():
    gate = asyncio.Event()

    async def scene(upstream, server):
        async with stream(upstream) as answer:
            assert (answer.status, answer.headers["content-type"]) == (200, "text/event-stream")
            assert await anext(answer.chunks) == b"one"
            gate.set()
            assert b"".join([data async for data in answer.chunks]) == b"two"

    play(scene, [CHUNKED, chunk(b"one"), gate, chunk(b"two"), END])


CUTS: list[Script] = [
    [CUT],
    [b"HTTP/1.1 200 OK\r\ncontent-", CUT],
    [http("200 OK", b"whole body")[:-2], CUT],
    [CHUNKED, chunk(b"one"), CUT],
    [CHUNKED, b"ff\r\npart of a chunk", CUT],
]


@pytest.mark.parametrize("script", CUTS, ids=["at once", "in the head", "in the body", "before a chunk", "in a chunk"])
def test_an_answer_cut_anywhere_is_no_answer(script):
    async def scene(upstream, server):
        with pytest.raises(UpstreamCut):
            await call(upstream)

    assert len(play(scene, script).requests) == 1


def test_what_came_before_a_cut_is_read_first():
    async def scene(upstream, server):
        async with stream(upstream) as answer:
            assert await anext(answer.chunks) == b"one"
            with pytest.raises(UpstreamCut):
                await anext(answer.chunks)

    play(scene, [CHUNKED, chunk(b"one"), CUT])


@pytest.mark.parametrize(
    "script",
    [[asyncio.Event()], [CHUNKED, asyncio.Event()], [CHUNKED, chunk(b"one"), asyncio.Event()]],
    ids=["no head", "no body", "no end"],
)
def test_an_answer_that_hangs_is_late(script):
    async def scene(upstream, server):
        with pytest.raises(UpstreamLate):
            await call(upstream, deadline_s=SHORT_S)

    play(scene, script)


def test_nobody_listening_is_unreachable():
    async def scene() -> None:
        with TemporaryDirectory() as folder:
            async with EnvoyUpstream(str(Path(folder, "nothing.sock"))) as upstream:
                with pytest.raises(UpstreamUnreachable):
                    await call(upstream)
        with pytest.raises(UpstreamUnreachable):
            await call(upstream)

    asyncio.run(scene())


@pytest.mark.parametrize("answer", [b"hello\r\n\r\n", b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n"])
def test_what_is_no_http_is_an_error(answer):
    async def scene(upstream, server):
        with pytest.raises(UpstreamError):
            await call(upstream)

    play(scene, [answer, CUT])


def test_a_header_that_cannot_be_sent_is_an_error_that_does_not_quote_it():
    async def scene(upstream, server):
        with pytest.raises(UpstreamError) as caught:
            await call(upstream, headers={"authorization": "Bearer secret\r\nx: y"})
        assert "secret" not in str(caught.value)

    assert play(scene).requests == []


@pytest.mark.parametrize("script", [[asyncio.Event()], [CHUNKED, chunk(b"one"), asyncio.Event()]], ids=["head", "body"])
def test_cancelling_closes_the_connection(script):
    async def scene(upstream, server):
        calling = asyncio.create_task(call(upstream))
        while not server.requests:
            await asyncio.sleep(0)
        calling.cancel()
        with pytest.raises(asyncio.CancelledError):
            await calling
        while server.open:
            await asyncio.sleep(0)

    play(scene, script)


def test_leaving_a_stream_that_goes_on_closes_the_connection():
    async def scene(upstream, server):
        async with stream(upstream) as answer:
            await anext(answer.chunks)
        while server.open:
            await asyncio.sleep(0)

    play(scene, [CHUNKED, chunk(b"one"), asyncio.Event()])


def test_leaving_a_stream_by_an_error_closes_the_connection():
    async def scene(upstream, server):
        with suppress(ZeroDivisionError):
            async with stream(upstream) as answer:
                await anext(answer.chunks)
                raise ZeroDivisionError
        while server.open:
            await asyncio.sleep(0)

    play(scene, [CHUNKED, chunk(b"one"), asyncio.Event()])


def test_leaving_a_stream_at_its_last_word_keeps_the_connection():
    gate = asyncio.Event()

    async def scene(upstream, server):
        async with stream(upstream) as answer:
            await anext(answer.chunks)
            gate.set()
        await call(upstream)

    assert play(scene, [CHUNKED, chunk(b"one"), gate, END], leave_s=LONG_S).connections == 1


@pytest.mark.parametrize(("own", "sent"), [({}, "of the request"), ({"traceparent": "its own"}, "its own")])
def test_a_call_belongs_to_the_span_its_task_works_for(own, sent):
    async def scene(upstream, server):
        SPAN.set("of the request")
        await call(upstream, headers=own)

    head, _ = play(scene, [http("200 OK")]).requests[0]
    assert [line for line in head if line.startswith("traceparent")] == [f"traceparent: {sent}"]
