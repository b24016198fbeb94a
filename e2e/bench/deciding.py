"""Gateways that ask the sidecar, for measuring: the product's own, and others with another exchange.

In: ports of the provider. Out: running gateways as `Way`s. Envoy runs on the first core; the sidecar on the others,
where load and provider wait while it works.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from e2e.bench import load
from e2e.bench.process import GATEWAY_CPUS, LOAD_CPUS, free_port
from e2e.harness import Gateway
from ext_proc.sessions.binding import Binding
from ext_proc.sessions.store_shared import SharedStore
from schemas import names

MODEL, OTHER = "openai/gpt-4.1", "openai/gpt-4.1-mini"  # what takes the largest body measured
_ENVIRON = {"BENCH_KEY": "sk-bench"}
_SESSION = "bench"


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way to the provider. `sidecar_pid`: the worker beside it, which is asked where `asked`. `payload`: a request
    with a body of so many bytes."""

    name: str
    port: int
    envoy_pid: int
    sidecar_pid: int
    asked: bool
    payload: Callable[[int], bytes]


def yaml(port: int, provider: int, preferences: int) -> str:
    """A listener with two models of one provider, and so many routing preferences."""
    text = f"""\
version: v0.4.0
listeners:
  - {{type: model, name: bench, address: 127.0.0.1, port: {port}}}
model_providers:
  - {{model: {MODEL}, access_key: $BENCH_KEY, base_url: "http://127.0.0.1:{provider}", default: true}}
  - {{model: {OTHER}, access_key: $BENCH_KEY, base_url: "http://127.0.0.1:{provider}"}}
"""
    described = (
        f"  - {{name: coding, description: writing new functions and programs, models: [{MODEL}, {OTHER}]}}\n",
        f"  - {{name: travel, description: planning trips by train and plane, models: [{OTHER}]}}\n",
    )
    return text + ("routing_preferences:\n" + "".join(described[:preferences]) if preferences else "")


@contextlib.contextmanager
def _on(cpus: set[int]) -> Iterator[None]:
    """What is started in here inherits where it may run, every thread of it."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cpus)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


class _Measured(Gateway):
    """A gateway on its cores; `way` replaces its sidecar and its exchange."""

    def __init__(self, text: str, way: str | None = None) -> None:
        super().__init__(text, _ENVIRON)
        self._way = way

    def start(self) -> None:
        with _on(GATEWAY_CPUS):
            super().start()

    def start_worker(self, socket: Path) -> subprocess.Popen[bytes]:
        with _on(LOAD_CPUS):
            if self._way is None:
                asyncio.run(_remember(self.directory / "sessions.db"))
                return super().start_worker(socket)
            command = [sys.executable, "-m", "e2e.bench.trivial", self._way, names.NAMED + MODEL, str(socket)]
            with self.sidecar_log_path.open("ab") as log:
                return subprocess.Popen(command, stdout=log, stderr=log)

    def _write(self) -> Path:
        bootstrap = super()._write()
        if self._way is not None:
            bootstrap.write_text(changed(bootstrap.read_text(), self._way))
        return bootstrap


async def _remember(file: Path) -> None:
    """A conversation that a preference was chosen for before: its turns are decided without asking the router."""
    store = SharedStore(file, 10_000, 3600.0, time.monotonic)
    bound = Binding(
        anchor_model=MODEL,
        default_model=MODEL,
        requested_model=MODEL,
        route_name="coding",
        prefix_hash=None,
        last_used_s=int(time.time()),
        cached_tokens=300,
    )
    await store.write(_SESSION, bound, 1.0)
    await store.close()


_MODES = {
    "duplex": {"request_body_mode": "FULL_DUPLEX_STREAMED", "request_trailer_mode": "SEND"},
    "buffered": {"request_body_mode": "BUFFERED"},
}


def changed(bootstrap: str, way: str) -> str:
    """The bootstrap with another exchange: where the filter sends the body, the metadata do not hold it."""
    if way not in _MODES:
        return bootstrap
    copying = 'metadata:set("plano.request", "body", text)'
    if json.dumps(copying)[1:-1] not in bootstrap:
        raise RuntimeError("the body's way into metadata is not where it was")
    whole = json.loads(bootstrap.replace(json.dumps(copying)[1:-1], ""))
    for mode in _modes(whole):
        mode.update(_MODES[way])
    return json.dumps(whole)


def _modes(value: object) -> Iterator[dict[str, str]]:
    if isinstance(value, dict):
        if isinstance(mode := value.get("processing_mode"), dict):
            yield mode
        for inner in value.values():
            yield from _modes(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _modes(inner)


@contextlib.contextmanager
def native(provider: int) -> Iterator[Way]:
    """The same listener without preferences: nobody is asked; the worker is for requests that bring their own."""
    port = free_port()
    with _Measured(yaml(port, provider, 0)) as gateway:
        yield _way("native path", port, gateway, asked=False)


@contextlib.contextmanager
def decided(provider: int, name: str, *, way: str | None = None) -> Iterator[Way]:
    """A gateway whose every request is decided. `way` None: by the product, for a conversation it knows."""
    port = free_port()
    with _Measured(yaml(port, provider, 2), way) as gateway:
        yield _way(name, port, gateway, asked=True)
        _check(gateway, "requested" if way else "continuation")


def _way(name: str, port: int, gateway: Gateway, *, asked: bool) -> Way:
    assert gateway.process is not None
    headers = {names.AFFINITY_HEADER: _SESSION} if asked else {}
    return Way(
        name=name,
        port=port,
        envoy_pid=gateway.process.pid,
        sidecar_pid=gateway.workers[0].pid,
        asked=asked,
        payload=lambda size: load.sized_request(size, headers),
    )


def _check(gateway: Gateway, why: str) -> None:
    """Figures of requests that nobody decided would be worth nothing."""
    missing = [line for line in gateway.access_log() if line.get("decision_why", why) != why]
    if missing:
        raise RuntimeError(f"{len(missing)} requests were not decided: {missing[0]}")
