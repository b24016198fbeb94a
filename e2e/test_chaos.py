"""The deciding part is killed, stopped, or gone: what becomes of the requests, and that nobody is asked undecided."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from e2e.client import CHAT, MESSAGES, RawConnection, Reply, call
from e2e.crew import HOTEL_SAYS, PATHS, SOON_S, WEATHER_SAYS, Crew, body, crew, eventually

LISTENERS = {"travel": "", "open": "decision: {sidecar_failure: default}"}
HASTY = {
    "travel": "decision: {deadline: 1s}",
    "open": "decision: {deadline: 1s, sidecar_failure: default}",
}


def _kill(pid: int, number: int) -> None:
    os.kill(pid, number)


def _healthy(world: Crew) -> int:
    lines = world.gateway.admin("/clusters").splitlines()
    return sum(line.startswith("plano_sidecar") and line.endswith("health_flags::healthy") for line in lines)


def _is_refused(reply: Reply, path: str) -> None:
    """503 in the client's dialect, with the id of the request."""
    assert reply.status == 503
    assert reply.json["request_id"] == reply.headers["x-request-id"]
    if path == MESSAGES:
        assert (reply.json["type"], reply.error["type"]) == ("error", "api_error")
    else:
        assert reply.error["code"] == "decision_unavailable"


@dataclass(slots=True)
class Traffic:
    """Questions about the weather, one after the other, until stopped: what came back."""

    crew: Crew
    statuses: list[int] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        while not self.over.is_set():
            self.statuses.append(self.crew.ask("travel", "weather").status)


@contextlib.contextmanager
def _traffic(world: Crew) -> Iterator[Traffic]:
    flowing = Traffic(world)
    thread = threading.Thread(target=flowing.run, daemon=True)
    thread.start()
    try:
        yield flowing
    finally:
        flowing.over.set()
        thread.join(30)


def test_one_of_two_workers_is_killed() -> None:
    """Nobody notices: what the dead one was deciding is asked of the other."""
    with crew(LISTENERS, workers=2) as world:
        eventually(lambda: _healthy(world) == 2, "both workers are up")
        with _traffic(world) as flowing, _traffic(world) as beside:
            eventually(lambda: len(flowing.statuses) > 20, "traffic")
            _kill(world.gateway.workers[0].pid, signal.SIGKILL)
            killed_at = len(flowing.statuses)
            eventually(lambda: len(flowing.statuses) > killed_at + 60, "traffic after the kill")
        answered = flowing.statuses + beside.statuses
        assert set(answered) == {200}
        assert world.asked() == ["weather"] * len(answered)
        world.gateway.workers[0] = world.gateway.start_worker(world.gateway.sidecar_sockets[0])
        eventually(lambda: _healthy(world) == 2, "recovery")
        _kill(world.gateway.workers[1].pid, signal.SIGKILL)
        eventually(lambda: world.ask("travel", "weather").status == 200, "the restarted worker answers alone")


def test_a_worker_killed_in_the_middle_of_a_decision() -> None:
    """The question is asked again, of the other one, and the agent once."""
    with crew(LISTENERS, workers=2) as world:
        eventually(lambda: _healthy(world) == 2, "both workers are up")
        world.router.delay_s = 1.0
        replies: list[Reply] = []
        asking = threading.Thread(target=lambda: replies.append(world.ask("travel", "weather")))
        asking.start()
        eventually(lambda: bool(world.router.spans), "the router is asked")
        deciding = [_pid(world, number) for number in (1, 2) if _active(world, number)]
        assert len(deciding) == 1
        _kill(deciding[0], signal.SIGKILL)
        asking.join(30)
        assert [reply.status for reply in replies] == [200]
        assert len(world.router.spans) == 2 and world.asked() == ["weather"]


def _pid(world: Crew, number: int) -> int:
    return world.gateway.workers[number - 1].pid


def _active(world: Crew, number: int) -> bool:
    """Whether this worker is asked something now, apart from its health."""
    lines = world.gateway.admin("/clusters").splitlines()
    return any(
        line.endswith(f"sidecar-{number}.sock::rq_active::1") and line.startswith("plano_sidecar") for line in lines
    )


def test_all_workers_are_killed() -> None:
    """Closed unless the configuration says otherwise; open means the default agent. Then everything recovers."""
    with crew(LISTENERS, workers=2) as world:
        for worker in world.gateway.workers:
            _kill(worker.pid, signal.SIGKILL)
            worker.wait(10)
        for path in PATHS:
            for _ in range(3):
                _is_refused(world.ask("travel", "weather", path), path)
        assert world.asked() == []
        for path in PATHS:
            reply = world.ask("open", "weather", path)
            assert reply.status == 200 and HOTEL_SAYS in reply.body.decode()
            assert reply.headers["x-plano-why"] == "sidecar_failed"
        assert world.asked() == ["hotel"] * len(PATHS)
        assert call(world.ports["travel"], "/healthz", method="GET").status == 200
        assert world.logged(world.ask("travel", "weather"))["decision_why"] == "sidecar_failed"
        socket = world.gateway.sidecar_sockets[0]
        world.gateway.workers[0] = world.gateway.start_worker(socket)
        eventually(lambda: world.ask("travel", "weather").status == 200, "recovery")


@pytest.fixture(scope="module")
def hasty() -> Iterator[Crew]:
    with crew(HASTY) as found:
        yield found


