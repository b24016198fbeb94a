"""What a hostile client may try: spoofed internal headers, odd paths, other addresses, the admin interface."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import pytest

from e2e.client import CHAT, call, chat
from e2e.fake import Provider
from e2e.harness import Gateway, free_port


class World(NamedTuple):
    port: int
    provider: Provider
    other: Provider
    gateway: Gateway


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    port = free_port()
    with Provider() as provider, Provider() as other:
        yaml = f"""
version: v0.4.0
listeners:
  - {{type: model, name: llm, address: 127.0.0.2, port: {port}, retry: {{attempts: 1}}}}
model_providers:
  - {{model: openai/gpt-4o, access_key: $KEY, base_url: "{provider.url}"}}
  - {{model: groq/llama, access_key: $OTHER, base_url: "{other.url}"}}
"""
        with Gateway(yaml, {"KEY": "sk-test", "OTHER": "sk-other"}) as gateway:
            yield World(port, provider, other, gateway)


@pytest.fixture(autouse=True)
def _fresh(world: World) -> None:
    world.provider.reset()
    world.other.reset()


def _open_files(pid: int) -> Iterator[str]:
    """What a process holds open; what it closes between the listing and the look is left out."""
    for fd in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            yield str(fd.readlink())


def _tcp_ports(pid: int) -> set[tuple[str, int]]:
    """Where a process listens on TCP, from the kernel."""
    inodes = set(_open_files(pid))
    found = set()
    for row in Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]:
        _, local, _, state, *rest = row.split()
        if state == "0A" and f"socket:[{rest[5]}]" in inodes:
            address, port = local.split(":")
            found.add((socket.inet_ntoa(bytes.fromhex(address)[::-1]), int(port, 16)))
    return found


@pytest.mark.skipif(not Path("/proc/self/net/tcp").exists(), reason="needs Linux")
def test_listens_where_told_and_nowhere_else(world: World) -> None:
    """The configured address holds, and the admin interface has no port at all."""
    assert world.gateway.process
    assert _tcp_ports(world.gateway.process.pid) == {("127.0.0.2", world.port)}
    assert call(world.port, "/healthz", method="GET", host="127.0.0.2").status == 200
    with pytest.raises(ConnectionRefusedError):
        call(world.port, "/healthz", method="GET", host="127.0.0.1")


def test_admin_socket_is_for_its_owner(world: World) -> None:
    mode = world.gateway.admin_socket.stat().st_mode & 0o777
    assert mode & 0o077 == 0, oct(mode)


SPOOFED: list[Mapping[str, str]] = [
    {"x-envoy-upstream-rq-timeout-ms": "1"},
    {"x-envoy-upstream-rq-per-try-timeout-ms": "1"},
    {"x-envoy-retry-on": "5xx", "x-envoy-max-retries": "9"},
    {"x-envoy-attempt-count": "7"},
    {"x-envoy-original-path": "/admin"},
    {"x-envoy-decorator-operation": "spoofed"},
    {"x-envoy-ip-tags": "internal", "x-envoy-internal": "true"},
    {"x-plano-internal-outbound": "router", "x-plano-internal-anything": "groq"},
    {"x-plano-cache": "off", "x-plano-explain": "true", "x-plano-max-switch-spend-pct": "10"},
    {"x-arch-llm-provider-hint": "groq/llama", "x-arch-llm-provider": "groq"},
    {"x-forwarded-host": "other.example", "x-original-url": "/admin", "x-http-method-override": "GET"},
]


@pytest.mark.parametrize("headers", SPOOFED, ids=lambda h: next(iter(h)))
def test_internal_headers_of_a_client_do_nothing(world: World, headers: Mapping[str, str]) -> None:
    world.provider.next(delay_ms=30)
    reply = call(world.port, CHAT, chat(), headers, host="127.0.0.2")
    assert reply.status == 200
    assert len(world.provider.seen) == 1 and not world.other.seen
    arrived = {name for name, _ in world.provider.last.headers}
    assert not {n for n in arrived if n.startswith(("x-envoy-", "x-plano-"))}


def test_host_header_does_not_choose_the_provider(world: World) -> None:
    reply = call(world.port, CHAT, chat(), {"host": "api.other.example"}, host="127.0.0.2")
    assert reply.status == 200
    assert world.provider.last.header("host") == f"127.0.0.1:{world.provider.port}"


@pytest.mark.parametrize("path", ["/v1%2Fchat/completions", "/v1/../v1/chat/completions", "//v1/chat/completions"])
def test_odd_spellings_of_a_path_lead_nowhere_else(world: World, path: str) -> None:
    """Either the one meaning of the path, or a refusal; never another upstream path."""
    reply = call(world.port, path, chat(), host="127.0.0.2")
    assert reply.status in {200, 307, 400, 404}
    assert all(e.path == CHAT for e in world.provider.seen)


def test_header_names_with_underscores_are_refused(world: World) -> None:
    request = b"GET /healthz HTTP/1.1\r\nhost: x\r\nx_api_key: a\r\n\r\n"
    with socket.create_connection(("127.0.0.2", world.port), timeout=5) as connection:
        connection.sendall(request)
        assert connection.recv(4096).startswith(b"HTTP/1.1 400")


def test_smuggling_is_refused(world: World) -> None:
    """Two lengths for one body: no provider may see a second request in it."""
    body = b"0\r\n\r\nPOST /v1/chat/completions HTTP/1.1\r\nhost: x\r\n\r\n"
    head = b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
    both = head + b"content-length: %d\r\ntransfer-encoding: chunked\r\n\r\n" % len(body) + body
    with socket.create_connection(("127.0.0.2", world.port), timeout=5) as connection:
        connection.sendall(both)
        assert connection.recv(4096).startswith(b"HTTP/1.1 4")
    assert not world.provider.seen


def test_provider_headers_that_belong_to_the_hop_are_ours(world: World) -> None:
    """A provider cannot speak in Envoy's name, and Envoy's own name is not shown."""
    world.provider.next(headers={"x-envoy-upstream-service-time": "1", "server": "fake"})
    reply = call(world.port, CHAT, chat(), host="127.0.0.2")
    assert reply.headers.get("server") != "envoy"


def test_ipv6_and_names_are_not_needed() -> None:
    """A listener on every address answers on loopback."""
    port = free_port()
    with Provider() as provider:
        yaml = f"""
version: v0.4.0
listeners: [{{type: model, name: llm, port: {port}}}]
model_providers: [{{model: openai/m, access_key: $KEY, base_url: "{provider.url}"}}]
"""
        with Gateway(yaml, {"KEY": "sk"}) as gateway:
            assert call(port, CHAT, chat("m")).status == 200
            assert json.loads(provider.last.body)["model"] == "m"
            assert gateway.process
            assert _tcp_ports(gateway.process.pid) == {("0.0.0.0", port)}


def test_raw_garbage_does_not_end_the_gateway(world: World) -> None:
    with socket.create_connection(("127.0.0.2", world.port), timeout=5) as connection:
        connection.sendall(bytes(range(256)) * 100)
    assert call(world.port, CHAT, chat(), host="127.0.0.2").status == 200
