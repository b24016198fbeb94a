"""Listeners with one agent: it gets every call as it is, on the configured address; nobody decides anything."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from e2e.client import CHAT, MESSAGES, RESPONSES, call, chat
from e2e.fake import Provider
from e2e.harness import Gateway, free_port

OTHER_ADDRESS = "127.0.0.2"


class World(NamedTuple):
    whole: int
    based: int
    elsewhere: int
    gone: int
    agent: Provider


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    ports = [free_port() for _ in range(4)]
    with Provider() as agent:
        listeners = [
            f"{{type: agent, name: {name}, address: {address}, port: {port}, agents: [{agents}]}}"
            for name, address, port, agents in zip(
                ("whole", "based", "elsewhere", "gone"),
                ("127.0.0.1", "127.0.0.1", OTHER_ADDRESS, "127.0.0.1"),
                ports,
                (
                    "{id: whole, description: all}",
                    "{id: based, description: all}",
                    "{id: whole, description: all}",
                    "{id: gone, description: all}",
                ),
                strict=True,
            )
        ]
        yaml = f"""
version: v0.3.0
agents:
  - {{id: whole, url: "{agent.url}/v1/chat/completions"}}
  - {{id: based, url: "{agent.url}/base/"}}
  - {{id: gone, url: "http://127.0.0.1:{free_port()}"}}
listeners: [{", ".join(listeners)}]
"""
        with Gateway(yaml):
            whole, based, elsewhere, gone = ports
            yield World(whole, based, elsewhere, gone, agent)


@pytest.fixture(autouse=True)
def _fresh(world: World) -> None:
    world.agent.reset()


@pytest.mark.parametrize("path", [CHAT, MESSAGES, RESPONSES])
def test_the_only_agent_gets_every_call_as_it_is(world: World, path: str) -> None:
    body = b'{"model":  "whatever it knows", "messages": [{"role": "user", "content": "hi"}]}'
    assert call(world.whole, path, body).status == 200
    assert (world.agent.last.path, world.agent.last.body) == (path, body)


def test_a_path_of_the_agents_url_comes_first(world: World) -> None:
    assert call(world.based, CHAT, chat()).status == 200
    assert world.agent.last.path == f"/base{CHAT}"


def test_the_configured_address_is_the_one(world: World) -> None:
    assert call(world.elsewhere, CHAT, chat(), host=OTHER_ADDRESS).status == 200
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", world.elsewhere), timeout=5):
        pass


@pytest.mark.parametrize(("status", "path"), [(400, CHAT), (429, MESSAGES), (500, RESPONSES)])
def test_its_status_and_its_error_pass(world: World, status: int, path: str) -> None:
    world.agent.next(status=status, headers={"retry-after": "3"})
    reply = call(world.whole, path, chat())
    assert (reply.status, reply.headers["retry-after"]) == (status, "3")
    assert f"told to say {status}" in reply.error["message"]


def test_without_a_choice_nothing_tells_of_one(world: World) -> None:
    reply = call(world.whole, CHAT, chat())
    assert [name for name in reply.headers if name.startswith("x-plano-")] == []


def test_an_answer_that_breaks_off_is_seen_to_break_off(world: World) -> None:
    world.agent.next(recording="completions--stream", fault="reset_mid", cut=300)
    assert not call(world.whole, CHAT, chat(stream=True)).whole


def test_an_agent_that_is_not_there(world: World) -> None:
    reply = call(world.gone, CHAT, chat())
    assert (reply.status, reply.error["code"]) == (503, "upstream_unreachable")


def test_streams_pass(world: World) -> None:
    world.agent.next(recording="completions--stream")
    reply = call(world.whole, CHAT, chat(stream=True))
    assert reply.whole and b"data: [DONE]" in reply.body


def test_health(world: World) -> None:
    for port in (world.whole, world.based):
        assert call(port, "/healthz", method="GET").status == 200