@pytest.mark.parametrize("path", PATHS)
def test_a_worker_that_stands_still(hasty: Crew, path: str) -> None:
    """Answered within the deadline, a second, and what a slow machine needs."""
    hasty.reset()
    pid = hasty.gateway.workers[0].pid
    eventually(lambda: hasty.ask("travel", "weather", path).status == 200, "it decides")
    hasty.reset()
    _kill(pid, signal.SIGSTOP)
    try:
        began = time.monotonic()
        _is_refused(hasty.ask("travel", "weather", path), path)
        took_s = time.monotonic() - began
        assert hasty.asked() == []
        assert hasty.ask("open", "weather", path).status == 200
        assert hasty.asked() == ["hotel"] and took_s < 8
    finally:
        _kill(pid, signal.SIGCONT)
    eventually(lambda: hasty.ask("travel", "weather", path).status == 200, "it goes on")


def test_a_worker_told_to_end_finishes_what_it_decides() -> None:
    """SIGTERM: a chain under way is answered."""
    with crew(LISTENERS) as world:
        world.weather.next(delay_ms=600)
        replies: list[Reply] = []
        asking = threading.Thread(target=lambda: replies.append(world.ask("travel", "weather and flight")))
        asking.start()
        assert world.weather.wait(lambda: bool(world.weather.seen), SOON_S)
        _kill(world.gateway.workers[0].pid, signal.SIGTERM)
        asking.join(30)
        assert [reply.status for reply in replies] == [200]
        assert WEATHER_SAYS in replies[0].json["choices"][0]["message"]["content"]


# Clients.


@pytest.fixture(scope="module")
def world() -> Iterator[Crew]:
    with crew(LISTENERS) as found:
        yield found


@pytest.fixture(autouse=True)
def _fresh(request: pytest.FixtureRequest) -> None:
    if "world" in request.fixturenames:
        request.getfixturevalue("world").reset()


@pytest.mark.parametrize("reset", [True, False], ids=["reset", "closed"])
@pytest.mark.parametrize("fault", [{"fault": "hang"}, {"fault": "hang_mid", "cut": 300}], ids=["silent", "speaking"])
def test_a_client_leaves_while_an_earlier_agent_works(world: Crew, fault: dict[str, Any], reset: bool) -> None:
    world.weather.next(**fault)
    before = len(world.gateway.decisions())
    connection = RawConnection(world.ports["travel"], body(CHAT, "weather and flight", stream=True))
    assert world.weather.wait(lambda: bool(world.weather.seen), SOON_S)
    left = time.monotonic()
    connection.leave(reset=reset)
    assert world.weather.wait(lambda: world.weather.last.gone is not None, SOON_S)
    assert (world.weather.last.gone or 0.0) - left < 8
    assert world.asked() == ["weather"]
    eventually(lambda: len(world.gateway.decisions()) > before, "the record")
    assert world.gateway.decisions()[-1]["why"] == "client_left"


def test_a_client_leaves_while_the_router_thinks(world: Crew) -> None:
    world.router.trouble = "hang"
    before = len(world.gateway.decisions())
    connection = RawConnection(world.ports["travel"], body(CHAT, "weather"))
    time.sleep(0.3)
    connection.leave(reset=False)
    eventually(lambda: len(world.gateway.decisions()) > before, "the record")
    assert world.gateway.decisions()[-1]["why"] == "client_left"
    assert world.asked() == []


def test_a_body_of_twenty_megabytes(world: Crew) -> None:
    """It is decided like any other, in both directions of a chain."""
    padding = "x" * (20 << 20)
    sent = {"model": "any", "metadata": {"big": padding}, "messages": [{"role": "user", "content": "weather"}]}
    reply = call(world.ports["travel"], CHAT, sent, timeout_s=60)
    assert reply.status == 200 and len(world.weather.last.body) > len(padding)
    sent["messages"] = [{"role": "user", "content": "weather and flight"}]
    reply = call(world.ports["travel"], CHAT, sent, timeout_s=60)
    assert reply.status == 200 and world.asked() == ["weather", "weather", "flight"]
    assert WEATHER_SAYS in world.flight.heard(world.flight.last)[0].text
    assert len(world.flight.last.body) > len(padding)


@pytest.mark.parametrize(
    "raw",
    [
        b'{"model": "any", "messages": [{"role": "user", "content": "weather \xff"}]}',
        b'{"model": "any", "messages": [{"role": "user", "content": "weather \xed\xa0\x80"}]}',
        b'{"model": "any", "messages": [{"role": "user", "content": "weather"',
        b'[{"model": "any"}]',
        b'{"model": "any", "messages": NaN}',
        b"weather",
        b"",
        b"\x00\x01\x02",
    ],
    ids=["invalid_utf8", "surrogate", "cut", "list", "nan", "text", "empty", "binary"],
)
@pytest.mark.parametrize("listener", LISTENERS)
def test_a_body_that_is_no_json_reaches_nobody(world: Crew, listener: str, raw: bytes) -> None:
    reply = call(world.ports[listener], CHAT, raw)
    assert (reply.status, reply.error["code"]) == (400, "invalid_json")
    assert world.asked() == []


@pytest.mark.parametrize("text", [r"weather \ud83c\udf27", r"weather \ud83c", r"weather \u0000", "weather ☔ \u2028"])
def test_odd_text_that_is_json_is_decided(world: Crew, text: str) -> None:
    raw = f'{{"model": "any", "messages": [{{"role": "user", "content": "{text} and flight"}}]}}'.encode()
    assert call(world.ports["travel"], CHAT, raw).status == 200
    assert world.asked() == ["weather", "flight"]
    assert [said.role for said in world.flight.heard(world.flight.last)] == ["assistant", "user"]


def test_many_clients_at_once(world: Crew) -> None:
    replies: list[int] = []
    threads = [
        threading.Thread(target=lambda: replies.append(world.ask("travel", "weather and flight").status))
        for _ in range(40)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert replies == [200] * 40
    assert sorted(world.asked()) == ["flight"] * 40 + ["weather"] * 40
